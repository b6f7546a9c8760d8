"""What is done to an answer once it is filed: it is held against what it was made from, and finished as that was asked.

The provider's bytes stay as they are. A composite or a cutout is an asset of its own that stands for them; as it is made of
stored bytes by a recorded recipe, a replay finds it, or makes it again, and nothing is asked for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError, LibraryError
from ..pictures import composite, cutout, differing, masks
from ..pictures.areas import percent
from ..pictures.conversion import upright_size
from ..pictures.foreign_headers import FOREIGN
from ..pictures.preview import small
from ..records import Asset, Generation
from .encoding import as_png

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..library import Library
    from .plan import Finish

SAME = 0.001
"An edit that changes a smaller share of its base has changed nothing."

PUT_BACK = "; --composite puts it back"

HUGE = 20_000_000
"Pixels: decoded, they take 80 MB."

LIKENESS = 256
"Pixels a side that are enough to see whether two pictures have anything in common."

DRIFTED = 0.05
"A larger share of the protected pixels that differ is warned of; the mask guides a model, so that some always do."


class Finishing:
    """A filed answer, and what it was made from."""

    def __init__(self, library: Library, generation: Generation, finish: Finish) -> None:
        self._library = library
        self._generation = generation
        self._finish = finish
        self._said: list[str] = []

    def new(self) -> Generation:
        """A new answer: held against its base, finished, and both on record."""
        shares = {place: share for place, share in enumerate(self._shares()) if share is not None}
        made = self._finished()
        if shares or self._said:
            self._generation = self._library.judge(self._generation.id, shares, tuple(self._said))
        return self._delivered(made)

    def replayed(self) -> Generation:
        """An answer from the library: as it was sent, or finished where that is asked for."""
        found = self._generation
        if self._was_never_judged:
            try:
                return replace(self.new(), replayed=found.replayed, pinned=found.pinned)
            except (
                Exception
            ):  # it is stored: whatever a strange picture or a locked library does here must not keep it back
                self._generation = found
                self._said.clear()
        made = self._finished()
        said = (sentence for sentence in self._said if sentence not in self._generation.mismatches)
        self._generation = replace(self._generation, mismatches=(*self._generation.mismatches, *said))
        return self._delivered(made)

    def _delivered(self, made: Sequence[Asset]) -> Generation:
        """The generation with what was made of its pictures, and its sentences true of that."""
        originals = self._generation.originals
        assets = tuple(
            old if new == old else replace(new, changed=old.changed, call_id=old.call_id, alt=old.alt)
            for new, old in zip(made, originals, strict=True)
        )
        told = self._generation.mismatches
        if self._finish.composite and assets != originals:
            told = tuple(sentence.replace(PUT_BACK, "; it is put back") for sentence in told)
        return replace(self._generation, assets=assets, mismatches=told)

    @property
    def _was_never_judged(self) -> bool:
        """Whether the process that ran the edit ended between filing it and looking at it."""
        first = self._generation.originals[:1]
        if not first or first[0].changed is not None or first[0].media_type == "image/svg+xml":
            return False
        try:
            self._library.check_writable()
            return self._base_input is not None and not _is_huge(self._base_input) and self._base_input.path.is_file()
        except ImgnbError:
            return False

    def _shares(self) -> Iterator[tuple[float, float | None] | None]:
        """How much of each picture differs from the base, and of what the mask protects; None where that cannot be told."""
        if self._base_input is None:
            return
        if self._counted_none:
            self._said.append(
                "the route counted no tokens for pictures: it has evidently ignored those that were given"
            )
        if _is_huge(self._base_input):
            self._said.append(
                "the base is too large to be held against the answer as a matter of course: see heat_map()"
            )
            return
        for number, original in enumerate(self._generation.originals, 1):
            if _pixels(original) > HUGE:  # no model draws that: a server that sends it is not to fill the memory
                yield None
                continue
            # The base first, and small: it may have ten times the pixels, and is not to be whole beside the answer.
            base = _small(self._base_input, max(original.width or 1, original.height or 1))
            edited = None if base is None else _image(original)
            yield None if edited is None or base is None else self._judged(base, edited, number)

    def _judged(self, base: Image, edited: Image, number: int) -> tuple[float, float | None]:
        mask = _mask(self._mask_input, edited.size)
        found = differing.difference(base, edited, mask)
        which = f"picture {number}" if len(self._generation.originals) > 1 else "the picture"
        if found.changed < SAME:
            self._said.append(f"{which} is the same as its base: nothing was edited")
        elif self._is_unrelated(base, edited, mask):
            self._said.append(f"{which} has nothing of those that were given: the route has evidently ignored them")
        elif found.drift is not None and found.drift > DRIFTED:
            way = PUT_BACK if composite.is_aligned(self._size, edited.size) else ""
            self._said.append(f"{percent(found.drift)} of what the mask protects has changed in {which}{way}")
        return found.changed, found.drift

    def _is_unrelated(self, base: Image, edited: Image, mask: Image | None) -> bool:
        """Whether an edit has evidently nothing of any picture that went into it. A conversation may draw anew."""
        if self._generation.operation != "edit" or self._generation.params.get("action") == "generate":
            return False
        if not differing.unrelated(base, edited, mask):
            return False
        others = (_small(item.asset, LIKENESS) for item in self._generation.inputs[1:] if item.role == "image")
        return all(other is not None and differing.unrelated(other, edited) for other in others)

    @property
    def _counted_none(self) -> bool:
        """Whether the provider itself says that it saw no picture."""
        details = (self._generation.usage or {}).get("input_tokens_details")
        counted = details.get("image_tokens") if isinstance(details, Mapping) else None
        return counted == 0 and any(item.role == "image" for item in self._generation.inputs)

    def _finished(self) -> tuple[Asset, ...]:
        """Each picture, or what was made of it."""
        if not self._finish:
            return self._generation.originals
        return tuple(self._made(position, original) for position, original in enumerate(self._generation.originals))

    def _made(self, position: int, original: Asset) -> Asset:
        kind, recipe, make = self._composite(original) if self._finish.composite else self._cutout(original)
        try:
            if _pixels(original) > HUGE:
                raise ValueError(f"the picture has {_pixels(original):,} pixels, more than the {HUGE:,} that are taken")
            made = original if make is None else self._library.derive(original, kind, recipe, make)
        except (ImgnbError, ValueError, OSError) as exc:
            # It is paid for and stored: that it is not finished is only said.
            self._said.append(f"there is no {kind}: {exc.message if isinstance(exc, ImgnbError) else exc}")
            return original
        if made is not original:
            self._said += self._faults(made, recipe)
            with suppress(LibraryError):  # it is there, though it cannot be written down now what it stands for
                self._library.stand_in(self._generation.id, position, made)
        return made

    def _composite(self, original: Asset) -> tuple[str, dict[str, Any], Callable[[], tuple[bytes, str]] | None]:
        base, mask = self._given_input, self._mask_input
        recipe = {"base": base.sha256 if base else None, "mask": mask.sha256 if mask else None}

        def make() -> tuple[bytes, str]:
            whole = _image(base)
            protected = None if whole is None else _mask(mask, whole.size)
            if whole is None or protected is None:
                raise ValueError("base or mask cannot be read")
            return as_png(composite.composited(whole, original.upright, protected)), "protected pixels put back"

        return "composite", recipe, make

    def _cutout(self, original: Asset) -> tuple[str, dict[str, Any], Callable[[], tuple[bytes, str]] | None]:
        key = cutout.key_for(self._generation.prompt)

        def make() -> tuple[bytes, str]:
            made = cutout.cut_out(original.image, key)
            return as_png(made.image), "; ".join(made.faults)

        return "cutout", {"key": key}, None if _is_see_through(original) else make

    def _faults(self, made: Asset, recipe: Mapping[str, Any]) -> list[str]:
        """What is wrong with a cutout, as it was found when it was made."""
        said = made.source.partition(": ")[2] if "key" in recipe else ""
        return [f"the cutout: {fault}" for fault in said.split("; ") if fault]

    @property
    def _size(self) -> tuple[int, int]:
        """The base's width and height, as people see it."""
        return upright_size(self._given_input.path) if self._given_input else (1, 1)

    @cached_property
    def _base_input(self) -> Asset | None:
        """What was sent as the picture to edit."""
        sent = next((item.sent for item in self._generation.inputs if item.role == "image"), None)
        return self._library.asset(f"@{sent}") if sent else self._given_input

    @cached_property
    def _given_input(self) -> Asset | None:
        """The picture that was edited, as it was given: the first, or the one that the conversation was about."""
        for item in self._generation.inputs:
            if item.role == "image":
                return item.asset
        if self._generation.continues is None:
            return None
        turn = self._library.turn(self._library.generation(f"@{self._generation.continues}"))
        return self._library.asset(f"@{turn.pictures[0].sha256}") if turn.pictures else None

    @cached_property
    def _mask_input(self) -> Asset | None:
        found = next((item for item in self._generation.inputs if item.role == "mask"), None)
        return found.asset if found else None


def _is_huge(asset: Asset) -> bool:
    """Whether the picture takes more memory than an edit may, also where only a small copy is wanted; a JPEG does not."""
    return asset.media_type != "image/jpeg" and _pixels(asset) > HUGE


def _pixels(asset: Asset) -> int:
    return (asset.width or 0) * (asset.height or 0)


def _small(asset: Asset, edge: int) -> Image | None:
    """The picture upright, at most `edge` pixels a side; None where it cannot be decoded."""
    try:
        return None if _is_huge(asset) else small(asset.path, edge, foreign=asset.media_type in FOREIGN)
    except (ImgnbError, OSError):
        return None


def _image(asset: Asset | None) -> Image | None:
    """The picture upright; None where there is none that can be decoded."""
    try:
        return None if asset is None else asset.upright
    except (ImgnbError, OSError):
        return None


def _mask(asset: Asset | None, size: tuple[int, int]) -> Image | None:
    """The mask for a picture of this size; scaled as masks are, so that what is protected stays so."""
    image = _image(asset)
    return None if image is None else masks.fitted_to(image.convert("RGBA"), size)


def _is_see_through(asset: Asset) -> bool:
    image = _image(asset) if asset.has_alpha else None
    return image is not None and image.convert("RGBA").getchannel("A").getextrema()[0] != 255
