"""Why a replay found nothing: the nearest stored request and what differs from it, or the pinned picture that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from ..errors import ImgnbError, ReplayMissed
from ..records import Asset, Generation
from ..records.lock import Pin
from ..records.marking import change
from ..records.wording import one_line
from ..request import ImageRequest, Reference

if TYPE_CHECKING:
    from ..library import Library

MISSED = "mode is 'replay' and the library holds no answer"
ASK = "use --mode auto to ask for one"
ANEW = "--mode live draws anew, and imgnb lock pins that"


def missed(library: Library, request: ImageRequest, trashed: Generation | None) -> ReplayMissed:
    """The error for a request that nothing stored answers; `trashed` would, if it were not in the trash."""
    if trashed is not None:
        return ReplayMissed(
            f"{MISSED}: the one there was, @{trashed.id}, is in the trash",
            hint=f"bring it back: imgnb restore @{trashed.id}, or {ASK}",
        )
    if (near := library.nearest(request)) is None:
        return ReplayMissed(MISSED, hint=ASK)
    differing = "; ".join(differences(library, request, near))
    how = differing or f"its route, {near.route}, dialect, {near.dialect}, or take, {near.take}"
    return ReplayMissed(f"{MISSED}; the nearest is {near.id}, which differs in {how}", hint=ASK)


def differences(library: Library, request: ImageRequest, near: Generation) -> Iterator[str]:
    """What is asked otherwise than it was for a stored generation, a phrase for each thing."""
    try:
        stored = library.stored_request(near)
    except ImgnbError:  # a picture of it is lost
        yield f"prompt: {change(near.prompt, request.prompt)}"
        return
    for name, mine, theirs in request.differences(stored):
        if name == "prompt":
            yield f"prompt: {change(theirs, mine)}"
        elif name == "references":
            yield from _references(request.references, stored.references)
        elif name == "continues":
            yield "the answer that it goes on from"
        else:
            yield f"{name}: {_short(mine)} asked, {_short(theirs)} stored"


def pin_missed(library: Library, pin: Pin) -> ReplayMissed:
    """The error for a request that is pinned to what this library cannot give."""
    what = ", ".join(f"@{sha256[:12]}" for sha256 in pin.hashes) or f"the words of @{pin.generation}"
    said = f"the lock pins this request to {what}"
    known = {asset.sha256: asset for asset in library.assets(pin.hashes)}
    absent = [sha256 for sha256 in pin.hashes if sha256 not in known or not _is_there(known[sha256])]
    thrown = [sha256 for sha256 in pin.hashes if sha256 in known and known[sha256].trashed]
    bring = "bring it with imgnb unpack, or imgnb import"
    if absent:
        return ReplayMissed(f"{said}, and @{absent[0][:12]} is not in the library", hint=f"{bring}; or {ANEW}")
    if thrown:
        short = thrown[0][:12]
        back = f"bring it back: imgnb restore @{short}; or {ANEW}"
        return ReplayMissed(f"{said}, and @{short} is in the trash", hint=back)
    there = "which the library has, but not as its answer" if pin.hashes else "which are not in the library"
    return ReplayMissed(f"{said}, {there}", hint=f"{bring}; or {ANEW}")


def _is_there(asset: Asset) -> bool:
    try:
        return asset.path.stat().st_size == asset.byte_count
    except OSError:
        return False


def _references(mine: Sequence[Reference], theirs: Sequence[Reference]) -> Iterator[str]:
    for number, (here, there) in enumerate(zip_longest(mine, theirs), 1):
        if _identity(here) != _identity(there):
            yield f"picture {number}: {_told(here)} asked, {_told(there)} stored"


def _identity(reference: Reference | None) -> tuple[str, str] | None:
    return (reference.role, reference.sha256) if reference else None


def _told(reference: Reference | None) -> str:
    """A picture by its role, its hash, and what the user called it."""
    if reference is None:
        return "none"
    called = "" if reference.sha256.startswith(reference.source.removeprefix("@")) else one_line(reference.source, 40)
    return f"{reference.role} @{reference.sha256[:12]}" + (f" ({called})" if called else "")


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
