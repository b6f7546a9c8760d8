"""Copies of pictures that say how they were made, or say nothing: bytes are put in and taken out, pixels never touched.

What others wrote into the picture, as places, comments, and workflows with paths, is nobody's business in either.
A C2PA manifest seals the bytes of its file, and a copy with other bytes would break that seal; so both kinds of copy
leave it out. The library's own files keep theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import RequestInvalid
from . import metadata_jpeg, metadata_png, metadata_webp
from .metadata_packet import packet, record_json, second_packet, two_packets
from .probe import probe

WRITABLE = ("image/png", "image/jpeg", "image/webp")


def with_record(data: bytes, record: Mapping[str, Any]) -> bytes:
    """A PNG, JPEG or WebP that carries the record: as XMP, and in a PNG as the text `imgnb`, too.

    `record` has at least `imgnb` (a version) and `prompt`; `digital_source_type` is one of the IPTC's, `system` what drew it. Nothing else is
    in it but what shows the picture. Raises RequestInvalid for other formats, ProtocolBroken for a picture that breaks off.
    """
    kind, bare = _kind(data), without_metadata(data)
    if kind == "image/png":
        return metadata_png.written(bare, packet(record), record_json(record))
    if kind == "image/webp":
        return metadata_webp.written(bare, packet(record), probe(bare, None))
    if metadata_jpeg.fits(whole := packet(record)):
        return metadata_jpeg.written(bare, whole, "")
    more = second_packet(record)
    return metadata_jpeg.written(bare, two_packets(record, metadata_jpeg.guid(more)), more)


def without_metadata(data: bytes) -> bytes:
    """A PNG, JPEG or WebP with nothing but what shows it: pixels, colours, transparency, animation, and which way is up.

    Raises as `with_record` does.
    """
    kind = _kind(data)
    if kind == "image/png":
        return metadata_png.stripped(data)
    return metadata_webp.stripped(data) if kind == "image/webp" else metadata_jpeg.stripped(data)


def _kind(data: bytes) -> str:
    kind = probe(data, None, foreign=True).media_type
    if kind not in WRITABLE:
        raise RequestInvalid(
            f"metadata of {kind} is neither written nor taken out",
            hint="save an exact copy, or convert it: asset.image.save('copy.png')",
            param="metadata",
        )
    return kind
