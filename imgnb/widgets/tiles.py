"""What is said of a picture where there are many: values for a page, and lines for a sheet."""

from __future__ import annotations

from typing import Any

from ..records import Asset
from ..records.labels import STAR, Labels

_PROMPT = 300
"Characters of a prompt under a thumbnail: nobody reads more there."


def item(asset: Asset, labels: Labels) -> dict[str, Any]:
    """What a page is told of a picture."""
    tags = [tag for tag in labels.tags if tag.casefold() != STAR]
    return {
        "sha": asset.sha256,
        "prompt": line(asset.alt),
        "names": list(labels.names[:3]),
        "tags": tags[:8],
        "star": labels.starred,
        "stars": labels.stars,
        "size": f"{asset.width} × {asset.height}" if asset.width else "",
        "trashed": asset.trashed,
    }


def title(asset: Asset, labels: Labels) -> str:
    """Its names, or the beginning of its hash, which is always an address."""
    return " ".join(f"@{name}" for name in labels.names[:2]) or f"@{asset.sha256[:7]}"


def facts_of(asset: Asset) -> list[str]:
    """How large it is, and as what it is stored."""
    size = f"{asset.width} × {asset.height}" if asset.width else "no picture"
    return [size, asset.media_type.removeprefix("image/"), f"{asset.byte_count / 1000:,.0f} kB"]


def line(text: str) -> str:
    """A text on one line that JSON can carry: half a surrogate would end the message."""
    shown = " ".join(text[: 2 * _PROMPT].split())[:_PROMPT]
    return shown.encode("utf-8", "replace").decode("utf-8")
