"""What a search gives back: a list of generations, or of assets, that shows itself as a contact sheet with captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, overload

from ..errors import ImgnbError
from .asset import Asset
from .generation import Generation
from .shown import Shown

SHOWN = 24
"Pictures on the sheet of a search: the first of each of the first generations."

PAGE = 900
"CSS pixels that a sheet may be high: its captions are to be read."

Item = TypeVar("Item", bound=Generation | Asset)


class Found(Sequence[Item], Shown):
    """What was found, the newest first; it equals a list of the same, and a slice of it is one, too.

    It is no list itself, because IPython writes lists its own way, whatever they say of themselves.
    """

    def __init__(self, items: Iterable[Item] = (), distances: Iterable[int] = ()) -> None:
        self._items = tuple(items)
        self.distances = tuple(distances)
        "Of pictures that are like one: in how many of 64 bits the perceptual hash of each differs."

    @overload
    def __getitem__(self, key: int) -> Item: ...

    @overload
    def __getitem__(self, key: slice) -> Found[Item]: ...

    def __getitem__(self, key: int | slice) -> Item | Found[Item]:
        """The n-th, or a part that shows itself as the whole does."""
        return Found(self._items[key], self.distances[key]) if isinstance(key, slice) else self._items[key]

    def __len__(self) -> int:
        return len(self._items)

    def __add__(self, other: Iterable[Item]) -> Found[Item]:
        return Found((*self._items, *other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Found | list | tuple) and self._items == tuple(other)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        if self.distances:
            return "\n".join(f"{apart:>2} {item!r}" for apart, item in zip(self.distances, self, strict=True))
        return "\n".join(map(repr, self)) or "nothing was found"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from ..pictures import bundle_of, contact_sheet, stored_preview, strip

        shown = [(asset, prompt) for item in self if (asset := _picture(item)) for prompt in [_prompt(item)]][:SHOWN]
        facts = {"assets": [asset.sha256 for asset, _ in shown], "found": len(self)}
        if not shown:
            says = f"{len(self)} without a picture" if self else "nothing was found"
            return bundle_of(strip(says, "note"), alt=says, facts=facts)
        # What tells them apart from run to run (ids, dates) stays out: the notebook is to be the same each time.
        cells: list[Any] = []
        for asset, _ in shown:
            cells.append(b"")
            with suppress(ImgnbError, OSError):
                cells[-1] = stored_preview(asset)
        apart = [f" · {distance}" for distance in self.distances[: len(shown)]] or [""] * len(shown)
        captions = [(_title(asset) + far, prompt) for (asset, prompt), far in zip(shown, apart, strict=True)]
        alt = f"{len(self)} found: {'; '.join(prompt for _, prompt in shown if prompt)}"
        return bundle_of(contact_sheet(cells, captions=captions, numbered=False), alt=alt, facts=facts, tallest=PAGE)


def _picture(item: Generation | Asset) -> Asset | None:
    if isinstance(item, Asset):
        return item
    return next((asset for asset in item.assets if not asset.trashed), next(iter(item.assets), None))


def _prompt(item: Generation | Asset) -> str:
    return " ".join((item.alt if isinstance(item, Asset) else item.prompt).split())


def _title(asset: Asset) -> str:
    """Its name, or the beginning of its hash, which is always an address."""
    names: tuple[str, ...] = ()
    with suppress(ImgnbError):
        names = asset.labels.names
    return " ".join([*(f"@{name}" for name in names[:2]), *(() if names else (f"@{asset.sha256[:7]}",))])
