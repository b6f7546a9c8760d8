"""What cells need beside their pictures, to ask for the same again elsewhere: what they name as references.

A reference in the library is found by its name or address, one in a file by its path relative to the notebook.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ..errors import AssetNotFound
from ..library.bundles.shape import is_relative
from ..records import Asset, Generation, Input
from ..records.asset import EXTENSIONS

if TYPE_CHECKING:
    from ..library import Library

PICTURES = frozenset((*(f".{one}" for one in EXTENSIONS.values() if one != "bin"), ".jpeg", ".tiff", ".heif"))
"How the names of picture files end."

_BACK = re.compile(r"@(?P<name>[^~\[\]]+)~(?P<back>\d{1,3})")

Item = tuple[str, Generation | Asset]
"A cell, and what it needs."


@dataclass
class Needed:
    """What goes along for the sake of what refers to it."""

    generations: list[Generation] = field(default_factory=list)
    pictures: list[Asset] = field(default_factory=list)
    "They go along without what made them."
    files: dict[str, bytes] = field(default_factory=dict)
    "Pictures by their path relative to the notebook, with `/`."
    notes: list[str] = field(default_factory=list)


def needed_by(library: Library, found: Iterable[Item], folder: Path) -> Needed:
    """What these need; `folder` is the notebook's."""
    needed = Needed()
    for cell, item in found:
        for given in item.inputs if isinstance(item, Generation) else ():
            parents = library.parents(given.asset) if given.role == "mask" else []
            needed.pictures += parents
            if given.source.startswith("@"):
                _address(library, needed, cell, given)
            elif "://" not in given.source and not given.source.startswith("$"):
                _file(needed, cell, given, {asset.sha256 for asset in (given.asset, *parents)}, folder)
    needed.notes = list(dict.fromkeys(needed.notes))
    return needed


def _address(library: Library, needed: Needed, cell: str, given: Input) -> None:
    """A generation that is named by its id goes along, and for what a name meant before, what it meant since."""
    for address in _since(given.source):
        try:
            meant = library.get(address)
        except AssetNotFound:
            continue
        if isinstance(meant, Asset):
            needed.pictures.append(meant)
        elif address.startswith(f"@{meant.id}"):
            needed.generations.append(meant)
        assets = meant.assets if isinstance(meant, Generation) else (meant,)
        if address == given.source and given.role != "mask" and given.asset not in assets and address != "@last":
            needed.notes.append(f"cell {cell:.40} was given {address:.40}, which means another picture now")


def _since(source: str) -> Iterator[str]:
    if back := _BACK.fullmatch(source):
        yield f"@{back['name']}"
        yield from (f"@{back['name']}~{n}" for n in range(1, int(back["back"])))
    yield source


def _file(needed: Needed, cell: str, given: Input, hashes: set[str], folder: Path) -> None:
    name = _relative(given.source)
    if name is None:
        if PurePath(given.source).suffix.lower() in PICTURES:
            said = PurePath(given.source).name
            needed.notes.append(f"cell {cell:.40} reads {said:.80}, which is not below the notebook's folder")
        return
    try:
        path = (folder / name).resolve(strict=True)
        data = path.read_bytes() if path.is_relative_to(folder) else b""
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() in hashes:
        needed.files[name] = data
    else:
        needed.notes.append(f"cell {cell:.40} reads {name:.80}, which is not beside the notebook as it was then")


def _relative(source: str) -> str | None:
    """The path of a picture below the notebook's folder as a source names it; None where it names something else."""
    name = source.replace("\\", "/").removeprefix("./")
    return name if is_relative(name) and PurePath(name).suffix.lower() in PICTURES else None
