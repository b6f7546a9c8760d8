"""A lock file: what it says, how it is read back, and what is not taken for one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import LockInvalid
from imgnb.records.lock import BIGGEST, Lock, LockedCell, Pin, PinnedAsset, lock_path, parse_lock, read_lock

HASH, OTHER = "a" * 64, "b" * 64
FOX = Pin(
    (PinnedAsset(HASH, "image/png", 1234, 1024, 640),),
    fingerprint="r1:fox",
    generation="01KB00000000000000000000FX",
    take=2,
    operation="edit",
    route="openai",
    model="gpt-image-1",
    prompt="ein Füchs 🦊",
    inputs=(OTHER,),
    cost=0.04,
    currency="USD",
)
SHOWN = Pin((PinnedAsset(OTHER, "image/svg+xml", 10),))
LOCK = Lock("report.ipynb", (LockedCell("first", (FOX, SHOWN)), LockedCell("4", (SHOWN,))), "1.0")


def edited(*path: str | int, to: Any) -> str:
    """The lock's text, with one place in it changed, or with `...` removed, by hand."""
    record = json.loads(LOCK.text())
    at = record
    for step in path[:-1]:
        at = at[step]
    if to is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return json.dumps(record)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Every field of every pin survives the file."""
    LOCK.write(tmp_path / "report.imgnb.lock")

    found = read_lock(tmp_path / "report.imgnb.lock")

    assert (found, found.imgnb) == (LOCK, "1.0")


def test_a_lock_diffs_well() -> None:
    """Keys are sorted, each value has a line of its own, and letters stay letters; so one new picture changes few lines."""
    text = LOCK.text()
    other = replace(FOX, assets=(replace(FOX.assets[0], sha256=OTHER),))
    changed = replace(LOCK, cells=(LockedCell("first", (other, SHOWN)), LOCK.cells[1])).text()

    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "ein Füchs 🦊" in text
    assert [one for one in zip(text.splitlines(), changed.splitlines(), strict=True) if one[0] != one[1]] == [
        (f'       "sha256": "{HASH}",', f'       "sha256": "{OTHER}",')
    ]


def test_a_lock_that_says_the_same_is_not_written_again(tmp_path: Path) -> None:
    """Its file stays the very same, so that whoever watches it reads nothing anew."""
    path = tmp_path / "report.imgnb.lock"
    LOCK.write(path)
    before = path.stat()

    LOCK.write(path)

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_lock_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """What the link points to is replaced, not the link."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "report.imgnb.lock"
    link.symlink_to(tmp_path / "real" / "kept.lock")

    LOCK.write(link)

    assert link.is_symlink()
    assert read_lock(tmp_path / "real" / "kept.lock") == LOCK


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors on Windows put one there."""
    path = tmp_path / "report.imgnb.lock"
    path.write_bytes(b"\xef\xbb\xbf" + LOCK.text().encode())

    assert read_lock(path) == LOCK


def test_a_lock_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(LockInvalid, match=r"gone/report.imgnb.lock cannot be written: No such file"):
        LOCK.write(tmp_path / "gone" / "report.imgnb.lock")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("report.ipynb", '{"cells": [], "nbformat" : 4}', id="notebook"),
        pytest.param("report.imgnb.lock", '{"cells": [], "nbformat": 4}', id="notebook-by-another-name"),
        pytest.param("report.ipynb", r'{"nbformat": 4, "cells": [{"source": "{\"imgnb_lock\": 1}"}]', id="of-locks"),
        pytest.param("poetry.lock", "[[package]]", id="lock-of-others"),
        pytest.param("data.json", r'{"a": "{\"imgnb_lock\": 1}"}', id="text"),
    ],
)
def test_what_is_no_lock_is_not_overwritten(tmp_path: Path, name: str, text: str) -> None:
    """Not even through a link that is called like one."""
    path, link = tmp_path / name, tmp_path / "link.imgnb.lock"
    path.write_text(text)
    link.symlink_to(path)

    for target in (path, link):
        with pytest.raises(LockInvalid, match="and is not overwritten") as caught:
            LOCK.write(target)

    assert "imgnb lock NOTEBOOK -o PATH" in caught.value.hint
    assert path.read_text() == text
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([name, link.name])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("report.imgnb.lock", "<<<<<<< HEAD\n", id="broken-by-a-merge"),
        pytest.param("kept.lock", f"<<<<<<< HEAD\n{LOCK.text()}", id="broken-elsewhere"),
        pytest.param("report.imgnb.lock", '{"cells": []}', id="edited"),
        pytest.param("kept.lock", "", id="empty"),
    ],
)
def test_a_broken_lock_is_overwritten(tmp_path: Path, name: str, text: str) -> None:
    """Writing it anew is the way out that is told."""
    (tmp_path / name).write_text(text)

    LOCK.write(tmp_path / name)

    assert read_lock(tmp_path / name) == LOCK


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """A pipe, a device and a folder stay what they are."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")

    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null"), tmp_path / "loop" / "x.lock"):
        with pytest.raises(LockInvalid, match=r"is no file|cannot be written"):
            LOCK.write(path)

    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("path", [".", "..", "/", "a/..", "x" * 250 + ".ipynb"])
def test_each_path_has_a_place_for_its_lock(path: str) -> None:
    """It is whoever reads there that says what is wrong."""
    with pytest.raises(LockInvalid, match="cannot be read"):
        read_lock(lock_path(Path(path)))


def test_a_lock_lies_beside_its_notebook() -> None:
    """Two notebooks of one name in different folders have a lock each."""
    assert lock_path(Path("a/report.ipynb")) == Path("a/report.imgnb.lock")
    assert lock_path(Path("b/my.report.ipynb")) == Path("b/my.report.imgnb.lock")


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        pytest.param(("imgnb_lock",), ..., "is no lock of imgnb", id="no-version"),
        pytest.param(("imgnb_lock",), True, "is no lock of imgnb", id="version-true"),
        pytest.param(("imgnb_lock",), 0, "is no lock of imgnb", id="version-0"),
        pytest.param(("imgnb",), 3, "imgnb is 3, not text", id="imgnb"),
        pytest.param(("notebook",), ..., "notebook is None, not text", id="no-notebook"),
        pytest.param(("notebook",), ["x"], r"notebook is \['x'\], not text", id="notebook"),
        pytest.param(("cells",), {}, "cells is {}, not a list", id="cells"),
        pytest.param(("cells", 0), "first", r"cells\[0\] is 'first', not a table", id="cell"),
        pytest.param(("cells", 1, "cell"), 4, r"cells\[1\]\.cell is 4, not text", id="cell-name"),
        pytest.param(("cells", 1, "cell"), "first", "cell 'first' is there 2 times", id="cell-twice"),
        pytest.param(("cells", 0, "pins"), ..., r"cells\[0\]\.pins is None, not a list", id="no-pins"),
        pytest.param(("cells", 0, "pins", 1), None, r"pins\[1\] is None, not a table", id="pin"),
        pytest.param(("cells", 0, "pins", 0, "take"), 0, r"pins\[0\]\.take is 0, not a whole number", id="take-0"),
        pytest.param(("cells", 0, "pins", 0, "take"), 1.0, r"pins\[0\]\.take is 1\.0, not a whole", id="take-float"),
        pytest.param(("cells", 0, "pins", 0, "take"), True, r"pins\[0\]\.take is True", id="take-true"),
        pytest.param(("cells", 0, "pins", 0, "cost"), "0.04", r"cost is '0\.04', not a number", id="cost-text"),
        pytest.param(("cells", 0, "pins", 0, "cost"), -1, "cost is -1, not a number", id="cost-negative"),
        pytest.param(("cells", 0, "pins", 0, "cost"), float("nan"), "cost is nan, not a number", id="cost-nan"),
        pytest.param(("cells", 0, "pins", 0, "cost"), 10**400, "cost is 1000.*, not a number", id="cost-huge"),
        *(
            pytest.param(("cells", 0, "pins", 0, name), 7, rf"{name} is 7, not text", id=name)
            for name in ("fingerprint", "generation", "operation", "route", "model", "prompt", "currency")
        ),
        pytest.param(("cells", 0, "pins", 0, "prompt"), "\ud83e", "prompt is .*, not text", id="half-surrogate"),
        pytest.param(("cells", 0, "pins", 0, "inputs"), "x", r"inputs is 'x', not a list", id="inputs"),
        pytest.param(("cells", 0, "pins", 0, "inputs", 0), "x", r"inputs\[0\] is 'x', not a SHA-256", id="input"),
        pytest.param(("cells", 0, "pins", 0, "assets"), ..., "assets is None, not a list", id="no-assets"),
        pytest.param(("cells", 0, "pins", 0, "assets", 0), HASH, r"assets\[0\] is 'aaa.*, not a table", id="asset"),
        pytest.param(
            ("cells", 0, "pins", 0, "assets", 0, "sha256"), HASH.upper(), "is 'AAA.*, not a SHA-256", id="hash-upper"
        ),
        pytest.param(
            ("cells", 0, "pins", 0, "assets", 0, "sha256"), f"{HASH}\n", "is 'aaa.*, not a SHA-256", id="hash-long"
        ),
        pytest.param(("cells", 0, "pins", 0, "assets", 0, "media_type"), None, "media_type is None", id="media-type"),
        pytest.param(("cells", 0, "pins", 0, "assets", 0, "bytes"), ..., "bytes is None, not a whole", id="no-bytes"),
        pytest.param(("cells", 0, "pins", 0, "assets", 0, "bytes"), -1, "bytes is -1, not a whole", id="bytes"),
        pytest.param(("cells", 0, "pins", 0, "assets", 0, "width"), "9", "width is '9', not a whole", id="width"),
        pytest.param(("cells", 0, "pins", 0, "assets", 0, "height"), False, "height is False", id="height"),
    ],
)  # fmt: skip
def test_what_was_edited_by_hand_is_named(path: tuple[str | int, ...], to: Any, said: str) -> None:
    """A wrong value is refused with its place, whatever it is, and with the way out."""
    with pytest.raises(LockInvalid, match=said) as caught:
        parse_lock(edited(*path, to=to), "report.imgnb.lock")

    assert caught.value.message.startswith("report.imgnb.lock")
    assert "imgnb lock" in caught.value.hint
    assert len(caught.value.message) < 250


@pytest.mark.parametrize("path", [("cells", 0, "pins", 0, name) for name in ("generation", "take", "cost", "inputs")])
def test_what_is_not_known_may_be_left_out(path: tuple[str | int, ...]) -> None:
    """Only the pictures of a pin must be there."""
    parse_lock(edited(*path, to=...))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "is no JSON", id="empty"),
        pytest.param("<<<<<<< HEAD\n{}", "is no JSON", id="merge-conflict"),
        pytest.param("[" * 100_000, "is no JSON", id="nested"),
        pytest.param("[]", "is no lock of imgnb", id="list"),
        pytest.param('{"version": 6, "metadata": {}}', "is no lock of imgnb", id="another-lock"),
    ],
)
def test_what_is_no_lock_is_told_so(text: str, said: str) -> None:
    """Text of another kind is refused in one sentence."""
    with pytest.raises(LockInvalid, match=said):
        parse_lock(text)


def test_a_lock_of_a_newer_imgnb_asks_for_an_update() -> None:
    """It is not guessed at; however long the version says to be, the sentence is short."""
    newer = json.dumps({"imgnb_lock": 2, "imgnb": "9." + "0" * 10_000, "cells": "of another shape"})

    with pytest.raises(LockInvalid, match=r"written by imgnb 9\.0+, as lock version 2") as caught:
        parse_lock(newer)

    assert "pip install --upgrade imgnb" in caught.value.hint
    assert len(caught.value.message) < 200


def test_a_file_that_no_lock_fills_is_not_read(tmp_path: Path) -> None:
    """A huge file is refused by its size."""
    path = tmp_path / "report.imgnb.lock"
    with path.open("wb") as file:
        file.truncate(BIGGEST + 1)

    with pytest.raises(LockInvalid, match="has 67,108,865 bytes"):
        read_lock(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path, kind: str) -> None:
    """No file, a folder, and bytes that are no text."""
    path = tmp_path / "report.imgnb.lock"
    if kind == "folder":
        path.mkdir()
    elif kind == "binary":
        path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(LockInvalid, match=r"report\.imgnb\.lock cannot be read"):
        read_lock(path)


def test_a_request_is_pinned_in_its_own_cell_first() -> None:
    """Two cells may ask for the same: each gets its own; a cell that is not known gets the first."""
    one, other = replace(FOX, take=1), replace(FOX, take=2)
    lock = Lock("x.ipynb", (LockedCell("a", (one,)), LockedCell("b", (other,))))

    assert lock.pin_of("r1:fox") == one
    assert lock.pin_of("r1:fox", cell="b") == other
    assert lock.pin_of("r1:fox", cell="new") == one
    assert lock.pin_of("r1:fox", cell="a", take=2) == other
    assert lock.pin_of("r1:fox", take=3) is None
    assert lock.pin_of("r1:hare") is None
