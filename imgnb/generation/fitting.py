"""The pictures of a request as its route takes them: what it does not take is converted, and the conversion is on record.

What is needed is told from headers alone (`foreseen`); pixels are decoded only when a request is really sent, and only the
first time: a conversion is an asset, found again by what it was made of and how.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BYTES_GONE, AssetNotFound, ProtocolBroken, RequestInvalid
from ..pictures import decode, masks
from ..pictures.conversion import Conversion, Takes, convert, needed
from ..providers.said import cut, one_line
from ..records import Asset
from ..request import ImageRequest, Reference
from ..request.capabilities import Capabilities
from .encoding import as_png

if TYPE_CHECKING:
    from ..library import Library

AT_ONCE = 2
"Pictures that are decoded at the same time: each may take 400 MB."


def takes(facts: Capabilities) -> Takes:
    """What the route takes, as conversions need to know it."""
    return Takes(types=tuple(facts.limits["image_types"]), max_bytes=int(facts.limits["image_bytes"]))


def foreseen(request: ImageRequest, facts: Capabilities) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request with its pictures as they will be sent, told from their headers, and what will be done to them."""
    wanted = list(_wanted(request.references, takes(facts)))
    references = tuple(
        reference if conversion is None else _as_predicted(reference, conversion) for reference, conversion in wanted
    )
    said = [
        f"{_named(reference)}: {', '.join(conversion.steps)}"
        for reference, conversion in wanted
        if conversion is not None
    ]
    said += [f"mask: {reference.note}" for reference in request.references if reference.note]
    return replace(request, references=references), tuple(said)


def fitted(request: ImageRequest, library: Library, facts: Capabilities) -> ImageRequest:
    """The request with pictures that its route takes; what is not fit is converted, or was before.

    Raises RequestInvalid for a picture that cannot be converted.
    """
    turn = request.continues
    if turn is not None and (pictures := _all_fitted(turn.pictures, library, takes(facts))) != turn.pictures:
        turn = replace(turn, outputs=pictures)
    return replace(request, references=_all_fitted(request.references, library, takes(facts)), continues=turn)


def _all_fitted(references: Sequence[Reference], library: Library, taken: Takes) -> tuple[Reference, ...]:
    wanted = list(_wanted(references, taken))
    if all(conversion is None for _, conversion in wanted):
        return tuple(references)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda pair: _converted(library, *pair), wanted))
    return tuple(_overlaid(library, made))


def _wanted(references: Sequence[Reference], taken: Takes) -> Iterator[tuple[Reference, Conversion | None]]:
    for reference in references:
        # Overlays are checked, not changed: they belong to their base. What is only planned has no bytes yet.
        if reference.role != "image" or reference.path == Path():
            yield reference, None
            continue
        try:
            yield reference, needed(reference.path, taken)
        except FileNotFoundError as exc:
            raise AssetNotFound(
                f"the bytes of the reference {_named(reference)} are not in the library", hint=BYTES_GONE
            ) from exc
        except ProtocolBroken as exc:
            raise _unusable(reference, exc) from exc


def _as_predicted(reference: Reference, conversion: Conversion) -> Reference:
    return replace(
        reference,
        media_type=conversion.media_type,
        width=conversion.width,
        height=conversion.height,
        has_alpha=conversion.has_alpha,
        bytes=min(reference.bytes, conversion.max_bytes - 1),
        url=None,
    )


def _converted(library: Library, reference: Reference, conversion: Conversion | None) -> Reference:
    if conversion is None:
        return reference
    source = library.asset(f"@{reference.sha256}")

    def make() -> tuple[bytes, str]:
        return convert(reference.path, conversion), ", ".join(conversion.steps)

    try:
        return _sent_as(reference, library.derive(source, "conversion", conversion.recipe, make))
    except ProtocolBroken as exc:
        raise _unusable(reference, exc) from exc


def _overlaid(library: Library, references: Sequence[Reference]) -> Iterator[Reference]:
    """The references, with overlays made as large as a base that had to be shrunk."""
    size = (references[0].width, references[0].height)
    for reference in references:
        if reference.role == "image" or (reference.width, reference.height) == size or references[0].role != "image":
            yield reference
        else:
            yield _scaled(library, reference, (size[0] or 1, size[1] or 1))


def _scaled(library: Library, overlay: Reference, size: tuple[int, int]) -> Reference:
    def make() -> tuple[bytes, str]:
        return as_png(masks.fitted_to(decode(overlay.path).convert("RGBA"), size)), f"scaled to {size[0]}x{size[1]}"

    source = library.asset(f"@{overlay.sha256}")
    return _sent_as(overlay, library.derive(source, "conversion", {"scaled": list(size)}, make))


def _sent_as(reference: Reference, asset: Asset) -> Reference:
    return replace(
        reference,
        sent=asset.sha256,
        media_type=asset.media_type,
        path=asset.path,
        width=asset.width,
        height=asset.height,
        has_alpha=asset.has_alpha,
        bytes=asset.byte_count,
        url=None,
    )


def _unusable(reference: Reference, exc: ProtocolBroken) -> RequestInvalid:
    return RequestInvalid(
        f"the {reference.role} {_named(reference)} cannot be used: {exc.message}",
        hint=exc.hint or "give a png, jpeg or webp picture",
        param=reference.role,
    )


def _named(reference: Reference) -> str:
    """What the user wrote, or the file's name; names of files are strangers' text."""
    source = reference.source or f"@{reference.sha256[:12]}"
    named = Path(source).name if not source.startswith(("@", "$")) and "://" not in source else source
    return cut(one_line(named), 80)
