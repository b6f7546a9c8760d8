"""The pages for people: gallery, generation, lineage, costs, failures.

Each module asks the library on a thread for everything that its page shows, as frozen values, and a template says it.
Templates escape whatever they are given; nothing here makes HTML.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from .costs import costs
from .failures import failures
from .gallery import gallery
from .generation import asset, generation
from .lineage import lineage, lineage_picture

Handler = Callable[[Any, Any], Awaitable[Any]]

_ID = r"(?P<id>[0-7][0-9A-HJKMNP-TV-Z]{25})"
_HASH = r"(?P<sha256>[0-9a-f]{64})"

ROUTES: list[tuple[str, Handler]] = [
    (r"^/-/imgnb/?$", gallery),
    (rf"^/-/imgnb/generation/{_ID}$", generation),
    (rf"^/-/imgnb/asset/{_HASH}$", asset),
    (rf"^/-/imgnb/lineage/{_HASH}$", lineage),
    (rf"^/-/imgnb/lineage/{_HASH}\.png$", lineage_picture),
    (r"^/-/imgnb/costs$", costs),
    (r"^/-/imgnb/failures$", failures),
]
