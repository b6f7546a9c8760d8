"""Whether the picture that stands in an output is the one that its metadata says.

Bytes that are those of a stored picture, or of its cached preview, say so themselves. Another encoding of the preview,
by another version of Pillow or on another machine, is held against the cached one by a coarse look. Where the cache has
no preview nothing can be said without decoding the original, which would take seconds for a report, and nothing is.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..display.notebook_file import facts_of
from ..pictures import thumbs
from ..pictures.encode import Preview
from ..pictures.preview import EDGE, small
from ..records import Asset
from .locking import hashes_in

if TYPE_CHECKING:
    from ..library import Library

_KINDS = ("image/png", "image/jpeg")
_SIDE, _MOST = 32, 24
"""Cells along each side of the copies that are compared, and how far a cell of one may be from the other's, of 255. Of forty
pictures, encodings of one differ by 6 at most, also at two thirds of the size and quality 35; different ones by a hundred."""

_ROOM = 256
"Pixels a side from which the cells are made: of fewer, a JPEG that is decoded smaller shows its edges otherwise."

_AT_ONCE = 4

_SHAPE = 1.04
"How much longer for its height one may be than the other: previews are whole pixels."


@dataclass(frozen=True)
class Embedded:
    """The bytes of a picture in an output, and what the output says it shows."""

    cell: str
    data: bytes
    hashes: tuple[str, ...]
    sha256: str


def embedded_in(cell: str, outputs: Sequence[Mapping[str, Any]]) -> Iterator[Embedded]:
    """The pictures in the outputs of a cell that say which stored pictures they show."""
    for output in outputs:
        facts, shown = facts_of(output), output.get("data")
        final = facts.get("stage", "final") == "final" and "widget" not in facts
        if not final or not isinstance(shown, dict) or not (hashes := hashes_in(facts)):
            continue
        for kind in _KINDS:
            if data := _decoded(shown.get(kind)):
                yield Embedded(cell, data, hashes, hashlib.sha256(data).hexdigest())


def others(embedded: Sequence[Embedded], library: Library) -> Iterator[tuple[Embedded, Asset | None]]:
    """Those that are evidently another picture than is said, each with the stored one whose bytes they are, if any."""
    known = {asset.sha256: asset for asset in library.assets([one.sha256 for one in embedded])}
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # decoding lets other threads run
        strange = list(pool.map(lambda one: _is_other(one, known, library), embedded))
    for one, other in zip(embedded, strange, strict=True):
        if other:
            yield one, known.get(one.sha256)


def _is_other(one: Embedded, known: Mapping[str, Asset], library: Library) -> bool:
    if one.hashes == (one.sha256,):
        return False
    cached = thumbs.find(library.path, _digest(one.hashes), EDGE)
    if cached is not None and cached.data == one.data:
        return False
    if one.sha256 in known:
        return True
    return cached is not None and not _is_strip(one.data) and not _alike(one.data, cached)


def _digest(hashes: tuple[str, ...]) -> str:
    """Under what the cache has the preview: that of the picture, or of the sheet of several."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _decoded(value: object) -> bytes:
    lines = value if isinstance(value, list) else [value]
    try:
        return binascii.a2b_base64("".join(line for line in lines if isinstance(line, str)))
    except ValueError:
        return b""


def _is_strip(data: bytes) -> bool:
    """Whether this is what stands in a picture's place where none is embedded: `--embed none`, or none could be made."""
    from ..errors import ProtocolBroken
    from ..pictures.placeholder import STRIP
    from ..pictures.probe import probe

    try:
        picture = probe(data)
    except ProtocolBroken:
        return False
    return (picture.width, picture.height) == STRIP


def _alike(data: bytes, cached: Preview) -> bool:
    """Whether both are encodings of one picture, as far as a coarse look tells."""
    from ..errors import ProtocolBroken

    try:
        mine, theirs = small(data, _ROOM), small(cached.data, _ROOM)
    except ProtocolBroken:
        return False
    longer = (mine.width * theirs.height) / (mine.height * theirs.width)
    if not 1 / _SHAPE <= longer <= _SHAPE:
        return False
    return max(abs(a - b) for a, b in zip(_cells(mine), _cells(theirs), strict=True)) <= _MOST


def _cells(image: Any) -> bytes:
    """The colours of a very small copy, what is transparent on grey."""
    import PIL.Image

    whole = image.convert("RGBA")
    on = PIL.Image.new("RGBA", whole.size, (128, 128, 128, 255))
    on.alpha_composite(whole)
    cells: bytes = on.convert("RGB").resize((_SIDE, _SIDE), PIL.Image.Resampling.BOX).tobytes()
    return cells
