"""The one output of a generation: a picture and a constant text, in the form IPython takes.

From the first placeholder to the last picture the bundle has exactly two keys, one picture and `text/plain`.
What varies from run to run stands in the metadata, which strict nbval does not compare.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..errors import ProtocolBroken
from . import thumbs
from .contact_sheet import contact_sheet
from .encode import SHOWN_HEIGHT, SHOWN_WIDTH, Preview, lossless
from .foreign_headers import FOREIGN
from .placeholder import strip
from .preview import EDGE, small, stored_preview
from .probe import probe

Embed = Literal["preview", "full", "none"]
MimeBundle = tuple[dict[str, Any], dict[str, Any]]

_JOINERS = "\u200c\u200d"
"Invisible, but parts of words and emoji: zero width non-joiner and joiner."

_LONGEST_ALT = 300
"Characters: a description, not the whole prompt, which is in the library."


def bundle(assets: Sequence[Any], *, alt: str, facts: Mapping[str, Any], embed: Embed = "preview") -> MimeBundle:
    """Return data and metadata that show these assets: a preview, a contact sheet of several, or a strip.

    Never fails: where no picture can be made, a strip says why.
    """
    assets = list(assets)
    try:
        shown = _picture_of(assets, facts, embed)
    except Exception as exc:  # The picture is stored; that it cannot be shown must not fail the cell.
        shown = strip(_why_not(assets, exc), "note")
    return bundle_of(shown, alt=alt, facts=facts)


def bundle_of(
    preview: Preview,
    *,
    alt: str,
    facts: Mapping[str, Any],
    size: tuple[int, int] | None = None,
    tallest: int = SHOWN_HEIGHT,
) -> MimeBundle:
    """Return data and metadata that show this picture.

    `size` is that of the finished picture in pixels: given for placeholders and partials, it keeps the page from
    jumping when the finished one comes. `tallest` is how many CSS pixels high it may stand on the page.
    """
    text = alt_text(alt)
    width, height = display_size(*(size or (preview.width, preview.height)), tallest)
    data = {preview.media_type: b64encode(preview.data).decode("ascii"), "text/plain": text}
    metadata: dict[str, Any] = {
        preview.media_type: {"width": width, "height": height, "alt": text},
        "imgnb": {"v": 1, **facts},
    }
    if preview.media_type == "image/png" and (ground := _ground_for(preview.data)):
        metadata["needs_background"] = ground
    return data, metadata


def _ground_for(data: bytes) -> str | None:
    """The page on which what is opaque in a PNG can be seen, as JupyterLab's `needs_background` names it."""
    if not probe(data).has_alpha:
        return None
    from PIL import ImageStat

    image = small(data, 64).convert("RGBA")
    alpha = image.getchannel("A")
    seen = alpha.point([0] * 128 + [255] * 128)
    if alpha.getextrema()[0] == 255 or seen.getextrema()[1] == 0:
        return None
    mean = ImageStat.Stat(image.convert("L"), mask=seen).mean[0]
    return "light" if mean < 96 else "dark" if mean > 176 else None


def alt_text(text: str) -> str:
    """Return the text on one line, without control characters, of at most 300 characters."""
    text = plain_line(text)
    if len(text) > _LONGEST_ALT:
        text = text[: _LONGEST_ALT - 1].rstrip() + "…"
    return text or "picture made with imgnb"


def plain_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    shown = (letter if letter.isprintable() or letter in _JOINERS else " " for letter in text)
    return " ".join("".join(shown).split())


def display_size(width: int, height: int, tallest: int = SHOWN_HEIGHT) -> tuple[int, int]:
    """Return the CSS pixels in which a picture of this size is shown; it is never enlarged."""
    scale = min(1.0, SHOWN_WIDTH / max(1, width), tallest / max(1, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _picture_of(assets: list[Any], facts: Mapping[str, Any], embed: Embed) -> Preview:
    if not assets:
        return _strip_without_picture(facts)
    if embed == "none":
        return strip(" · ".join(_named(asset) for asset in assets), "note")
    if len(assets) > 1:
        return _stored_sheet(assets)
    return _full(assets[0]) if embed == "full" else stored_preview(assets[0])


def _strip_without_picture(facts: Mapping[str, Any]) -> Preview:
    status = str(facts.get("status") or "failed")
    return strip(f"{status}: no picture", "cancelled" if status in ("cancelled", "interrupted") else "failed")


def _named(asset: Any) -> str:
    size = f" {asset.width}x{asset.height}" if asset.width and asset.height else ""
    return f"{asset.sha256[:12]}{size}"


def _full(asset: Any) -> Preview:
    """Return the bytes as the provider sent them; what notebooks do not show everywhere becomes PNG."""
    data = Path(asset.path).read_bytes()
    foreign = asset.media_type in FOREIGN
    picture = probe(data, foreign=foreign)
    if picture.media_type not in ("image/png", "image/jpeg"):
        return lossless(small(data, max(picture.width, picture.height), foreign))
    # The preview proves that it decodes, and stands upright where EXIF turns the original.
    upright = stored_preview(asset)
    width, height = sorted((picture.width, picture.height), reverse=upright.width > upright.height)
    return Preview(picture.media_type, data, width, height)


def _stored_sheet(assets: list[Any]) -> Preview:
    digest = hashlib.sha256("\n".join(asset.sha256 for asset in assets).encode()).hexdigest()
    sheet = thumbs.find(assets[0].root, digest, EDGE)
    if sheet is None:
        cells = [_cell_of(asset) for asset in assets]
        sheet = contact_sheet(cells)
        if all(cells):
            thumbs.keep(assets[0].root, digest, EDGE, sheet)
    return sheet


def _cell_of(asset: Any) -> Preview | bytes:
    try:
        return stored_preview(asset)
    except (ProtocolBroken, OSError):
        return b""


def _why_not(assets: list[Any], error: Exception) -> str:
    reason = error.message if isinstance(error, ProtocolBroken) else "its file cannot be read"
    return f"{_named(assets[0])}: {reason}" if assets else reason
