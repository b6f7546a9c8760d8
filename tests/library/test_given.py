"""Pictures that people give: any usual format, any file they own, once."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from imgnb.errors import ProtocolBroken
from imgnb.library import Library

from .conftest import FOX, ORIGIN, SUCCESS, arrive, png
from .test_trouble import read_only

ROW = b"\x10\x80\xf0" * 4
BMP = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 102, 0, 0, 54, 40, 4, 4, 1, 24, 0, 48, 0, 0, 0, 0) + ROW * 4


def everything(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file that holds pictures, with inode and time; SQLite's own shared memory is not one."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", ".lock"))]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "bytes"])
def test_what_is_stored_is_added_without_writing(library: Library, tmp_path: Path, as_file: bool) -> None:
    """The second time only the hash is taken: no file is touched, no row written."""
    file = tmp_path / "bear.png"
    file.write_bytes(png(5))
    first = library.add(file, source="bear.png")
    before = everything(library.path)

    again = library.add(file if as_file else png(5), source="another name")

    assert again == first
    assert everything(library.path) == before


def test_a_read_only_library_takes_what_it_has(tmp_path: Path) -> None:
    """So a notebook that names its files is replayed from a library that cannot be written."""
    with Library(tmp_path / "library") as library:
        first = library.add(png(5), source="bear.png")
    with read_only(tmp_path / "library"), Library(tmp_path / "library") as library:
        assert library.add(png(5), source="bear.png") == first


def test_bytes_that_are_gone_are_brought_back(library: Library) -> None:
    """A row without its file, or with half of it, is no reason not to store the picture."""
    asset = library.add(png(5), source="x")
    asset.path.write_bytes(png(5)[:20])

    assert library.add(png(5), source="x").bytes == png(5)
    asset.path.unlink()
    assert library.add(png(5), source="x").bytes == png(5)


def test_people_may_give_what_providers_may_not_send(library: Library) -> None:
    """A BMP that came from a provider is bytes of no known kind, until a person gives the same."""
    id = library.claim(FOX, ORIGIN, replay=False).generation_id
    assert id is not None
    arrive(library, id, BMP)
    sent = library.finish(id, SUCCESS).asset
    assert (sent.media_type, sent.width) == ("application/octet-stream", None)

    given = library.add(BMP, source="given.bmp")

    assert (given.media_type, given.width, given.path.suffix) == ("image/bmp", 4, ".bmp")
    assert given.bytes == BMP
    assert given.image.size == (4, 4)
    assert library.get(given.sha256) == given


def test_a_cut_picture_is_not_added(library: Library) -> None:
    """What is visibly cut is refused, also where a provider has sent the same, and nothing is kept."""
    cut = png(5)[:-14]
    with pytest.raises(ProtocolBroken, match="cut off"):
        library.add(cut, source="x")
    assert not list((library.path / "blobs").rglob("*.*"))
    assert [path.suffix for path in (library.path / "incoming").iterdir()] == [".lock"]

    id = library.claim(FOX, ORIGIN, replay=False).generation_id
    assert id is not None
    arrive(library, id, cut)
    library.finish(id, SUCCESS)
    with pytest.raises(ProtocolBroken, match="cut off"):
        library.add(cut, source="x")


def test_only_files_are_read(library: Library, tmp_path: Path) -> None:
    """A pipe, a folder, a device and a missing file are refused at once; nobody waits for a writer."""
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "pipe", "is a pipe"),
        (tmp_path, "is a folder"),
        (Path("/dev/zero"), "is a device"),
        (tmp_path / "missing.png", "cannot be read"),
    ):
        with pytest.raises(ProtocolBroken, match=words):
            library.add(path, source="x")
    (tmp_path / "empty.png").touch()
    with pytest.raises(ProtocolBroken, match="nothing at all"):
        library.add(tmp_path / "empty.png", source="x")


class Watched(type(Path())):  # type: ignore[misc]
    """A path at which something happens each time that its file is looked at, before the look."""

    happenings: list[Callable[[Path], object]]

    def stat(self, **options: bool) -> os.stat_result:
        if self.happenings:
            self.happenings.pop(0)(Path(self))
        return super().stat(**options)


def nothing(path: Path) -> None:
    """Nothing happens."""


def append(path: Path) -> None:
    """Somebody writes on."""
    with path.open("ab") as file:
        file.write(b"more")


def replace(path: Path) -> None:
    """Somebody puts another file in its place."""
    other = path.with_suffix(".other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def change_unseen(path: Path) -> None:
    """Somebody changes a byte and turns the clock back."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "happenings",
    [[nothing, append], [nothing, nothing, append], [nothing, replace], [nothing, change_unseen]],
    ids=["while hashed", "while copied", "replaced", "unseen by the clock"],
)
def test_a_file_that_changes_while_it_is_read_is_refused(
    library: Library, tmp_path: Path, happenings: list[Callable[[Path], None]]
) -> None:
    """Nothing is kept of a file that somebody writes to, and the error says to give it again."""
    path = Watched(tmp_path / "bear.png")
    path.write_bytes(png(5))
    path.happenings = list(happenings)

    with pytest.raises(ProtocolBroken, match="changed while it was read") as caught:
        library.add(path, source="x")

    assert "nothing writes to it" in caught.value.hint
    assert not list((library.path / "blobs").rglob("*.*"))
    assert [path.suffix for path in (library.path / "incoming").iterdir()] == [".lock"]
