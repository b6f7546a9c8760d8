"""Parts of a library leave and come in by the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from imgnb.commands.bundles import Bar, size

from ..pictures import told_pictures as made
from .conftest import Run

SMALL = ("--size", "1024x640", "--quality", "low", "--route", "local")


@pytest.fixture
def hero(run: Run) -> Run:
    """The command line, with two pictures in the library, one of them made of the other."""
    assert run("generate", "a lighthouse", "--name", "hero", *SMALL)[0] == 0
    assert run("edit", "a red fox", "@hero", *SMALL)[0] == 0
    return run


def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From here on another library is in force."""
    monkeypatch.setenv("IMGNB_LIBRARY", str(tmp_path / "elsewhere"))


def test_a_part_leaves_and_comes_in(hero: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found goes to a zip, with what it was made of; the second import says that nothing is new."""
    bundle = str(tmp_path / "fox.zip")
    status, out, _ = hero("export", "red", "fox", bundle)
    assert (status, out.split(": ")[1].split(", ")[:2]) == (0, ["2 generations", "2 pictures"])
    elsewhere(monkeypatch, tmp_path)

    assert hero("import", bundle)[1].startswith("2 generations, 2 pictures")
    assert hero("import", bundle)[1] == "nothing new; 2 were there\n"
    assert json.loads(hero("import", bundle, "--json")[1])["changed"] is False
    assert "a lighthouse" in hero("find", "lighthouse")[1]


def test_without_what_it_goes_back_to(hero: Run, tmp_path: Path) -> None:
    """`--no-ancestors` leaves the other generation out, not its bytes."""
    exported = json.loads(hero("export", "fox", str(tmp_path / "fox.zip"), "--no-ancestors", "--json")[1])

    assert (exported["generations"], exported["assets"]) == (1, 2)


def test_records_alone(hero: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are all rows; into a folder they go by the name that rebuilding looks for."""
    (tmp_path / "backup").mkdir()

    assert hero("export", "--records", str(tmp_path / "backup"))[0] == 0

    lines = (tmp_path / "backup" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["record"] for line in lines} == {"asset", "generation", "name"}
    elsewhere(monkeypatch, tmp_path)
    assert hero("import", str(tmp_path / "backup" / "records.jsonl"))[1].startswith("2 generations")


def test_a_folder_for_people(hero: Run, tmp_path: Path) -> None:
    """Pictures and their JSON, under names that can be read."""
    assert hero("export", "fox", str(tmp_path / "people"))[0] == 0

    assert {path.suffix for path in (tmp_path / "people").iterdir()} == {".png", ".json"}


def test_pictures_of_other_programs(run: Run, tmp_path: Path) -> None:
    """Those that can be read come in, the others are named, and the status says that there were some."""
    made.png(tmp_path / "a.png", parameters=made.A1111)
    (tmp_path / "b.png").write_bytes(b"no picture")

    status, out, err = run("import", str(tmp_path / "a.png"), str(tmp_path / "b.png"))

    assert status == 1
    assert out.startswith("1 generations, 1 pictures")
    assert "b.png" in err
    assert "red fox" in run("find", "snow")[1]


@pytest.mark.parametrize(
    "words",
    [("import", "missing.zip"), ("export", "fox", "picture.png"), ("export", "fox", "x.zip", "--all"),
     ("import", "x", "--max-bytes", "0")],
    ids=["no file", "no target", "all of some", "no bytes"],
)  # fmt: skip
def test_what_cannot_be_done_is_said(run: Run, words: tuple[str, ...]) -> None:
    """In one sentence, with the way out."""
    status, out, err = run(*words)

    assert (status, out) == (1, "")
    assert "  -> " in err


def test_the_bar_is_drawn_a_hundred_times_at_most() -> None:
    """However many pictures there are; on anything but a terminal it says nothing."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for done in range(10_001):
        Bar(file)(done, 10_000)
    bar = Bar(terminal)
    for done in range(10_001):
        bar(done, 10_000)

    assert terminal.getvalue().count("\r") == 101
    assert "100 %" in terminal.getvalue()
    assert file.getvalue() == ""


@pytest.mark.parametrize(("count", "said"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2.5e9, "2.5 GB")])
def test_sizes_are_said_as_people_do(count: int, said: str) -> None:
    """In units of a thousand."""
    assert size(int(count)) == said
