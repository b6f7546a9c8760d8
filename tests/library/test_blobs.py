"""Bytes are stored once, whole, under their hash."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from imgnb.errors import LibraryError, ProtocolBroken
from imgnb.events import Spooled
from imgnb.library import Library
from imgnb.library.blobs import BLOCK, WRITE_THROUGH, SpoolSink, place
from imgnb.records import blob_path

from .conftest import FOX, ORIGIN, SUCCESS, draw, png

ID = "01M7Y30AX6PSYB5QZTERXEWJDK"


def blobs(library: Library) -> list[Path]:
    return list((library.path / "blobs").rglob("*.*"))


def test_same_bytes_are_stored_once(library: Library) -> None:
    """Two generations with the same picture, and the same file added, keep one blob."""
    first, second = draw(library), draw(library)
    added = library.add(png(), source="fox.png")

    assert first.asset == second.asset == added
    assert [added.path] == blobs(library)


@pytest.mark.parametrize("piece", [1, 1000, 2 * BLOCK], ids=["bytes", "packets", "megabytes"])
def test_a_sink_takes_pieces_of_any_size(tmp_path: Path, piece: int) -> None:
    """However the bytes come, the file holds them and the digest is theirs."""
    data = bytes(n * n % 251 for n in range(BLOCK + 12345))[: 5000 if piece == 1 else None]
    sink = SpoolSink(tmp_path, ID, 0, tmp_path / "rescue")
    for start in range(0, len(data), piece):
        sink.write(data[start : start + piece])

    spooled = sink.finish()

    assert spooled == sink.finish()
    assert spooled.path.read_bytes() == data
    assert (spooled.sha256, spooled.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert [spooled.path] == list(tmp_path.iterdir())


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    """A sink that is discarded, even twice, leaves no file; after `finish` the bytes stay."""
    dropped, kept = (SpoolSink(tmp_path, ID, index, tmp_path / "rescue") for index in (0, 1))
    dropped.write(b"half")
    dropped.discard()
    dropped.discard()
    kept.write(b"whole")
    path = kept.finish().path
    kept.discard()

    assert [path] == list(tmp_path.iterdir())


def test_a_damaged_blob_is_replaced(tmp_path: Path) -> None:
    """A file of the wrong size under a final name gives way to the right bytes."""
    final = blob_path(tmp_path, "ab" * 32, "image/png")
    final.parent.mkdir(parents=True)
    final.write_bytes(b"cut")
    (tmp_path / "incoming").mkdir()
    spool = tmp_path / "incoming" / "spool"
    spool.write_bytes(b"whole")

    assert place(tmp_path, Spooled("ab" * 32, 5, spool), "image/png") == final
    assert final.read_bytes() == b"whole"
    assert spool.exists()  # it says whose they are until the rows are written
    assert [spool] == list(spool.parent.iterdir())


def test_nothing_gets_a_name_before_its_bytes_are_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut a name that says "whole" must not stand over bytes that were never written, nor a folder be gone.

    Breadcrumbs (written as .tmp) need not outlast it: the spool says whose picture it is.
    """
    synced: set[int] = set()
    fsync, replace_ = os.fsync, os.replace

    def noting(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def checking(source: Path, target: Path) -> None:
        assert source.suffix == ".tmp" or source.stat().st_ino in synced, source
        replace_(source, target)

    monkeypatch.setattr("os.fsync", noting)
    monkeypatch.setattr("os.replace", checking)

    with Library(tmp_path / "new" / "library") as library:
        draw(library)
        id = library.claim(FOX, ORIGIN, replay=False).generation_id
        (library.path / "incoming" / f"{id}.0.0.part").write_bytes(png(2))  # whole, by a process that was then killed
        assert [asset.bytes for asset in library.finish(id, SUCCESS).assets] == [png(2)]

    for folder in (tmp_path, tmp_path / "new", library.path, library.path / "blobs"):
        assert folder.stat().st_ino in synced, folder


@pytest.mark.parametrize("sha256", ["/etc/passwd", "../../../secret", "a" * 63, "a" * 63 + "/", ""])
def test_a_library_names_no_file_outside(tmp_path: Path, sha256: str) -> None:
    """Rows that came with a download may say anything; only a hash becomes a path."""
    with pytest.raises(LibraryError, match="no hash"):
        blob_path(tmp_path, sha256, "image/png")


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "bytes"])
def test_a_picture_from_elsewhere_is_added(library: Library, tmp_path: Path, as_file: bool) -> None:
    """A file or bytes become an asset with its size in pixels."""
    file = tmp_path / "bear.png"
    file.write_bytes(png(5))

    asset = library.add(file if as_file else png(5), source="bear.png")

    assert (asset.bytes, asset.media_type, asset.width) == (png(5), "image/png", 4)
    assert library.get(asset.sha256) == asset
    assert not list((library.path / "incoming").glob("*.spool"))


def test_what_is_no_picture_is_not_added(library: Library) -> None:
    """A text file is refused and leaves nothing behind."""
    with pytest.raises(ProtocolBroken):
        library.add(b"no picture at all", source="notes.txt")

    assert blobs(library) == []
    assert [path.suffix for path in (library.path / "incoming").iterdir()] == [".lock"]


def test_a_closed_library_leaves_no_loose_files(library: Library) -> None:
    """After closing there is the database and the blob, and nothing in `incoming`."""
    draw(library, FOX)
    library.close()

    assert list((library.path / "incoming").iterdir()) == []
    assert {path.name for path in library.path.iterdir()} == {"library.db", "blobs", "incoming"}


def test_half_a_copy_of_somebody_killed_is_not_taken_for_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a disk has no links, what lies at the step between is made anew."""

    def no_links(source: Path, target: Path) -> None:
        if target.exists():
            raise FileExistsError(errno.EEXIST, "there is one")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", no_links)
    spool = tmp_path / "incoming" / "a.0.spool"
    spool.parent.mkdir()
    spool.write_bytes(b"whole")
    spool.with_name(f"{spool.name}.link").write_bytes(bytes(5))

    final = place(tmp_path, Spooled("ab" * 32, 5, spool), "image/png")

    assert final.read_bytes() == b"whole"
    assert [spool] == list(spool.parent.iterdir())


def test_a_disk_that_is_full_twice_keeps_what_was_rescued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that reports a full disk, then a write that does: the picture goes elsewhere once, and stays there."""
    sink = SpoolSink(tmp_path, "g", 0, tmp_path / "r" / "rescue")
    (tmp_path / "r").mkdir(mode=0o700)
    full, fsync = [True], os.fsync

    def syncing(descriptor: int) -> None:
        if full and not sink.rescued:
            raise OSError(errno.ENOSPC, "full")
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", syncing)
    data = os.urandom(3 * WRITE_THROUGH)
    sink.write(data[: 2 * WRITE_THROUGH])
    sink._escape(OSError(errno.ENOSPC, "full"))
    sink.write(data[2 * WRITE_THROUGH :])

    spooled = sink.finish()

    assert sink.rescued
    assert spooled.path.read_bytes() == data
