"""Pictures held against each other: a slider, side by side, their difference, blinking, and what was asked for otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import traitlets

from ..errors import ImgnbError, RequestInvalid
from ..pictures import Preview, contact_sheet, preview, stored_preview
from ..pictures.areas import percent
from ..pictures.foreign_headers import FOREIGN
from ..pictures.preview import small
from ..records import Asset, Generation
from ..workspace import Workspace, current
from .asked import Row, differing
from .large import EDGE, MOST_BYTES, detail, large, sent
from .panel import Given, Panel, Reply
from .sheets import with_foot

MODES = ("slider", "side by side", "difference", "blink")
FEWEST, MOST = 2, 12

_ROOM = 48
"Letters of either side of a row at the twin's foot."

_HELD = 4096
"Pixels a side up to which each pixel is held against the other's; larger pictures are made that small first."


def compare(*pictures: Any) -> Comparison:
    """Hold two to twelve pictures against each other: assets, generations, `"@hero"`, `"@last[2]"`, paths, PIL images.

    A generation stands for its first picture; one alone, for all of its pictures.
    """
    return Comparison(*pictures)


class Comparison(Panel):
    """A widget that compares. `mode` is how, `pair` which two, counted from 1; both can be set."""

    page = "compare"
    # Checked below alone: what traitlets itself refuses has an error of another kind.
    mode = traitlets.TraitType[Any, Any](default_value=MODES[0])
    pair = traitlets.TraitType[Any, Any](default_value=(1, 2))

    def __init__(self, *pictures: Any, workspace: Workspace | None = None) -> None:
        workspace = workspace or current()
        # Before `pair` can be set, which is checked against them.
        given = _given(workspace, pictures)
        self.assets = tuple(_asset(workspace, item) for item in given)
        super().__init__("pictures held against each other", workspace)
        self._names = [_name(item, asset) for item, asset in zip(given, self.assets, strict=True)]
        self._cells: dict[str, Preview] = {}
        self._sheet: tuple[object, Preview] | None = None
        self._difference = lru_cache(maxsize=4)(self._compared)

    @traitlets.validate("mode")
    def _check_mode(self, proposal: Any) -> str:
        mode = proposal["value"]
        if not isinstance(mode, str) or mode not in MODES:
            raise RequestInvalid(f"mode is {mode!r:.80}", hint=f"give one of {', '.join(MODES)}", param="mode")
        return mode

    @traitlets.validate("pair")
    def _check_pair(self, proposal: Any) -> tuple[int, int]:
        pair = proposal["value"]
        numbers = list(pair) if isinstance(pair, list | tuple) else []
        if [type(one) for one in numbers] != [int, int] or not _two_of(numbers, len(self.assets)):
            raise RequestInvalid(
                f"pair is {pair!r:.80}", hint=f"give two different numbers from 1 to {len(self.assets)}", param="pair"
            )
        return numbers[0], numbers[1]

    @traitlets.observe("mode", "pair")
    def _show(self, _: Any) -> None:
        self.changed()

    @property
    def differences(self) -> list[Row]:
        """What was asked for, and differs, of the two that are shown."""
        return differing(self.workspace.library, *self._two)

    @property
    def _two(self) -> tuple[Asset, Asset]:
        return self.assets[self.pair[0] - 1], self.assets[self.pair[1] - 1]

    def state(self) -> dict[str, Any]:
        pictures = [
            {"sha256": asset.sha256, "number": number, "name": name, "width": asset.width, "height": asset.height}
            for number, (name, asset) in enumerate(zip(self._names, self.assets, strict=True), 1)
        ]
        rows = [{"name": row.name, "a": row.first, "b": row.second} for row in self.differences]
        return {"pictures": pictures, "pair": list(self.pair), "mode": self.mode, "modes": list(MODES), "rows": rows}

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        # A mode changes nothing in it: it is painted again for another pair, or a file that went or came back.
        shown = (self.pair, self._closed, [asset.path.is_file() for asset in self.assets])
        if self._sheet is None or self._sheet[0] != shown:
            self._sheet = shown, self._painted()
        facts = {"assets": [asset.sha256 for asset in self.assets], "mode": self.mode, "pair": list(self.pair)}
        return self._sheet[1], facts

    def _painted(self) -> Preview:
        cells: list[Any] = [self._cell(asset) for asset in self.assets]
        captions = [
            (f"{number}  {name}", f"{asset.width} x {asset.height}")
            for number, (name, asset) in enumerate(zip(self._names, self.assets, strict=True), 1)
        ]
        try:
            map_, said = self._difference(*self._two)
            cells.append(map_)
            captions.append((f"{self.pair[0]} and {self.pair[1]}", said))
        except ImgnbError:
            pass
        sheet = contact_sheet(cells, captions=captions, numbered=False)
        # How long it took differs from run to run: a saved notebook is to be the same each time.
        rows = [row for row in self.differences if row.name != "seconds"]
        for line in [*map(_line, rows[:8]), *_how(self._closed)]:
            sheet = with_foot(sheet, line)
        return sheet

    def _cell(self, asset: Asset) -> Any:
        if not asset.path.is_file():
            return b""
        try:
            if asset.sha256 not in self._cells:
                self._cells[asset.sha256] = stored_preview(asset)
            return self._cells[asset.sha256]
        except (ImgnbError, OSError):
            return b""

    # What the page asks for

    def on_show(self, given: Given) -> None:
        """Another mode, another pair, or both."""
        if given.get("mode") in MODES:
            self.mode = given["mode"]
        if isinstance(pair := given.get("pair"), list) and [type(one) for one in pair] == [int, int]:
            self.pair = (pair[0], pair[1])

    def on_picture(self, given: Given) -> Reply:
        """A picture as large as it is shown."""
        return large(self.workspace.library, given.get("of"))

    def on_detail(self, given: Given) -> Reply:
        """A part of a picture, with all its pixels: what a page shows of one that is zoomed in."""
        return detail(self.workspace.library, given.get("of"), given.get("box"))

    def on_difference(self, given: Given) -> Reply:
        """Where the two that are shown differ, as a picture and a sentence."""
        map_, said = self._difference(*self._two)
        return sent(map_, said=said)

    def _compared(self, one: Asset, other: Asset) -> tuple[Preview, str]:
        from ..pictures.differing import difference, heat_map

        try:
            first, second = (small(asset.path, _HELD, asset.media_type in FOREIGN) for asset in (one, other))
        except OSError as exc:
            raise RequestInvalid("the bytes of one of them are gone", hint="choose another picture") from exc
        said = f"{percent(difference(first, second).changed)} of the pixels differ"
        if first.size != second.size:
            said += f"; the first ({one.width} x {one.height}) is stretched to the second's size ({other.width} x {other.height})"
        return preview(heat_map(first, second), EDGE, MOST_BYTES), said


def _spread(pictures: tuple[Any, ...]) -> list[Any]:
    """What was given, one for each picture: a generation alone stands for all of its pictures."""
    if len(pictures) == 1 and isinstance(pictures[0], list | tuple):
        pictures = tuple(pictures[0])
    if len(pictures) == 1 and isinstance(pictures[0], Generation):
        return list(pictures[0].assets)
    return list(pictures)


def _given(workspace: Workspace, pictures: tuple[Any, ...]) -> list[Any]:
    """What was given, one for each picture, also where one address stands for several."""
    given = _spread(pictures)
    if len(given) == 1 and isinstance(given[0], str) and given[0].startswith("@"):
        found = workspace.library.get(given[0])
        given = list(found.assets) if isinstance(found, Generation) else given
    if not FEWEST <= len(given) <= MOST:
        raise RequestInvalid(
            f"{len(given)} picture{'' if len(given) == 1 else 's'} cannot be compared",
            hint=f'give {FEWEST} to {MOST}, for example imgnb.compare("@hero", "@last")',
        )
    return given


def _two_of(numbers: list[int], count: int) -> bool:
    return numbers[0] != numbers[1] and set(numbers) <= set(range(1, count + 1))


def _asset(workspace: Workspace, item: Any) -> Asset:
    """The stored picture that is meant; what is from elsewhere is stored first, as a reference of an edit is."""
    if isinstance(item, Generation):
        item = item.asset
    if isinstance(item, Asset) and workspace.library.assets([item.sha256]):
        return item
    if isinstance(item, str) and item.startswith("@"):
        return workspace.library.asset(item)
    references = workspace.request("compare", images=[item]).references
    if len(references) != 1:
        raise RequestInvalid(f"{item!r:.80} stands for {len(references)} pictures", hint="name each of them")
    return workspace.library.assets([references[0].sha256])[0]


def _name(given: Any, asset: Asset) -> str:
    text = given if isinstance(given, str) else asset.alt
    return " ".join(text.split())[:80] or asset.sha256[:12]


def _line(row: Row) -> str:
    one, other = (" ".join(text.split()) for text in row.texts())
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{row.name}: {_around(one, same)}  |  {_around(other, same)}"


def _around(text: str, at: int) -> str:
    """At most 48 letters of the text: those around the first that differs."""
    if len(text) <= _ROOM:
        return text
    start = max(0, min(at - 12, len(text) - _ROOM))
    end = start + _ROOM
    return (
        f"{'…' if start else ''}{text[start + (start > 0) : end - (end < len(text))]}{'…' if end < len(text) else ''}"
    )


def _how(closed: bool) -> list[str]:
    return [] if closed else ["imgnb compare · run this cell in a live notebook to use it"]
