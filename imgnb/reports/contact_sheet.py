"""A contact sheet: many pictures as one, which a notebook shows and a file keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError, RequestInvalid
from ..pictures import Preview, bundle_of, contact_sheet, preview, stored_preview, strip
from ..records import Asset, Generation
from ..records.found import PAGE
from ..records.wording import one_line
from .appendix import Entry, appendix
from .printing_targets import target_of, write

if TYPE_CHECKING:
    from ..library import Library

MOST = 100
"Pictures of a sheet: of more, nobody would see what they show."

SAVED_EDGE, SAVED_BYTES = 2400, 8_000_000
"Pixels and bytes that a file may have."

SAVED_EDGES = (64, 10_000)
"Pixels that may be asked for."

DEEPEST = 20
"Lists within lists."

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


class ContactSheet:
    """The pictures of a sheet, in order: a notebook shows them as one picture, `save` writes it to a file."""

    def __init__(
        self, assets: Iterable[Asset], *, columns: int | None = None, captions: bool = True, numbered: bool = False
    ) -> None:
        self.assets = tuple(assets)
        _check(len(self.assets), columns)
        self._columns, self._captions, self._numbered = columns, captions, numbered

    def __len__(self) -> int:
        return len(self.assets)

    def __repr__(self) -> str:
        return f"<ContactSheet {self._alt}>"

    def save(self, path: str | Path, *, edge: int = SAVED_EDGE) -> Path:
        """Write the sheet, at most `edge` pixels a side, as PNG, JPEG or WebP by the name's ending; return the path.

        Raises RequestInvalid for another ending, for a file that is no picture, or where there are no pictures.
        """
        import PIL.Image

        _check_edge(edge)
        target = _place(path)
        if (kind := _FORMATS.get(target.suffix.lower())) is None:
            raise RequestInvalid(f"{target.name!r} ends in none of {', '.join(_FORMATS)}", hint="name it sheet.png")
        if not self.assets:
            raise RequestInvalid("there are no pictures to put on a sheet", hint="say of which: a query, or assets")
        target_of(target, _FORMATS, Path(self.assets[0].root))
        image = PIL.Image.open(BytesIO(self._sheet(edge, SAVED_BYTES).data))
        file = BytesIO()
        image.convert("RGB" if kind == "JPEG" else image.mode).save(file, kind, quality=90)
        write(target, file.getvalue())
        return target

    @property
    def _alt(self) -> str:
        said = "; ".join(filter(None, (one_line(asset.alt) for asset in self.assets)))
        count = "1 picture" if len(self) == 1 else f"{len(self)} pictures"
        return f"{count}: {said}" if said else count

    def _sheet(self, edge: int = 1024, max_bytes: int | None = None) -> Preview:
        captions = [(f"@{asset.sha256[:7]}", one_line(asset.alt, 200)) for asset in self.assets]
        limit: dict[str, Any] = {} if max_bytes is None else {"max_bytes": max_bytes}
        return contact_sheet(
            [_cell(asset, edge) for asset in self.assets],
            edge,
            captions if self._captions else None,
            numbered=self._numbered,
            columns=self._columns,
            **limit,
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        facts = {"assets": [asset.sha256 for asset in self.assets], "contact_sheet": len(self)}
        if not self.assets:
            return bundle_of(strip("no picture yet", "note"), alt="no picture yet", facts=facts)
        return bundle_of(self._sheet(), alt=self._alt, facts=facts, tallest=PAGE)


def assets_of(library: Library, what: Any) -> list[Asset]:
    """The pictures that are meant: of None, this notebook's; of text, an address or a query; else what is in it.

    Raises AssetNotFound, QueryInvalid, or RequestInvalid for what is no picture.
    """
    if what is None:
        entries: Iterable[Entry] = appendix()
        return list(library.assets([sha256 for entry in entries for sha256 in entry.hashes])[:MOST])
    if isinstance(what, str):
        found = library.get(what) if what.startswith("@") else None
        what = library.find(what, limit=MOST) if found is None else found
        return list(_assets(library, what))
    return list(_assets(library, what))


def _assets(library: Library, what: Any, within: tuple[int, ...] = ()) -> Iterator[Asset]:
    if isinstance(what, Asset):
        yield what
    elif isinstance(what, Generation):
        yield from what.assets
    elif isinstance(what, str):
        yield from _assets(library, library.get(what))
    elif isinstance(what, Iterable) and not isinstance(what, bytes):
        if id(what) in within or len(within) >= DEEPEST:
            raise RequestInvalid("a list holds itself, or lists too deep", hint="give a list of pictures")
        for one in what:
            yield from _assets(library, one, (*within, id(what)))
    else:
        raise RequestInvalid(
            f"a {type(what).__name__} has no pictures", hint="give a query, @name, generations, assets, or a list"
        )


def _check(count: int, columns: int | None) -> None:
    if columns is not None and (isinstance(columns, bool) or not isinstance(columns, int) or not 1 <= columns <= MOST):
        raise RequestInvalid(f"columns is {columns!r}", hint=f"use a whole number, 1 to {MOST}", param="columns")
    if count > MOST:
        raise RequestInvalid(f"{count} pictures are too many for a sheet", hint=f"give {MOST} at most")


def _check_edge(edge: int) -> None:
    least, most = SAVED_EDGES
    if isinstance(edge, bool) or not isinstance(edge, int) or not least <= edge <= most:
        raise RequestInvalid(f"edge is {edge!r}", hint=f"use whole pixels, {least} to {most:,}", param="edge")


def _place(path: str | Path) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as exc:  # ~nobody
        raise RequestInvalid(f"{path} cannot be written: {exc}", hint="give another place") from exc


def _cell(asset: Asset, edge: int) -> Preview | bytes:
    with suppress(ImgnbError, OSError):
        return stored_preview(asset) if edge <= 1024 else preview(asset.bytes, edge, SAVED_BYTES, foreign=True)
    return b""
