"""A report leaves as one zip: with what it is pinned to, and with nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from imgnb.errors import AssetNotFound, LockInvalid, NotebookInvalid
from imgnb.records.lock import parse_lock
from imgnb.reports.locking import lock_of
from imgnb.reports.packing import pack
from imgnb.workspace import Workspace

from ...pictures.sample_pictures import encoded, soft
from .travelling import code, drawn, draws, files, output, read, write


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def records(path: Path, kind: str) -> list[dict]:
    lines = map(json.loads, members(path)["records.jsonl"].splitlines())
    return [line for line in lines if line["record"] == kind]


def test_it_holds_just_what_the_report_needs(home: Workspace, report: Path, packed: Path) -> None:
    """The notebook as it is, its lock, the file it reads, and the pictures of its cells and of what went in."""
    found = members(packed)
    outside = {name: data for name, data in found.items() if name.startswith("notebook/")}

    assert outside.keys() == {
        "notebook/report.ipynb",
        "notebook/report.imgnb.lock",
        "notebook/files/figs/photo.png",
    }
    assert outside["notebook/report.ipynb"] == report.read_bytes()
    assert outside["notebook/files/figs/photo.png"] == (report.parent / "figs" / "photo.png").read_bytes()
    lock = parse_lock(outside["notebook/report.imgnb.lock"].decode())
    assert [cell for cell, _ in lock.pins()] == ["hero", "night", "photo"]
    assert {row["prompt"] for row in records(packed, "generation")} == {"a lighthouse", "at night", "in winter"}
    assert [row["name"] for row in records(packed, "name")] == ["hero"]
    assert not any(name.startswith(("thumbs/", "index.html")) for name in found)


def test_pictures_are_stored_as_they_are(packed: Path) -> None:
    """They do not get smaller, and take no time."""
    with zipfile.ZipFile(packed) as archive:
        kinds = {info.compress_type for info in archive.infolist() if info.filename.startswith(("blobs/", "notebook/"))}

    assert kinds == {zipfile.ZIP_STORED}


def test_the_same_report_gives_the_same_zip(home: Workspace, report: Path, packed: Path) -> None:
    """Byte for byte; by default it lies beside the notebook."""
    again = pack(report, home.library)

    assert again.path == report.with_suffix(".zip")
    assert again.path.read_bytes() == packed.read_bytes()
    assert (again.notebook, again.cells, again.generations, again.files) == ("report.ipynb", 3, 3, ("figs/photo.png",))
    assert again.notes == ()


def test_it_is_a_bundle(packed: Path, reader: Workspace) -> None:
    """Who only wants the pictures imports it; what lies below `notebook/` is passed over."""
    assert reader.library.import_(packed).generations == 3
    assert reader.library.asset("@hero")


def test_ancestors_go_along_on_request(home: Workspace, report: Path, tmp_path: Path) -> None:
    """What the hero was made of is no part of the report, unless it is asked for."""
    old = drawn(home, "a sketch")
    edit = drawn(home, "the sketch in oil", images=[old.asset])
    last = drawn(home, "the oil, cropped", images=[edit.asset])
    write(report, [draws(last, "last")])

    few = pack(report, home.library, tmp_path / "few.zip")
    all_ = pack(report, home.library, tmp_path / "all.zip", ancestors=True)

    assert (few.generations, all_.generations) == (1, 3)
    assert (few.assets, all_.assets) == (2, 3)


def test_a_generation_that_is_named_by_its_id_goes_along(home: Workspace, report: Path, tmp_path: Path) -> None:
    """Its address would lead nowhere else."""
    old = drawn(home, "a sketch")
    edit = drawn(home, "in oil", images=[f"@{old.id}"])
    write(report, [draws(edit, "oil")])

    pack(report, home.library, tmp_path / "out.zip")

    assert {row["id"] for row in records(tmp_path / "out.zip", "generation")} == {old.id, edit.id}


def test_what_a_name_meant_before_stays_before(
    home: Workspace, report: Path, reader: Workspace, tmp_path: Path
) -> None:
    """`@hero~1` is counted back from what the name means now, which goes along, too."""
    old, new = drawn(home, "old"), drawn(home, "new")
    home.library.name(old, "logo")
    home.library.name(new, "logo")
    write(report, [draws(drawn(home, "in oil", images=["@logo~1"]), "oil")])

    reader.library.import_(pack(report, home.library, tmp_path / "out.zip").path)

    assert reader.library.asset("@logo~1").sha256 == old.asset.sha256


def test_a_picture_that_is_only_shown_goes_along(home: Workspace, report: Path, tmp_path: Path) -> None:
    """It was given, not made."""
    photo = home.library.add(encoded(soft(), "PNG"), source="photo")
    write(report, [code("photo", output(photo), id="shows")])

    done = pack(report, home.library, tmp_path / "out.zip")

    assert (done.generations, done.assets) == (0, 1)


def test_the_lock_that_lies_there_goes_along(home: Workspace, report: Path, tmp_path: Path) -> None:
    """With outputs cleared, it alone says what the report is pinned to."""
    lock_of(report, home.library)[0].write(report.parent / "report.imgnb.lock")
    write(report, [{**cell, "outputs": []} for cell in read(report)])

    done = pack(report, home.library, tmp_path / "out.zip")

    assert done.generations == 3
    written = (report.parent / "report.imgnb.lock").read_bytes()
    assert members(done.path)["notebook/report.imgnb.lock"] == written


def test_a_lock_that_says_otherwise_is_refused(home: Workspace, report: Path, tmp_path: Path) -> None:
    """Which of the two is meant is not for us to say; nothing is written."""
    lock_of(report, home.library)[0].write(report.parent / "report.imgnb.lock")
    write(report, [draws(drawn(home, "another"), "hero"), *read(report)[1:]])

    with pytest.raises(LockInvalid, match="cell hero shows other pictures"):
        pack(report, home.library, tmp_path / "out.zip")

    assert not (tmp_path / "out.zip").exists()


def test_two_cells_of_one_id_are_refused(home: Workspace, report: Path, tmp_path: Path) -> None:
    """As by lock and verify; with a lock, too."""
    lock, cells = lock_of(report, home.library)[0], read(report)
    write(report, [*cells, cells[0]])

    with pytest.raises(LockInvalid, match="two cells with pictures have the id 'hero'"):
        pack(report, home.library, tmp_path / "out.zip")
    lock.write(report.with_name("report.imgnb.lock"))
    write(report, [*cells, {**cells[0], "outputs": []}])
    with pytest.raises(LockInvalid, match="2 cells have the id hero"):
        pack(report, home.library, tmp_path / "out.zip")

    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
def test_cells_without_their_pictures_are_refused(home: Workspace, report: Path, tmp_path: Path, locked: bool) -> None:
    """Never run, or cleared: they are named, with the way out, and nothing is written."""
    if locked:
        lock_of(report, home.library)[0].write(report.with_name("report.imgnb.lock"))
    fresh = code("%%imagegen\na windmill", id="windmill")
    write(report, [*({**cell, "outputs": []} for cell in read(report)), fresh, code("1 + 1", id="sum")])

    with pytest.raises(LockInvalid) as caught:
        pack(report, home.library, tmp_path / "out.zip")

    named = "the lock does not name them: windmill" if locked else "there is no lock: hero, night, photo, windmill"
    assert caught.value.message.endswith(named)
    assert "imgnb repair" in caught.value.hint
    assert not (tmp_path / "out.zip").exists()


def test_cells_that_have_no_picture_to_show_are_packed(home: Workspace, report: Path, tmp_path: Path) -> None:
    """Those that failed, and those that only say what would be sent."""
    error = {"output_type": "error", "ename": "SizeUnsupported", "evalue": "", "traceback": []}
    cells = [code("%%imagegen --dry-run\na mill", id="dry"), code("%%imagegen\na mill", error, id="failed")]
    write(report, [*read(report), *cells])

    assert pack(report, home.library, tmp_path / "out.zip").cells == 3


def test_a_folder_that_is_not_there_is_not_made(home: Workspace, report: Path, tmp_path: Path) -> None:
    """As by `imgnb report`: it may be a slip of the pen."""
    with pytest.raises(NotebookInvalid, match="there is no such folder"):
        pack(report, home.library, tmp_path / "none" / "out.zip")

    assert not (tmp_path / "none").exists()


def gone(home: Workspace, report: Path) -> str:
    home.library.asset("@hero").path.unlink()
    return "bytes of @"


def thrown_away(home: Workspace, report: Path) -> str:
    home.library.trash(home.library.asset("@hero"))
    return "in the trash"


def elsewhere(home: Workspace, report: Path) -> str:
    cells = read(report)
    cells[0]["outputs"][0]["metadata"]["imgnb"]["assets"] = ["ab" * 32]
    write(report, cells)
    return "@abababababab is not in the library"


@pytest.mark.parametrize("harm", [gone, thrown_away, elsewhere])
def test_a_pinned_picture_that_is_missing_is_named(home, report, tmp_path, harm) -> None:
    """A pack has no hole: it is refused, with the cell, and nothing is written."""
    message = harm(home, report)

    with pytest.raises(AssetNotFound, match=rf"{message}.*\(cell hero\)"):
        pack(report, home.library, tmp_path / "out.zip")

    assert not list(tmp_path.glob("*.zip")) + list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda photo: photo.write_bytes(b"other"), "not beside the notebook as it was then"),
        (lambda photo: photo.unlink(), "not beside the notebook as it was then"),
    ],
    ids=["changed", "gone"],
)
def test_a_file_that_is_not_what_went_in_is_told(home, report, tmp_path, change, note) -> None:
    """The report is whole, but running it would ask for something else."""
    change(report.parent / "figs" / "photo.png")

    done = pack(report, home.library, tmp_path / "out.zip")

    assert done.files == ()
    assert done.notes == (f"cell photo reads figs/photo.png, which is {note}",)


def test_files_from_elsewhere_stay_at_home(home: Workspace, report: Path, tmp_path: Path) -> None:
    """By an absolute path, through `..` or a link: their pictures go along in the library, their places do not."""
    outside = tmp_path / "outside.png"
    outside.write_bytes(encoded(soft(size=(320, 200)), "PNG"))
    (report.parent / "linked.png").symlink_to(outside)
    sources = [str(outside), "../outside.png", "linked.png"]
    write(report, [draws(drawn(home, f"edit {n}", images=[one]), f"c{n}") for n, one in enumerate(sources)])

    done = pack(report, home.library, tmp_path / "out.zip")

    assert done.files == ()
    assert len(done.notes) == 3
    assert str(tmp_path) not in "".join(done.notes)
    assert str(tmp_path).encode() not in members(done.path)["records.jsonl"]


def test_a_notebook_of_another_kernel_is_packed(home: Workspace, report: Path, tmp_path: Path) -> None:
    """Nothing of it is run: whatever its language, its outputs say what it shows."""
    notebook = json.loads(report.read_text(encoding="utf-8"))
    notebook["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    report.write_text(json.dumps(notebook), encoding="utf-8")

    assert pack(report, home.library, tmp_path / "out.zip").generations == 3


def test_a_report_without_pictures_says_so(home: Workspace, report: Path, tmp_path: Path) -> None:
    """It is packed all the same."""
    write(report, [code("1 + 1", id="sum")])

    assert pack(report, home.library, tmp_path / "out.zip").notes == ("the notebook shows no picture of imgnb",)


@pytest.mark.parametrize(
    "text", ["no json", '{"worksheets": [], "nbformat": 3}', "[]", "\ud800".encode("utf-8", "surrogatepass")], ids=str
)
def test_what_is_no_notebook_is_refused(home: Workspace, report: Path, text: str | bytes) -> None:
    """With its name; nothing is written."""
    report.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(NotebookInvalid, match=r"report\.ipynb is not a notebook"):
        pack(report, home.library)

    assert files(report.parent).keys() == {"report.ipynb", "figs/photo.png"}


def test_a_target_that_is_no_zip_is_refused(home: Workspace, report: Path) -> None:
    """Above all the notebook itself."""
    with pytest.raises(NotebookInvalid, match="no place for a pack"):
        pack(report, home.library, report)
