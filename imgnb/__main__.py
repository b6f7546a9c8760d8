"""`python -m imgnb` is `imgnb`."""

import sys

from .cli import main

sys.exit(main())
