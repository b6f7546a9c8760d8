"""What a lock pins, held against the library: whether it is there, whole, and as the lock says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from typing import TYPE_CHECKING

from ..errors import ImgnbError
from ..records import Asset, Generation
from ..records.lock import Lock, Pin, PinnedAsset, is_generation_id
from ..request import ImageRequest
from .findings import Finding
from .locking import EXCERPT, pictures_in, said_of

if TYPE_CHECKING:
    from ..library import Library

TAKE_BACK = "take the lock from version control, or write it anew: imgnb lock NOTEBOOK"
BRING = "bring it with imgnb unpack, or imgnb import"
_AT_ONCE = 4


class Holding:
    """What the library holds of what a lock pins, looked up at once."""

    def __init__(self, library: Library, lock: Lock) -> None:
        self._library = library
        self._pinned = pictures_in(lock.cells)
        self._pins = list(lock.pins())
        self._cells = {asset.sha256: cell for cell, pin in reversed(self._pins) for asset in pin.assets}
        self._assets = {one.sha256: one for one in library.assets([asset.sha256 for asset in self._pinned])}
        ids = [pin.generation for _, pin in self._pins if pin.generation]
        self._generations = {one.id: one for one in library.generations(ids)}

    def generation(self, pin: Pin) -> Generation | None:
        """The stored answer that is pinned: by its id, or by request and pictures where another library made it."""
        made = self._generations.get(pin.generation or "")
        if made is not None and made.fingerprint == pin.fingerprint:
            return made
        return self._library.pinned(pin.fingerprint, pin.hashes) if pin.fingerprint else None

    def request(self, made: Generation) -> ImageRequest | None:
        """What was asked for; None where the record does not have all of that, as its fingerprint tells."""
        try:
            stored = self._library.stored_request(made)
        except ImgnbError:
            return None
        return stored if stored.fingerprint() == made.fingerprint else None

    def findings(self) -> Iterator[Finding]:
        """What is missing, damaged, thrown away, or not as the lock says."""
        broken: set[str] = set()
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # hashing lets other threads run
            whole = dict(zip(self._assets, pool.map(_is_whole, self._assets.values()), strict=True))
        for pinned in self._pinned:
            found = list(self._of(pinned, whole))
            broken |= {pinned.sha256} if found else set()
            yield from found
        for cell, pin in self._pins:
            if not broken & set(pin.hashes):
                yield from self._answer(cell, pin)
            if (made := self.generation(pin)) and (told := _told_apart(pin, made)):
                yield Finding("edited", f"the lock says of @{made.id} that {told}", TAKE_BACK, cell)
            if wrong := self._wrong_id(pin):
                yield Finding(
                    "edited", f"the lock gives its answer the id {pin.generation!r:.60}, {wrong}", TAKE_BACK, cell
                )

    def _of(self, pinned: PinnedAsset, whole: Mapping[str, bool]) -> Iterator[Finding]:
        asset, cell, short = self._assets.get(pinned.sha256), self._cells[pinned.sha256], f"@{pinned.sha256[:12]}"
        if asset is None or not asset.path.is_file():
            yield Finding("missing", f"{short} is not in the library {self._library.path}", BRING, cell)
        elif not whole[pinned.sha256]:
            yield Finding(
                "damaged", f"the bytes of {short} are not those that its name says", "imgnb verify --repair", cell
            )
        elif asset.trashed:
            yield Finding("trashed", f"{short} is in the trash", f"imgnb restore {short}", cell)
        if asset is not None and (apart := _apart(pinned, asset)):
            yield Finding("edited", f"the lock says of {short} that {apart}", TAKE_BACK, cell)

    def _answer(self, cell: str, pin: Pin) -> Iterator[Finding]:
        """A finding where the pictures are there, and yet a replay would not find them."""
        if pin.fingerprint is None:
            return
        made = self._generations.get(pin.generation or "")
        if made is not None and made.fingerprint == pin.fingerprint and _answers(made, pin):
            return  # as nearly always, which saves a look-up for each
        if self._library.pinned(pin.fingerprint, pin.hashes, pin.generation) is None:
            said = "the library has what is pinned, but not as the answer to this request"
            yield Finding(
                "no-answer", said if pin.assets else "the words that are pinned are not in the library", BRING, cell
            )

    def _wrong_id(self, pin: Pin) -> str:
        """Why the id of a pin cannot be right; "" where it is, or may be another library's, which has its own."""
        if pin.generation is None or pin.fingerprint is None:
            return ""
        if not is_generation_id(pin.generation):
            return "which no generation can have"
        other = self._generations.get(pin.generation)
        if other is None or self.generation(pin) is None:  # that the answer is missing is said elsewhere
            return ""
        if other.fingerprint != pin.fingerprint:
            return "which answers another request"
        if _answers(other, pin):
            return ""
        found = self._library.pinned(pin.fingerprint, pin.hashes, other.id)
        # One whose pictures are not all there cannot be told from one with others.
        if found is None or found.id == other.id or not _is_there(other):
            return ""
        return f"which answers with other pictures: @{found.id} has these"


def _is_there(made: Generation) -> bool:
    return all(asset.path.is_file() and not asset.trashed for asset in (*made.originals, *made.assets))


def _told_apart(pin: Pin, made: Generation) -> str:
    """What a pin says of the answer that is not so; "" where all is. What it does not say, nobody knew when it was made."""
    said = {**said_of(made), "take": made.take}
    # A pack's own lock cuts the prompt off, and names a picture that went in twice once.
    also = {"prompt": made.prompt[:EXCERPT], "inputs": tuple(dict.fromkeys(said["inputs"]))}
    wrong = [
        f"its {name} is {mine!r:.60}, not {theirs!r:.60}"
        for name, theirs in said.items()
        if (mine := getattr(pin, name)) not in (None, "", (), theirs, also.get(name, theirs))
    ]
    return " and ".join(wrong)


def _answers(made: Generation, pin: Pin) -> bool:
    """Whether a replay can give this very generation with the pictures that are pinned."""
    kept = [asset for asset in made.originals if asset.path.is_file() and not asset.trashed]
    given = [tuple(asset.sha256 for asset in pictures) for pictures in (made.assets, made.originals)]
    return made.status == "succeeded" and len(kept) == len(made.originals) and pin.hashes in given


def _is_whole(asset: Asset) -> bool:
    """Whether the bytes of a stored picture are those of its hash."""
    try:
        if asset.path.stat().st_size != asset.byte_count:
            return False
        with asset.path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == asset.sha256
    except OSError:
        return False


def _apart(pinned: PinnedAsset, asset: Asset) -> str:
    """What the lock says of a picture that is not so; "" where all is."""
    said = {
        "bytes": (pinned.byte_count, asset.byte_count),
        "media type": (pinned.media_type, asset.media_type),
        "width": (pinned.width, asset.width),
        "height": (pinned.height, asset.height),
    }
    wrong = [f"its {name} is {mine!r:.60}, not {theirs}" for name, (mine, theirs) in said.items() if mine != theirs]
    return " and ".join(wrong)
