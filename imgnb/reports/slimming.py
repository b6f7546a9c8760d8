"""Notebooks lose weight: pictures that stand in the file in full go to the library, and previews stay. And back.

The bytes are safe in the library before the file is written. What is needed to write them again stands beside each preview,
in the metadata under `imgnb.slim`, so that undoing it gives the text of before wherever nothing else was changed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssetNotFound, ProtocolBroken
from ..pictures import probe
from ..pictures.preview import preview
from ..records import Asset
from .embedded import KINDS, Place, Writing, places, understood
from .notebook_text import NotebookText
from .pinned import is_whole
from .within import left_within

if TYPE_CHECKING:
    from ..library import Library

OVER = 200_000
"Bytes: what is smaller stays in the file."

_HASH = re.compile(r"[0-9a-f]{64}")
_SHOWN = 10
_ODD = "what its metadata says of it under imgnb.slim makes no sense"

Progress = Callable[[int, int], None]


@dataclass
class Slimmed:
    """What became of a notebook. Sizes in bytes, of the file."""

    notebook: Path
    before: int
    after: int = 0
    pictures: int = 0
    "How many were replaced by previews, or brought back."
    kept: list[tuple[str, str]] = field(default_factory=list)
    "Cells with pictures that stay as they are, and why."
    within: list[tuple[str, int]] = field(default_factory=list)
    "Cells with SVG, and pictures within HTML or Markdown, which are never moved, and their bytes."


def slim(path: Path, library: Library, *, over: int = OVER, progress: Progress | None = None) -> Slimmed:
    """Move pictures of more than `over` bytes into the library; of each, a preview stays. Again, it changes nothing.

    Raises NotebookInvalid, and what the library raises where it cannot be written; then the file is as it was.
    """
    text = NotebookText(path)
    done, looked = Slimmed(path, len(text.raw), len(text.raw), within=left_within(text)), 0
    for place in places(text.notebook):
        for kind in [kind for kind in KINDS if kind in place.holder]:
            size = _length(place.holder[kind], text)
            if size * 3 // 4 > over and (why := _slim(place, kind, text, library, path)) != "":
                done.kept += [(place.cell, why)] if why else []
                done.pictures += not why
            looked += size
            if progress is not None:
                progress(looked, done.before)
    if done.pictures:
        done.after = text.write()
    return done


def undo(path: Path, library: Library, *, progress: Progress | None = None) -> Slimmed:
    """Bring the pictures back into the file. Raises AssetNotFound, with a list, where the library has not all of them."""
    text = NotebookText(path)
    done = Slimmed(path, len(text.raw), len(text.raw))
    found = [(place, record) for place in places(text.notebook) for record in _records(place)]
    done.kept += [(place.cell, _ODD) for place in places(text.notebook) if _is_odd(place)]
    assets = {asset.sha256: asset for asset in library.assets(tuple({str(one["sha256"]) for _, one in found}))}
    missing = [(place.cell, one["sha256"]) for place, one in found if not is_whole(assets.get(one["sha256"]))]
    if missing:
        named = ", ".join(f"@{sha256[:12]} (cell {cell:.40})" for cell, sha256 in missing[:_SHOWN])
        raise AssetNotFound(
            f"{len(missing)} pictures of {path} are not in the library: {named}",
            hint="bring them back (imgnb import) or use the library that it was slimmed with: IMGNB_LIBRARY",
        )
    for place, record in found:
        _bring_back(place, record, assets[record["sha256"]], text)
        done.pictures += 1
        if progress is not None:
            progress(done.pictures, len(found))
    if done.pictures:
        done.after = text.write()
    return done


def _slim(place: Place, kind: str, text: NotebookText, library: Library, path: Path) -> str | None:
    """Put a preview into the picture's place: None; or why it stays, "" where it is a preview already."""
    metadata = place.owner.get("metadata", {})
    own = metadata.get("imgnb", {})
    if any(record["shown"] == kind for record in _records(place)):
        return ""
    if not isinstance(own, dict):
        return "its metadata is not ours"
    if _is_odd(place):
        return _ODD
    read = understood(place.holder[kind], text)
    if read is None:
        return "its base64 is written in an unusual way"
    data, writing = read
    try:
        small = preview(data, foreign=True)
        picture = probe(data, foreign=True)
    except (ProtocolBroken, OSError) as exc:
        return exc.message if isinstance(exc, ProtocolBroken) else "it cannot be read"
    if len(small.data) >= len(data):
        return "a preview would not be smaller"
    if small.media_type != kind and small.media_type in place.holder:
        return f"{small.media_type} stands beside it"
    if place.attachment is None and small.media_type != kind and small.media_type in metadata:
        return f"its metadata speaks of {small.media_type}, too"
    asset = library.add(data, source=f"{path.name} cell {place.cell}")
    record = {"sha256": asset.sha256, "media_type": asset.media_type, "key": kind, "shown": small.media_type}
    record |= {name: value for name, value in asdict(writing).items() if value}
    # Upright, as the preview is, where EXIF turns the original.
    width, height = sorted((picture.width, picture.height), reverse=small.width > small.height)
    _note(place, record, (width, height))
    _swap(place.holder, kind, small.media_type, b64encode(small.data).decode("ascii"))
    return None


def _note(place: Place, record: dict[str, Any], size: tuple[int, int]) -> None:
    """Write down beside a preview what it stands for, and in which size it is to be seen."""
    if "metadata" not in place.owner:
        place.owner["metadata"], record["bare"] = {}, True
    metadata = place.owner["metadata"]
    if place.attachment is not None:
        record["attachment"] = place.attachment
    else:
        said = metadata.get(record["key"])
        record |= {} if said is None else {"said": said}
        given = said if isinstance(said, dict) else {}
        sized = given if given.keys() & {"width", "height"} else {**given, "width": size[0], "height": size[1]}
        _swap(metadata, record["key"], record["shown"], sized)
    if "imgnb" not in metadata:
        metadata["imgnb"], record["new"] = {}, True
    metadata["imgnb"].setdefault("slim", []).append(record)


def _records(place: Place) -> Iterator[dict[str, Any]]:
    """What was written down of this place, as far as it makes sense: a notebook may be anybody's."""
    said = _said_of(place)
    shown = [record.get("shown") for record in said if isinstance(record, dict)]
    for record in said:
        # Two for one picture cannot both be right, and which of them is, nobody knows.
        if isinstance(record, dict) and _is_sound(record, place) and shown.count(record["shown"]) == 1:
            yield record


def _said_of(place: Place) -> list[Any]:
    """All that is written down of this place, sense or not."""
    metadata = place.owner.get("metadata", {})
    own = metadata.get("imgnb") if isinstance(metadata, dict) else None
    records = own.get("slim", []) if isinstance(own, dict) else []
    if not isinstance(records, list):
        return [records]
    return [one for one in records if not isinstance(one, dict) or one.get("attachment") == place.attachment]


def _is_odd(place: Place) -> bool:
    return len(_said_of(place)) > sum(1 for _ in _records(place))


def _is_sound(record: dict[str, Any], place: Place) -> bool:
    sha256, wrap, key, shown = (record.get(name) for name in ("sha256", "wrap", "key", "shown"))
    taken = place.holder.keys() | (place.owner["metadata"].keys() if place.attachment is None else set())
    return (
        isinstance(sha256, str)
        and _HASH.fullmatch(sha256) is not None
        and key in KINDS
        and shown in KINDS
        and shown in place.holder
        and (key == shown or key not in taken)
        and (wrap is None or (type(wrap) is int and 0 <= wrap <= 1_000_000))
        and record.get("end", "") in ("", "\n")
    )


def _bring_back(place: Place, record: dict[str, Any], asset: Asset, text: NotebookText) -> None:
    writing = Writing(
        record.get("wrap") or 0, record.get("end", ""), *(bool(record.get(one)) for one in ("lines", "equals", "slash"))
    )
    _swap(place.holder, record["shown"], record["key"], writing.value(asset.bytes, text))
    metadata = place.owner["metadata"]
    if place.attachment is None:
        if "said" in record:
            _swap(metadata, record["shown"], record["key"], record["said"])
        else:
            metadata.pop(record["shown"], None)
    own = metadata["imgnb"]
    own["slim"].remove(record)
    if own["slim"]:
        # The first of a cell made this table; the last that goes takes it along.
        own["slim"][0] |= {name: True for name in ("bare", "new") if record.get(name)}
        return
    del own["slim"]
    if record.get("new") and not own:
        del metadata["imgnb"]
    if record.get("bare") and not metadata:
        del place.owner["metadata"]


def _swap(table: dict[str, Any], before: str, after: str, value: Any) -> None:
    """Put a value under another key into the place of the one before; at the end, where there was none."""
    if before not in table:
        table[after] = value
        return
    items = [(after, value) if key == before else (key, held) for key, held in table.items()]
    table.clear()
    table.update(items)


def _length(value: object, text: NotebookText) -> int:
    parts = value if isinstance(value, list) else [value]
    return sum(text.length(part) for part in parts if isinstance(part, str))
