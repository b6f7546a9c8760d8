"""The pages for people: gallery, generation, lineage, costs, failures.

Each module asks the library on a thread for everything that its page shows, as frozen values, and a template says it.
Templates escape whatever they are given; nothing here makes HTML.
"""

from __future__ import annotations

from . import costs, failures, gallery, generation, lineage
from .page import Handler, told

_ID = r"(?P<id>[0-7][0-9A-HJKMNP-TV-Z]{25})"
_HASH = r"(?P<sha256>[0-9a-f]{64})"

ROUTES: list[tuple[str, Handler]] = [
    (pattern, told(handler))
    for pattern, handler in (
        (r"^/-/imgnb/?$", gallery.show),
        (rf"^/-/imgnb/generation/{_ID}$", generation.show),
        (rf"^/-/imgnb/asset/{_HASH}$", generation.of_asset),
        (rf"^/-/imgnb/lineage/{_HASH}$", lineage.show),
        (rf"^/-/imgnb/lineage/{_HASH}\.png$", lineage.picture),
        (r"^/-/imgnb/costs$", costs.show),
        (r"^/-/imgnb/failures$", failures.show),
    )
]
