"""Libraries with what bundles have to carry, and bundles that somebody has tampered with."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgnb.library import Library
from imgnb.records import Generation
from imgnb.request import ImageRequest, Reference

from ..conftest import FOX, ORIGIN, SUCCESS, draw, png

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    """Another library, empty."""
    with Library(tmp_path / "other") as other:
        yield other


@pytest.fixture
def stocked(library: Library) -> Library:
    """A library with a fox, an edit of it with a stand-in, labels, a failure, and a picture of no generation."""
    fox = draw(library, FOX, png(1), png(2))
    photo = library.add(png(3), source="/home/ada/private/photo.png")
    winter = ImageRequest("make it winter", operation="edit", references=(_as_reference(fox), _as_reference(photo)))
    edit = draw(library, winter, png(4))
    cutout = library.derive(edit.originals[0], "cutout", {"tolerance": 3}, lambda: png(5))
    library.stand_in(edit.id, 0, cutout)
    library.name(photo, "hero")
    library.name(fox, "hero")
    library.tag(fox, "Forest")
    library.rate(fox, 4)
    library.note(fox, "too <b>dark</b>")
    claim = library.claim(replace(FOX, prompt="an owl"), ORIGIN, replay=False)
    library.finish(str(claim.generation_id), replace(SUCCESS, status="failed", error_kind="policy"))
    library.trash(draw(library, replace(FOX, prompt="a blur"), png(6)))
    library.add(png(7), source="loose.png")
    return library


def _as_reference(item: Any) -> Reference:
    asset = item.asset if isinstance(item, Generation) else item
    return Reference(asset.sha256, asset.media_type, asset.path, source=asset.source or f"@{item.id}")


@pytest.fixture
def bundle(stocked: Library, tmp_path: Path) -> Path:
    """Everything that the stocked library finds, as a zip."""
    return stocked.export("", tmp_path / "bundle.zip").path


def records_of(path: Path) -> list[dict[str, Any]]:
    """The records of a zip."""
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read("records.jsonl").splitlines()]


def tampered(
    path: Path, change: Change | None = None, /, members: dict[str, bytes | None] | None = None, manifest: Any = None
) -> Path:
    """A copy of a bundle with changed records, with members added, replaced or (None) left out."""
    target, members = path.with_name("tampered.zip"), dict(members or {})
    with zipfile.ZipFile(path) as archive:
        found: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        records = records_of(path)
        change(records)
        found["records.jsonl"] = "\n".join(json.dumps(record) for record in records).encode()
    if manifest is not None:
        found["manifest.json"] = json.dumps({**json.loads(found["manifest.json"] or b""), **manifest}).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {**found, **members}.items():
            if data is not None:
                archive.writestr(name, data)
    return target


def inside(library: Library) -> tuple[int, set[str]]:
    """How many generations a library has, and every file in it apart from the database."""
    files = {path.relative_to(library.path).as_posix() for path in library.path.rglob("*") if path.is_file()}
    return len(library), {name for name in files if name.startswith(("blobs/", "incoming/")) and ".lock" not in name}
