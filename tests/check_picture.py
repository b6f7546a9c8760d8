"""Checks what `imgnb generate --json` printed: the picture is where it says, and its bytes have the hash it says."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path


def main() -> None:
    """Exit non-zero unless the record and the file agree."""
    record = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for asset in record["assets"]:
        data = Path(asset["path"]).read_bytes()
        if hashlib.sha256(data).hexdigest() != asset["sha256"] or len(data) != asset["bytes"]:
            sys.exit(f"{asset['path']} is not what the record says")
    if record["status"] != "succeeded" or not record["assets"]:
        sys.exit(f"no picture was made: {record['status']}")
    print(f"the wheel made {record['assets'][0]['path']}")


if __name__ == "__main__":
    main()
