"""A notebook, its lock and the library are held against each other; what differs is named with its cell and the way out."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.config import Embed
from imgnb.pictures import bundle
from imgnb.records import Asset, Generation
from imgnb.records.lock import lock_path
from imgnb.reports.locking import lock_of
from imgnb.reports.verifying import verify
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Canned
from .notebooks import cell, draw, serve_colours, write

Edit = Callable[[dict[str, Any]], None]
FOX = "%%imagegen --size 1024x640 --quality low\na red fox"


class Report:
    """A locked notebook with two pictures, of a fox and a hare."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self.workspace, self.path = workspace, path
        self.fox, self.hare = draw(workspace), draw(workspace, "a hare")
        self.write(self.fox_cell(), cell("hare", self.hare))
        self.lock()

    def fox_cell(self, shown: Generation | None = None, source: str = FOX, **facts: Any) -> dict[str, Any]:
        return cell("fox", shown or self.fox, source=source, **facts)

    def write(self, *cells: dict[str, Any]) -> None:
        write(self.path, *cells)

    def lock(self) -> None:
        lock_of(self.path, self.workspace.library)[0].write(lock_path(self.path))

    def edit_lock(self, edit: Edit) -> None:
        record = json.loads(lock_path(self.path).read_text())
        edit(record)
        lock_path(self.path).write_text(json.dumps(record))

    def found(self) -> list[tuple[str, str | None]]:
        """The kinds of what is found, and its cells."""
        return [(one.kind, one.cell) for one in verify(self.path, self.workspace.library).findings]

    def said(self) -> str:
        """The only sentence, and its way out."""
        (one,) = verify(self.path, self.workspace.library).findings
        return f"{one.message} -> {one.way_out}"


@pytest.fixture
def report(open_workspace: OpenWorkspace, canned: Canned, tmp_path: Path) -> Report:
    """A locked notebook; each answer of its route is another picture."""
    return Report(open_workspace(serve_colours(canned)), tmp_path / "report.ipynb")


def test_a_notebook_as_it_was_locked_is_well(report: Report) -> None:
    """Also with its cells in another order, a copy of a cell's request in another cell aside."""
    assert verify(report.path, report.workspace.library)
    report.write(cell("text", source="1 + 1"), cell("hare", report.hare), report.fox_cell())

    found = verify(report.path, report.workspace.library)

    assert (bool(found), found.cells, found.pictures) == (True, 2, 2)


def test_another_picture_than_the_pinned_one_is_found(report: Report) -> None:
    """A cell was run again in mode live."""
    newer = draw(report.workspace, mode="live")
    report.write(report.fox_cell(newer), cell("hare", report.hare))

    assert report.found() == [("output", "fox")]
    assert report.said() == (
        f"its output shows @{newer.asset.sha256[:12]}, and the lock pins @{report.fox.asset.sha256[:12]}"
        f" -> run the cell again, or lock it anew: imgnb lock {report.path}"
    )


def test_outputs_that_went_or_came_are_found(report: Report) -> None:
    """Each by its number."""
    report.write(cell("fox", report.fox, report.hare), cell("hare", report.hare))
    assert report.said().startswith(f"output 2 shows @{report.hare.asset.sha256[:12]}, which is not locked")

    report.lock()
    report.write(report.fox_cell(), cell("hare", report.hare))
    assert report.said().startswith(f"output 2 is gone: the lock pins @{report.hare.asset.sha256[:12]}")


def test_a_picture_of_another_request_is_found(report: Report) -> None:
    """Somebody wrote another fingerprint into the output."""
    report.write(report.fox_cell(fingerprint="r1:other"), cell("hare", report.hare))

    assert report.found() == [("output", "fox")]


def test_cells_that_came_or_went_are_found(report: Report) -> None:
    """A cell with pictures that is not locked, one that was not run, and one that was deleted."""
    report.write(report.fox_cell(), cell("new", report.hare), cell("waiting", source=FOX))

    assert report.found() == [("new", "new"), ("not-run", "waiting"), ("gone", "hare")]


def test_a_copied_cell_has_an_id_of_its_own(report: Report) -> None:
    """The same id twice is invalid; the same request in two cells is fine once it is locked."""
    report.write(report.fox_cell(), report.fox_cell(), cell("hare", report.hare))
    assert report.found() == [("twice", "fox")]

    report.write(report.fox_cell(), cell("copy", report.fox), cell("hare", report.hare))
    assert report.found() == [("new", "copy")]
    report.lock()
    assert report.found() == []


def test_cleared_outputs_are_found(report: Report) -> None:
    """The pinned pictures are still there to be brought back."""
    report.write(cell("fox", source=FOX), cell("hare", report.hare))

    assert report.found() == [("cleared", "fox")]
    assert "mode replay" in report.said()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(FOX.replace("red", "blue"), "another prompt than is pinned: a [-red-] {+blue+} fox", id="word"),
        pytest.param(FOX.replace("red", "{{ colour }}"), "[-red-] {+{{ colour }}+} fox", id="template"),
        pytest.param(f"#| label: fig\n{FOX}\n", None, id="hoisted"),
        pytest.param("imgnb.generate(prompt)", None, id="python"),
    ],
)
def test_a_prompt_that_was_changed_since_is_found(report: Report, source: str, said: str | None) -> None:
    """Where it can be told without running the cell."""
    report.write(report.fox_cell(source=source), cell("hare", report.hare))

    assert report.found() == ([("source", "fox")] if said else [])
    assert said is None or said in report.said()


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        pytest.param("a {{ colour }} owl", [], id="as-it-was"),
        pytest.param("a grey owl", [], id="filled-in"),
        pytest.param("a {{ colour }} {{ bird }}", [("source", "owl")], id="more"),
        pytest.param("a white owl", [("source", "owl")], id="other-words"),
    ],
)
def test_a_template_is_held_against_the_stored_one(report: Report, prompt: str, found: list[tuple[str, str]]) -> None:
    """What it would be filled with, only running tells."""
    owl = draw(report.workspace, "a {{ colour }} owl", variables={"colour": "grey"})
    report.write(
        report.fox_cell(), cell("hare", report.hare), cell("owl", owl, source=f"{FOX.splitlines()[0]}\n{prompt}")
    )
    report.lock()

    assert report.found() == found


LINE = FOX.splitlines()[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(LINE.replace("1024x640", "640x1024"), "size: '640x1024' asked, '1024x640' pinned", id="size"),
        pytest.param(LINE.replace("quality low", "quality=high"), "quality: 'high' asked, 'low' pinned", id="quality"),
        pytest.param(f"{LINE} -m gpt-image-1", "model: 'gpt-image-1' asked, nothing pinned", id="model"),
        pytest.param(f"{LINE} -n 2", "n: 2 asked, nothing pinned", id="n"),
        pytest.param(f"{LINE} --background opaque", "background: 'opaque' asked, nothing pinned", id="background"),
        pytest.param(f"{LINE} --cutout", "cutout: True asked, nothing pinned", id="flag"),
        pytest.param(f"{LINE} --svg {{'a':1}}", "svg: {'a': 1} asked, nothing pinned", id="json"),
        pytest.param(f"{LINE} -p hd=true", "hd: True asked, nothing pinned", id="extra"),
        pytest.param("%%imagegen -s 1024x640", "quality: nothing asked, 'low' pinned", id="taken-away"),
        pytest.param("%%imagegen", "size: nothing asked, '1024x640' pinned; quality: nothing asked", id="all-away"),
        pytest.param(LINE.replace("gen", "edit @x"), "operation: 'edit' asked, 'generate' pinned", id="magic"),
        pytest.param(LINE.replace("gen", "chat"), "operation: 'converse' asked, 'generate' pinned", id="chat"),
        pytest.param(f"{LINE} --mask alpha", "mask: one asked, none pinned", id="mask"),
        pytest.param(f"{LINE} --continue last", "answer to go on from: one asked, none pinned", id="continue"),
    ],
)
def test_an_option_that_asks_for_something_else_is_found(report: Report, line: str, said: str) -> None:
    """Whether it was changed, added or taken away since."""
    report.write(report.fox_cell(source=f"{line}\na red fox"), cell("hare", report.hare))

    assert report.found() == [("source", "fox")]
    assert f"it asks otherwise than is pinned: {said}" in report.said()
    assert report.said().endswith(f"take it back, or run it and then lock it anew: imgnb lock {report.path}")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("%%imagegen -q low --size=1024X640", id="other-spelling"),
        pytest.param(f'{LINE} --caption "A fox" --alt fox --figure fox --name fox -o fox --embed full', id="shown"),
        pytest.param(f"{LINE} --mode live --route other --via images --fallback a,b --take 2 --composite", id="met"),
        pytest.param(f"{LINE} --moderation low --no-stream --partial-images 3 --user me", id="carried"),
        pytest.param("%%imagegen -q low --size $size -m {model} -p a={b}", id="variables"),
        pytest.param(f"{LINE} --sizes 640x1024", id="no-option"),
        pytest.param(f"{LINE} -n many", id="no-number"),
        pytest.param(f'{LINE} --size "640x1024', id="no-quote"),
        pytest.param(f"{LINE} -n 2 --dry-run", id="dry-run"),
    ],
)
def test_a_line_that_may_ask_for_the_same_is_no_finding(report: Report, line: str) -> None:
    """What is not part of the request does not count, and what only running would tell is not guessed."""
    report.write(report.fox_cell(source=f"{line}\na red fox"), cell("hare", report.hare))

    assert report.found() == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("%%imageedit @hare --size 1024x640 --quality low", [], id="as-it-was"),
        pytest.param("%%imageedit $hare other.png --size 1024x640 --quality low", [], id="other-words"),
        pytest.param(
            "%%imageedit @hare --size 640x1024 --quality low", ["size: '640x1024' asked, '1024x640' pinned"], id="size"
        ),
        pytest.param(
            "%%imageedit @hare --size 1024x640 --quality low --input-fidelity high",
            ["input_fidelity: 'high' asked, nothing pinned"],
            id="fidelity",
        ),
        pytest.param(LINE, ["operation: 'generate' asked, 'edit' pinned"], id="magic"),
    ],
)
def test_the_options_of_an_edit_are_held_against_the_stored_one(report: Report, line: str, found: list[str]) -> None:
    """Which pictures its words lead to is left open."""
    edit = draw(report.workspace, "with a hat", images=[report.hare.asset])
    report.write(report.fox_cell(), cell("hare", report.hare), cell("hat", edit, source=f"{line}\nwith a hat"))
    report.lock()

    said = [one.message for one in verify(report.path, report.workspace.library).findings]

    assert said == [f"it asks otherwise than is pinned: {one}" for one in found]


def test_the_mask_of_an_edit_is_missed_where_the_line_names_none(report: Report) -> None:
    """It would change the whole picture."""
    edit = draw(report.workspace, "with a hat", images=[report.hare.asset], mask="box:10,10,30,30")
    masked = "%%imageedit @hare --mask box:10,10,30,30 --size 1024x640 --quality low\nwith a hat"
    report.write(report.fox_cell(), cell("hare", report.hare), cell("hat", edit, source=masked))
    report.lock()
    assert report.found() == []

    bare = masked.replace(" --mask box:10,10,30,30", "")
    report.write(report.fox_cell(), cell("hare", report.hare), cell("hat", edit, source=bare))
    assert report.said().startswith("it asks otherwise than is pinned: mask: none asked, one pinned")


def test_a_changed_prompt_is_found_without_the_library(
    report: Report, open_workspace: OpenWorkspace, tmp_path: Path
) -> None:
    """The lock has the beginning of what was asked."""
    report.write(report.fox_cell(source=FOX.replace("red", "blue")), cell("hare", report.hare))
    empty = open_workspace(library=tmp_path / "empty").library

    assert [(one.kind, one.cell) for one in verify(report.path, empty).findings] == [
        ("source", "fox"),
        ("missing", "fox"),
        ("missing", "hare"),
    ]


def test_what_is_missing_damaged_or_thrown_away_is_found(report: Report) -> None:
    """By its hash, and the cell that needs it."""
    report.fox.asset.path.unlink()
    report.workspace.library.trash(report.hare.asset)
    assert report.found() == [("missing", "fox"), ("trashed", "hare")]

    data = bytearray(report.hare.asset.path.read_bytes())
    data[-20] ^= 1  # the size stays the same
    report.hare.asset.path.write_bytes(data)
    assert report.found() == [("missing", "fox"), ("damaged", "hare")]


def test_an_answer_that_is_not_stored_is_found(report: Report) -> None:
    """The picture alone does not replay: the library must know that it answers this request."""
    report.write(report.fox_cell(fingerprint="r1:unknown", source=""), cell("hare", report.hare))
    report.lock()

    assert report.found() == [("no-answer", "fox")]


def pinned(record: dict[str, Any], at: int = 0) -> dict[str, Any]:
    asset: dict[str, Any] = record["cells"][at]["pins"][0]["assets"][0]
    return asset


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        pytest.param(lambda lock: pinned(lock).update(bytes=5), [("edited", "fox")], id="bytes"),
        pytest.param(lambda lock: pinned(lock).update(media_type="image/webp"), [("edited", "fox")], id="media-type"),
        pytest.param(lambda lock: pinned(lock).update(width=5), [("edited", "fox")], id="width"),
        pytest.param(
            lambda lock: pinned(lock).update(sha256="f" * 64), [("output", "fox"), ("missing", "fox")], id="hash"
        ),
        pytest.param(lambda lock: lock.update(notebook="other.ipynb"), [("name", None)], id="other-notebook"),
        pytest.param(lambda lock: lock["cells"][0].update(cell="x"), [("new", "fox"), ("gone", "x")], id="other-cells"),
        pytest.param(lambda lock: lock.update(imgnb_lock=2), [("lock", None)], id="newer"),
        pytest.param(lambda lock: lock.update(cells=3), [("lock", None)], id="broken"),
    ],
)
def test_a_lock_that_was_edited_is_found(report: Report, edit: Edit, found: list[tuple[str, str | None]]) -> None:
    """What it says is held against notebook and library."""
    report.edit_lock(edit)

    assert report.found() == found


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param({"cost": 0.01}, "its cost is 0.01, not ", id="cost"),
        pytest.param({"model": "x"}, "its model is 'x', not 'gpt-image", id="model"),
        pytest.param({"route": "x"}, "its route is 'x', not 'test'", id="route"),
        pytest.param({"operation": "edit"}, "its operation is 'edit', not 'generate'", id="operation"),
        pytest.param({"prompt": "a blue fox"}, "its prompt is 'a blue fox', not 'a red fox'", id="prompt"),
        pytest.param({"inputs": ["f" * 64]}, "its inputs is ('ffff", id="inputs"),
        pytest.param({"take": 7}, "its take is 7, not 1", id="take"),
        pytest.param({"currency": "EUR"}, "its currency is 'EUR', not ", id="currency"),
        pytest.param({"generation": "HARE"}, "which answers another request", id="generation"),
        pytest.param({"generation": "x"}, "the id 'x', which no generation can have", id="no-id"),
        pytest.param({"generation": "01kb00000000000000000000fx"}, "which no generation can have", id="small-letters"),
    ],
)
def test_what_a_lock_says_of_an_answer_is_held_against_the_library(
    report: Report, edit: dict[str, Any], said: str
) -> None:
    """A cost, a model or a prompt that was edited by hand is found, whoever reviews the lock."""
    edit = {name: report.hare.id if value == "HARE" else value for name, value in edit.items()}
    report.edit_lock(lambda lock: lock["cells"][0]["pins"][0].update(edit))

    assert report.found() == [("edited", "fox")]
    assert said in report.said()
    assert report.said().endswith("take the lock from version control, or write it anew: imgnb lock NOTEBOOK")


def test_the_id_of_another_take_is_found(report: Report) -> None:
    """It answers the same request, but not with the pictures that are pinned."""
    newer = draw(report.workspace, mode="live")
    report.edit_lock(lambda lock: lock["cells"][0]["pins"][0].update(generation=newer.id, take=None))

    assert report.found() == [("edited", "fox")]
    assert f"{newer.id!r}, which answers with other pictures: @{report.fox.id} has these" in report.said()

    newer.asset.path.unlink()  # what it answered with, nobody knows now
    assert report.found() == []


def test_an_id_that_cannot_be_is_found_without_the_library(
    report: Report, open_workspace: OpenWorkspace, tmp_path: Path
) -> None:
    """And is not locked anew from an output that says it."""
    report.edit_lock(lambda lock: lock["cells"][0]["pins"][0].update(generation="my fox"))
    empty = open_workspace(library=tmp_path / "empty").library
    kinds = [(one.kind, one.cell) for one in verify(report.path, empty).findings]
    assert ("edited", "fox") in kinds
    assert ("edited", "hare") not in kinds

    report.write(report.fox_cell(generation="my fox"), cell("hare", report.hare))
    report.lock()
    assert report.found() == []


def test_what_a_lock_does_not_say_is_no_fault(report: Report) -> None:
    """A reader without the library locks what the outputs say; that the library says more later is no finding."""
    names = ("operation", "prompt", "cost", "currency", "model", "route", "take")
    report.edit_lock(lambda lock: [lock["cells"][0]["pins"][0].pop(name, None) for name in names])
    assert report.found() == []

    report.edit_lock(lambda lock: lock["cells"][0]["pins"][0].update(generation="01KB00000000000000000000FX"))
    assert report.found() == []


def shown(assets: Sequence[Asset], embed: Embed = "preview", **swapped: Any) -> dict[str, Any]:
    """A cell's output with these pictures, as it is shown; or with the bytes of another."""
    facts = {"assets": [one.sha256 for one in assets]}
    data, metadata = bundle(assets, alt="", facts=facts, embed=embed)
    return {"output_type": "display_data", "data": {**data, **swapped}, "metadata": metadata}


def again(output: dict[str, Any]) -> str:
    """The picture of an output, encoded by another version of the codec, smaller and worse."""
    picture = Image.open(BytesIO(b64decode(output["data"]["image/jpeg"])))
    worse = BytesIO()
    picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(worse, "JPEG", quality=35)
    return b64encode(worse.getvalue()).decode()


@pytest.mark.parametrize("embed", ["preview", "full", "none"])
@pytest.mark.parametrize("count", [1, 2], ids=["picture", "sheet"])
def test_the_picture_that_is_embedded_is_held_against_what_is_said(
    open_workspace: OpenWorkspace, tmp_path: Path, embed: Embed, count: int
) -> None:
    """Whether preview, full picture, sheet or none; another picture in its place is found, another encoding of it is not."""
    workspace = open_workspace()
    assets = [draw(workspace, prompt).asset for prompt in ("a red fox", "a grey hare")][:count]
    other = draw(workspace, "a black cat").asset
    path = tmp_path / "report.ipynb"

    def found(output: dict[str, Any]) -> list[str]:
        write(path, {**cell("a"), "outputs": [output]})
        lock_of(path, workspace.library)[0].write(lock_path(path))
        return [one.message for one in verify(path, workspace.library).findings]

    good, preview = shown(assets, embed), shown(assets)
    assert found(good) == found(preview) == found({**preview, "data": {"image/jpeg": again(preview)}}) == []
    told = "and says that it shows " + ", ".join(f"@{one.sha256[:12]}" for one in assets)
    for swapped in ("preview", "full"):
        swap = {name: value for name, value in shown([other], swapped)["data"].items() if name != "text/plain"}
        what = f"@{other.sha256[:12]}" if swapped == "full" else "another picture"
        assert found({**good, "data": swap}) == [f"its output embeds {what}, {told}"]


def test_a_lock_that_is_missing_is_found(report: Report, tmp_path: Path) -> None:
    """Also where the cells were not run yet, unless there is nothing to be locked; one that was named has to be there."""
    lock_path(report.path).unlink()
    assert report.found() == [("no-lock", None)]

    report.write(cell("fox", source=FOX))
    assert report.found() == [("no-lock", None)]
    assert report.said().endswith(f"its cells show no pictures -> run them, save, then imgnb lock {report.path}")

    report.write(cell("a", source="1 + 1"))
    assert report.found() == []
    (missing,) = verify(report.path, report.workspace.library, tmp_path / "gone.lock").findings
    assert missing.message == f"there is no lock {tmp_path / 'gone.lock'}, which the setting lock names"


@pytest.mark.parametrize("path", [".", "..", "/", "x" * 250 + ".ipynb", "gone.ipynb"])
def test_odd_paths_are_no_notebooks(report: Report, path: str) -> None:
    """A sentence, and no traceback."""
    (one,) = verify(Path(path), report.workspace.library).findings

    assert (one.kind, "is not a notebook" in one.message) == ("notebook", True)


def test_what_is_no_notebook_is_found(report: Report) -> None:
    """Others that are verified with it are looked at all the same."""
    report.path.write_text("[]")

    assert report.found() == [("notebook", None)]


def test_notebooks_of_one_name_have_their_own_locks(report: Report, tmp_path: Path) -> None:
    """In different folders."""
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other" / "report.ipynb", cell("hare", report.hare))
    lock_of(other, report.workspace.library)[0].write(lock_path(other))

    assert verify(other, report.workspace.library)
    assert report.found() == []
