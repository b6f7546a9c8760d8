"""A picture's bundle as one HTML element, for front ends that show HTML but drop the alt text of a bare picture."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any


def img_tag(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """Return `<img>` with the bundle's picture, its alt text and its CSS pixels, never wider than the page."""
    media_type = next(name for name in data if name.startswith("image/"))
    facts = metadata.get(media_type, {})
    alt = escape(str(facts.get("alt", data.get("text/plain", ""))), quote=True)
    size = "".join(f' {side}="{facts[side]}"' for side in ("width", "height") if isinstance(facts.get(side), int))
    source = f"data:{media_type};base64,{data[media_type]}"
    return f'<img src="{source}" alt="{alt}"{size} style="max-width: 100%; height: auto">'


def figure_tag(picture: str, caption: str) -> str:
    """Return the element with a line of plain text below it; without a caption, as it is."""
    if not caption:
        return picture
    return (
        f'<figure style="margin: 0">{picture}<figcaption class="mathjax_ignore">{escape(caption)}</figcaption></figure>'
    )
