"""Full disks, foreign locks, read-only folders, newer and damaged files: said in our words, with a way out."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgnb.errors import LibraryError, LibraryFull, LibraryLocked, LibraryReadOnly, LibraryTooNew
from imgnb.events import Cancel
from imgnb.library import Accepted, Library
from imgnb.library.blobs import rescue_folder
from imgnb.library.network import network_file_system

from .conftest import FOX, ORIGIN, SUCCESS, arrive, draw, png
from .processes import Child, child

BIG = png(1) + b"\0" * 600_000


def claim(library: Library) -> str:
    id = library.claim(FOX, ORIGIN, replay=True).generation_id
    assert id is not None
    return id


def mount(*arguments: str) -> None:
    if subprocess.run(["mount", *arguments], capture_output=True).returncode:
        pytest.skip("only root can mount here")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one and a half megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(disk))
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, leave: int = 100_000) -> None:
    """Use up all but that many bytes."""
    room = os.statvfs(disk)
    (disk / "filler").write_bytes(b"\0" * (room.f_bavail * room.f_frsize - leave))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody can write in the folder: neither root, who ignores modes and mounts it read-only, nor anybody else."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    mounted = os.access(folder, os.W_OK)
    try:
        if mounted:
            mount("--bind", str(folder), str(folder))
            mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        for path, mode in modes.items():
            path.chmod(mode)


def test_a_picture_that_does_not_fit_is_rescued_and_comes_home(small_disk: Path) -> None:
    """With the disk full the picture goes on outside, and is filed under its request when there is room."""
    root = small_disk / "library"
    with Library(root) as library:
        id = claim(library)
        fill(small_disk)
        arrive(library, id, BIG)
        assert [path.suffix for path in rescue_folder(root).iterdir()] == [".spool"]

        with pytest.raises(LibraryFull, match="safe in"):
            library.finish(id, SUCCESS)
        assert library.generation(id).status == "interrupted"
        (small_disk / "filler").unlink()

    with Library(root) as library:
        made = library.answer(FOX.fingerprint())
        assert made is not None
        assert made.id == id
        assert made.asset.bytes == BIG
        assert list(rescue_folder(root).iterdir()) == []


def test_a_rescued_picture_waits_while_there_is_no_room(small_disk: Path) -> None:
    """An open with the disk still full leaves it where it is; the library can be read."""
    root = small_disk / "library"
    with Library(root) as library:
        drawn = draw(library, FOX, png(4))
        id = library.claim(FOX, ORIGIN, Accepted(take=2), replay=False).generation_id
        assert id is not None
        fill(small_disk)
        arrive(library, id, BIG)
        with pytest.raises(LibraryFull):
            library.finish(id, SUCCESS)

    for _ in range(2):
        with Library(root) as library:
            assert library.generation(id).assets == ()
            assert library.answer(FOX.fingerprint()) == drawn
    (small_disk / "filler").unlink()
    with Library(root) as library:
        assert library.generation(id).asset.bytes == BIG
        assert library.generation(id).take == 2


def test_a_library_on_a_full_disk_still_replays(small_disk: Path) -> None:
    """With not a byte left, what is stored is found, and a write says what to do."""
    root = small_disk / "library"
    with Library(root) as library:
        drawn = draw(library)
    fill(small_disk, leave=0)

    with Library(root) as library:
        assert library.answer(drawn.fingerprint) == drawn
        with pytest.raises(LibraryFull, match="no room"):
            library.claim(FOX, ORIGIN, replay=False)


@pytest.mark.parametrize(
    ("limit", "message"), [(1_000_000, "fits neither"), (60_000, "no room")], ids=["picture", "rows"]
)
def test_a_size_limit_is_a_full_disk(library: Library, limit: int, message: str) -> None:
    """Where neither library nor rescue folder takes the bytes, the error says so, and no half file stays."""
    draw(library)
    library.close()

    def act(say: Callable[[str], None]) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with Library(library.path) as limited:
            try:
                id = "never claimed"
                for _ in range(50 if message == "no room" else 1):
                    id = limited.claim(FOX, ORIGIN, replay=False).generation_id
                if message == "fits neither":
                    sink = limited.open_sink(id)(0)
                    try:
                        for _ in range(6):
                            sink.write(b"\0" * 300_000)
                    finally:
                        sink.discard()
            except LibraryFull as error:
                say(error.message)

    assert message in "".join(Child(act).end()[1])
    with Library(library.path) as again:
        assert {generation.status for generation in again} <= {"succeeded", "interrupted"}
        assert [path.suffix for path in (library.path / "incoming").iterdir()] == [".lock"]


def test_a_rescue_folder_of_somebody_else_is_not_used(small_disk: Path, tmp_path: Path) -> None:
    """Everybody can write to the temporary folder: a link that waits there is not followed."""
    root = small_disk / "library"
    trap = tmp_path / "trap"
    trap.mkdir()
    rescue_folder(root).parent.symlink_to(trap)
    with Library(root) as library:
        id = claim(library)
        fill(small_disk)
        with pytest.raises(LibraryFull, match="fits neither"):
            arrive(library, id, BIG)
    assert list(trap.rglob("*.part")) == []


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_library_that_can_only_be_read_replays(tmp_path: Path, journal: str) -> None:
    """From a read-only folder answers come as ever; every write is refused with the way out."""
    root = tmp_path / "library"
    with Library(root, journal=journal) as library:  # type: ignore[arg-type]
        drawn = draw(library)
    with read_only(root), Library(root) as library:
        assert library.claim(FOX, ORIGIN, replay=True).answer == drawn
        assert library.find("fox") == [drawn]
        assert "only be read" in library.notes[0]
        for write in (
            lambda: library.claim(FOX, ORIGIN, replay=False),
            lambda: library.add(png(9), source="x"),
            lambda: library.name(drawn.asset, "fox"),
            lambda: library.finish(drawn.id, SUCCESS),
            library.recover,
        ):
            with pytest.raises(LibraryReadOnly, match="IMGNB_LIBRARY"):
                write()
    with Library(root) as library:
        assert list(library) == [drawn]


def test_where_no_library_can_be_made_the_error_says_so(tmp_path: Path) -> None:
    """A read-only place without a library, and a file in its place."""
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "empty").mkdir()

    with pytest.raises(LibraryError, match="IMGNB_LIBRARY"):
        Library(tmp_path / "file")
    with pytest.raises(LibraryError, match="IMGNB_LIBRARY"):
        Library(tmp_path / "file" / "library")
    with read_only(tmp_path / "empty"), pytest.raises(LibraryReadOnly, match="none can be made"):
        Library(tmp_path / "empty" / "library")


def holding(path: Path) -> Callable[[Callable[[str], None]], None]:
    def act(say: Callable[[str], None]) -> None:
        connection = sqlite3.connect(path / "library.db", isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        say("held")
        os.read(os.pipe()[0], 1)

    return act


def test_what_cannot_be_filed_now_is_filed_later(tmp_path: Path) -> None:
    """While another process holds the database a finish fails in our words, and `recover` or the next open files it."""
    for later in ("recover", "open"):
        root = tmp_path / later
        with Library(root, busy_timeout=0.1) as library:
            id = claim(library)
            arrive(library, id, png())
            with child(holding(root)) as other:
                assert other.hear() == "held"
                with pytest.raises(LibraryLocked, match="safe and will be filed"):
                    library.finish(id, SUCCESS)
                with pytest.raises(LibraryLocked, match="another process"):
                    claim(library)
            assert library.generation(id).status == "running"
            if later == "recover":
                library.recover()
                assert library.generation(id).status == "succeeded"
        with Library(root) as library:
            assert library.generation(id).status == "succeeded"
            assert library.generation(id).cost == SUCCESS.cost
            assert library.generation(id).asset.bytes == png()


def test_a_library_of_a_newer_imgnb_can_be_read(library: Library) -> None:
    """Its answers count, and nothing is written to it."""
    drawn = draw(library)
    library.close()
    connection = sqlite3.connect(library.path / "library.db")
    connection.execute("INSERT INTO schema_version VALUES (999, 'm999', '9.9', '2030-01-01')")
    connection.commit()
    connection.close()

    with Library(library.path) as newer:
        assert newer.schema_version == 999
        assert newer.answer(drawn.fingerprint) == drawn
        with pytest.raises(LibraryTooNew, match="upgrade"):
            newer.name(drawn.asset, "fox")
        assert newer.claim(FOX, ORIGIN, replay=True).answer == drawn


@pytest.mark.parametrize("damage", [b"this is no database" * 500, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_leaves_the_pictures_alone(library: Library, damage: bytes) -> None:
    """The error says that the blobs are untouched and what to do."""
    drawn = draw(library)
    library.close()
    (library.path / "library.db").write_bytes(damage)

    with pytest.raises(LibraryError, match="untouched"):
        Library(library.path)
    assert drawn.asset.bytes == png()
    assert (library.path / "library.db").read_bytes() == damage


def test_a_living_kernel_is_left_alone(library: Library, reopen: Callable[[], Library]) -> None:
    """Opening the library elsewhere touches neither the rows nor the files of one who is still drawing."""
    id = claim(library)
    arrive(library, id, png())
    sink = library.open_sink(id)(1)
    sink.write(png(2))
    before = sorted((library.path / "incoming").glob(f"{id}*"))

    other = reopen()
    other.recover()

    assert other.generation(id).status == "running"
    assert before == sorted((library.path / "incoming").glob(f"{id}*"))
    sink.finish()
    assert [asset.bytes for asset in library.finish(id, SUCCESS).assets] == [png(), png(2)]


def test_two_kernels_that_recover_at_once_agree(tmp_path: Path) -> None:
    """Both open a library that a third has left behind: its pictures are filed once."""

    def dies(say: Callable[[str], None]) -> None:
        library = Library(tmp_path / "library")
        arrive(library, claim(library), png(1), png(2), png(3))
        say("arrived")

    def heir(say: Callable[[str], None]) -> None:
        with Library(tmp_path / "library") as library:
            say(str(library.notes))

    assert Child(dies).end() == (0, ["arrived"])
    ends = [kernel.end() for kernel in [Child(heir) for _ in range(3)]]

    assert ends == [(0, ["()"])] * 3
    with Library(tmp_path / "library") as library:
        (generation,) = library
        assert [asset.bytes for asset in generation.assets] == [png(1), png(2), png(3)]
        assert generation.notes == ("recovered 3 pictures",)
        assert (generation.status, generation.error_kind) == ("interrupted", "interrupted")


def test_one_broken_breadcrumb_does_not_keep_the_others_from_home(tmp_path: Path) -> None:
    """What cannot be read stays where it is and is noted; every other generation is settled."""

    def dies(say: Callable[[str], None]) -> None:
        for seed in (1, 2):
            library = Library(tmp_path / "library")
            id = library.claim(FOX, ORIGIN, replay=False).generation_id
            arrive(library, id, png(seed))
            say(id)

    broken, good = Child(dies).end()[1]
    (crumb,) = (tmp_path / "library" / "incoming").glob(f"{broken}.*.json")
    text = crumb.read_text()
    crumb.unlink()
    crumb.mkdir()

    with Library(tmp_path / "library") as library:
        assert "put off" in library.notes[0]
        assert library.generation(good).asset.bytes == png(2)
        assert library.generation(broken).status == "running"
    crumb.rmdir()
    crumb.write_text(text)
    with Library(tmp_path / "library") as library:
        assert library.generation(broken).asset.bytes == png(1)


def test_a_kernel_killed_with_its_picture_outside_is_recovered(small_disk: Path) -> None:
    """A whole picture in the rescue folder, finished or not, is filed by an open that finds room."""
    root = small_disk / "library"
    Library(root).close()

    def dies(say: Callable[[str], None]) -> None:
        library = Library(root)
        id = claim(library)
        fill(small_disk)
        sinks = [library.open_sink(id)(index) for index in (0, 1)]
        for seed, sink in enumerate(sinks):
            sink.write(png(seed, size=200) + b"\0" * 300_000)
        sinks[0].finish()
        say(id)
        os.kill(os.getpid(), 9)

    (id,) = Child(dies).end()[1]
    with Library(root) as library:
        assert library.generation(id).status == "interrupted"
        assert library.generation(id).assets == ()
    (small_disk / "filler").unlink()
    with Library(root) as library:
        assert [asset.width for asset in library.generation(id).assets] == [200, 200]
        assert list(rescue_folder(root).iterdir()) == []


@pytest.mark.parametrize("name", ["with space", "q?mode=memory", "100%41", "ünï#1", "file:x"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    """SQLite is given a URI; whatever means something in one is just a letter in a folder's name."""
    with Library(tmp_path / name) as library:
        draw(library)
    assert (tmp_path / name / "library.db").exists()


def test_a_network_disk_is_known_by_its_mount(tmp_path: Path) -> None:
    """The innermost mount decides; names with spaces are written with octal escapes."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nhost:/home /home nfs4 rw 0 0\n/dev/vdb /home/me/my\\040disk ext4 rw 0 0\n"
        "tag /mnt/vm 9p rw 0 0\nfuse /content/drive fuse rw 0 0\nhost: /mnt/ssh fuse.sshfs rw 0 0\n/dev/sd /mnt/usb fuseblk rw 0 0\n"
    )

    assert network_file_system(Path("/home/me/library"), mounts) == "nfs4"
    assert network_file_system(Path("/home/me/my disk/library"), mounts) is None
    assert network_file_system(Path("/mnt/vm/library"), mounts) is None
    assert network_file_system(Path("/homestead"), mounts) is None
    assert network_file_system(Path("/content/drive/MyDrive"), mounts) == "fuse"
    assert network_file_system(Path("/mnt/ssh"), mounts) == "fuse.sshfs"
    assert network_file_system(Path("/mnt/usb"), mounts) is None


def test_a_downloaded_library_has_no_file_elsewhere_removed(tmp_path: Path) -> None:
    """Neither a link in place of `incoming` nor a path as a session's id leads to anything but our own files."""
    for path in ("project/uv.lock", "project/uv.toml", "uv.lock"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("mine")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    root = tmp_path / "library"
    root.mkdir()
    (root / "incoming").symlink_to(tmp_path / "project")
    with Library(root) as library:
        id = claim(library)
    connection = sqlite3.connect(root / "library.db")
    with connection:
        connection.execute("UPDATE generation SET session = ?", (str(tmp_path / "uv"),))
    connection.close()

    with Library(root) as library:
        assert library.wait(id, Cancel(), timeout=0)
        draw(library)

    assert all(path.exists() and path.read_text() == "mine" for path in before)


def test_kernels_with_other_settings_open_the_same_library(library: Library) -> None:
    """Whoever comes second and wants another journal takes the one that is in use."""
    drawn = draw(library)

    def act(say: Callable[[str], None]) -> None:
        with Library(library.path, journal="delete", busy_timeout=0.2) as other:
            say(other.generation(drawn.id).id)

    assert Child(act).end() == (0, [drawn.id])


def test_who_can_only_read_sees_what_the_owner_adds(tmp_path: Path) -> None:
    """A colleague's kernel that stays open finds tomorrow's pictures."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    with Library(mine) as library:
        draw(library)
    theirs.mkdir()
    mount("--bind", str(mine), str(theirs))
    try:
        mount("-o", "remount,bind,ro", str(theirs))
        with Library(theirs) as reader:
            assert len(reader) == 1
            for count in (2, 3):
                with Library(mine) as library:
                    new = draw(library, FOX, png(count))
                assert len(reader) == count
                assert reader.answer(FOX.fingerprint()) == new
    finally:
        subprocess.run(["umount", "-l", str(theirs)], check=True)


def test_rows_that_cannot_be_read_here_are_not_taken_for_old_ones(tmp_path: Path) -> None:
    """A copy of a new library that was not closed, on a read-only disk, says what to do."""
    copied = tmp_path / "copy"
    with Library(tmp_path / "new") as library:
        draw(library)
        shutil.copytree(library.path, copied, ignore=shutil.ignore_patterns("*-shm"))

    with read_only(copied), pytest.raises(LibraryReadOnly, match=r"library\.db-wal"):
        Library(copied)
    with Library(copied) as again:
        assert len(again) == 1
