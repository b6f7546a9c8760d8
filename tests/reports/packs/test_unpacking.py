"""A pack comes in whole and is replayed there, or is refused and leaves nothing."""

from __future__ import annotations

import json
import os
import resource
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import BundleRefused, ImgnbError, LibraryError, NotebookInvalid
from imgnb.reports.unpacking import unpack
from imgnb.workspace import Workspace

from .travelling import blobs, code, drawn, draws, files, read, write

NAMES = ["report.ipynb", "report.imgnb.lock", "figs/photo.png"]


def tampered(path: Path, **members: bytes | None) -> Path:
    """A copy with members added, replaced, or (None) left out."""
    target = path.with_name("tampered.zip")
    with zipfile.ZipFile(path) as archive:
        found: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {**found, **members}.items():
            if data is not None:
                archive.writestr(name, data)
    return target


def relocked(path: Path, change: Callable[[Any], None]) -> Path:
    """A copy whose lock says something else."""
    with zipfile.ZipFile(path) as archive:
        lock = json.loads(archive.read("notebook/report.imgnb.lock"))
    change(lock["cells"])
    return tampered(path, **{"notebook/report.imgnb.lock": json.dumps(lock).encode()})


def refused(reader: Workspace, path: Path, kind: type[ImgnbError] = BundleRefused, *, match: str) -> ImgnbError:
    """It is refused, and neither the library nor the folder has anything of it."""
    folder = path.parent / "fresh"
    with pytest.raises(kind, match=match) as caught:
        unpack(path, reader.library, folder)
    assert not folder.exists()
    assert (len(reader.library), blobs(reader.library)) == (0, set())
    assert caught.value.hint
    assert caught.value.message.isprintable()
    return caught.value


def test_it_brings_notebook_lock_and_files(packed: Path, report: Path, reader: Workspace, tmp_path: Path) -> None:
    """Into a folder that is made, byte for byte, and the pictures into the library."""
    done = unpack(packed, reader.library, tmp_path / "fresh")

    assert [
        path.relative_to(tmp_path / "fresh").as_posix() for path in (done.notebook, done.lock, *done.files)
    ] == NAMES
    assert done.notebook.read_bytes() == report.read_bytes()
    assert done.imported.generations == 3
    assert files(tmp_path / "fresh").keys() == set(NAMES)


def test_the_same_requests_are_answered_by_the_same_pictures(packed, home, reader, tmp_path, monkeypatch) -> None:
    """By name, by file, and by mask, in mode replay."""
    unpack(packed, reader.library, tmp_path / "fresh")
    monkeypatch.chdir(tmp_path / "fresh")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("a lighthouse", {}),
        ("at night", {"images": ["@hero"]}),
        ("in winter", {"images": ["figs/photo.png"], "mask": "box:10,10,200,200"}),
    ]

    for prompt, options in asked:
        found = drawn(reader, prompt, mode="replay", **options)
        (author,) = [one for one in home.library if one.prompt == prompt]
        assert found.asset.bytes == author.asset.bytes


def test_a_mask_in_a_file_is_replayed(home, report, reader, tmp_path, monkeypatch) -> None:
    """What went in was made of it; the file itself goes along, too."""
    from PIL import Image

    from imgnb.reports.packing import pack

    mask = Image.new("L", (640, 400), 0)
    mask.paste(255, (0, 0, 320, 400))
    mask.save(report.parent / "mask.png")
    given: dict[str, Any] = {"images": ["figs/photo.png"], "mask": "mask.png"}
    made = drawn(home, "masked", **given)
    write(report, [draws(made, "masked")])

    done = pack(report, home.library, tmp_path / "out.zip")
    unpack(done.path, reader.library, tmp_path / "fresh")
    monkeypatch.chdir(tmp_path / "fresh")

    assert (sorted(done.files), done.notes) == (["figs/photo.png", "mask.png"], ())
    assert drawn(reader, "masked", mode="replay", **given).asset == made.asset


def test_again_changes_nothing(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """The same files are there already, and so are the pictures."""
    unpack(packed, reader.library, tmp_path / "fresh")
    before = files(tmp_path / "fresh")

    done = unpack(packed, reader.library, tmp_path / "fresh")

    assert not done.imported.changed
    assert files(tmp_path / "fresh") == before


def test_other_files_are_not_written_over(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """Unless that is said; nothing comes in before."""
    (tmp_path / "fresh").mkdir()
    mine = tmp_path / "fresh" / "report.ipynb"
    mine.write_text("mine", encoding="utf-8")

    with pytest.raises(NotebookInvalid, match=r"report\.ipynb: in .* with other content"):
        unpack(packed, reader.library, tmp_path / "fresh")
    assert (files(tmp_path / "fresh"), len(reader.library)) == ({"report.ipynb": b"mine"}, 0)

    unpack(packed, reader.library, tmp_path / "fresh", force=True)
    assert len(read(mine)) == 3


def test_what_lies_in_the_trash_comes_out_of_it(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """It would not be replayed from there."""
    reader.library.import_(packed)
    reader.library.trash(hero := reader.library.asset("@hero"))

    done = unpack(packed, reader.library, tmp_path / "fresh")

    assert done.notes == (f"@{hero.sha256[:12]} was in the trash here, and is no longer",)
    assert drawn(reader, "a lighthouse", mode="replay").asset == hero


def test_a_name_that_means_something_else_here_is_told(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """It stays what it is."""
    reader.library.name(drawn(reader, "mine"), "hero")

    assert any(note.startswith("@hero stays") for note in unpack(packed, reader.library, tmp_path / "fresh").notes)


HOSTILE = {
    "up": ("notebook/../evil.png", "leads out"),
    "absolute": ("notebook//etc/evil.png", "a bundle has none of that name"),
    "drive": ("notebook/files/C:/evil.png", "a bundle has none of that name"),
    "backslash": ("notebook/files/..\\evil.png", "leads out"),
    "hidden": ("notebook/files/.bashrc", "a bundle has none of that name"),
    "device": ("notebook/files/con.png", "a bundle has none of that name"),
    "right to left": ("notebook/files/\u202egnp.png", "a bundle has none of that name"),
    "deep": (f"notebook/files/{'a/' * 40}b.png", "a bundle has none of that name"),
    "code": ("notebook/files/imgnb.py", "no picture of the records"),
    "no picture of it": ("notebook/files/evil.png", "no picture of the records"),
    "beside": ("notebook/setup.cfg", "other than a notebook"),
    "second": ("notebook/second.ipynb", "other than a notebook"),
}


@pytest.mark.parametrize(("name", "match"), HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_but_the_report_is_written(packed: Path, reader: Workspace, tmp_path: Path, name, match) -> None:
    """A member that a pack does not have is refused, wherever it leads."""
    refused(reader, tampered(packed, **{name: b"evil"}), match=match)

    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_a_link_is_refused(packed: Path, reader: Workspace) -> None:
    """Zips can hold them."""
    target = tampered(packed)
    with zipfile.ZipFile(target, "a") as archive:
        info = zipfile.ZipInfo("notebook/files/link.png")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")

    refused(reader, target, match="link or device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "name", ["notebook/report.ipynb", "notebook/files/REPORT.ipynb", "notebook/files/Figs/photo.PNG"]
)
def test_a_name_twice_is_refused(packed: Path, report: Path, reader: Workspace, name: str) -> None:
    """Also where only some systems take them for the same."""
    target = tampered(packed)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, (report.parent / "figs" / "photo.png").read_bytes())

    refused(reader, target, match="twice")


def test_a_bomb_is_refused(packed: Path, reader: Workspace) -> None:
    """What unpacks to far more than it takes is not read to its end."""
    target = tampered(packed, **{"notebook/report.ipynb": None})
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notebook/report.ipynb", b" " * 50_000_000)

    refused(reader, target, match="zip bomb|unpacks to more")


def other_bytes(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.startswith("blobs/"))
        data = archive.read(name)
    return tampered(path, **{name: data[:-1] + b"\0"})


def no_blob(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.startswith("blobs/"))
    return tampered(path, **{name: None})


def other_photo(path: Path) -> Path:
    return tampered(path, **{"notebook/files/figs/photo.png": b"other"})


def other_pin(path: Path) -> Path:
    def swap(cells: Any) -> None:
        cells[0]["pins"][0]["assets"], cells[1]["pins"][0]["assets"] = (
            cells[1]["pins"][0]["assets"],
            cells[0]["pins"][0]["assets"],
        )

    return relocked(path, swap)


def other_answer(path: Path) -> Path:
    def swap(cells: Any) -> None:
        cells[0]["pins"][0]["fingerprint"] = cells[1]["pins"][0]["fingerprint"]

    return relocked(path, swap)


def unknown_picture(path: Path) -> Path:
    def other(cells: Any) -> None:
        cells[1]["pins"][0]["assets"][0]["sha256"] = "ab" * 32

    return relocked(path, other)


def renoted(path: Path, change: Callable[[Any], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        notebook = json.loads(archive.read("notebook/report.ipynb"))
    change(notebook["cells"])
    return tampered(path, **{"notebook/report.ipynb": json.dumps(notebook).encode()})


def another_cell(path: Path) -> Path:
    return renoted(path, lambda cells: cells.append(code("%%imagegen\nevil", id="evil")))


def same_cell(path: Path) -> Path:
    return renoted(path, lambda cells: cells.append(cells[0]))


def no_lock(path: Path) -> Path:
    return tampered(path, **{"notebook/report.imgnb.lock": None})


def broken_lock(path: Path) -> Path:
    return tampered(path, **{"notebook/report.imgnb.lock": b'{"imgnb_lock": 1, "cells": [5]}'})


def no_json(path: Path) -> Path:
    return tampered(path, **{"notebook/report.ipynb": b"no json"})


def format_3(path: Path) -> Path:
    return tampered(path, **{"notebook/report.ipynb": b'{"worksheets": [], "nbformat": 3}'})


def cut(path: Path) -> Path:
    target = path.with_name("tampered.zip")
    target.write_bytes(path.read_bytes()[:-100])
    return target


HARMS = [
    (other_bytes, "the bytes of asset .* are others"),
    (no_blob, "the bytes of asset .* are not in"),
    (other_photo, "'figs/photo.png' is no picture of the records"),
    (other_pin, "cell hero shows other pictures"),
    (other_answer, "cell hero is pinned to an answer that is not in the records"),
    (unknown_picture, "cell night shows other pictures"),
    (no_lock, "brings no lock for 'report.ipynb'"),
    (another_cell, "cell evil asks for a picture, and is not locked"),
    (same_cell, "two cells with pictures have the id 'hero'"),
    (broken_lock, "the lock of report.ipynb"),
    (no_json, "report.ipynb is not a notebook"),
    (format_3, "report.ipynb is not a notebook of format 4"),
    (cut, "no whole zip"),
]


@pytest.mark.parametrize(("harm", "match"), HARMS, ids=[harm.__name__ for harm, _ in HARMS])
def test_a_pack_that_does_not_hold_together_is_refused(packed: Path, reader: Workspace, harm, match: str) -> None:
    """Hashes, lock, records and notebook must all say the same."""
    refused(reader, harm(packed), match=match)


def test_a_bundle_is_no_pack(home: Workspace, report: Path, reader: Workspace, tmp_path: Path) -> None:
    """It has no notebook; the way out is said."""
    error = refused(reader, home.library.export("", tmp_path / "bundle.zip").path, match="brings no notebook")

    assert "imgnb import" in error.hint


def test_a_folder_that_leads_elsewhere_is_refused(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """What lies there may be a link: nothing is written through it."""
    (tmp_path / "there").mkdir()
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / "figs").symlink_to(tmp_path / "there")

    with pytest.raises(NotebookInvalid, match="a folder or a link"):
        unpack(packed, reader.library, tmp_path / "fresh", force=True)

    assert not files(tmp_path / "there")
    assert len(reader.library) == 0


def test_a_disk_that_is_full_leaves_nothing(packed: Path, reader: Workspace) -> None:
    """Half of the notebook fits; a limit on the size of files does to it what a full disk does."""
    assert len(reader.library) == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        refused(reader, packed, NotebookInvalid, match="cannot be written to")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_refused(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """Before anything comes in."""
    (tmp_path / "closed").mkdir(mode=0o500)

    with pytest.raises(NotebookInvalid, match="cannot be written to"):
        unpack(packed, reader.library, tmp_path / "closed")

    assert len(reader.library) == 0


def test_a_missing_pack_is_said(reader: Workspace, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(LibraryError, match=r"nowhere\.zip cannot be read"):
        unpack(tmp_path / "nowhere.zip", reader.library, tmp_path)


def test_an_unpacked_pack_is_a_pack(packed: Path, reader: Workspace, tmp_path: Path) -> None:
    """Some programs unpack what they download."""
    shutil.unpack_archive(packed, tmp_path / "loose")

    assert unpack(tmp_path / "loose", reader.library, tmp_path / "fresh").imported.generations == 3
