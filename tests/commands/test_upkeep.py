"""The commands of upkeep as a person types them: exit status, stdout for results, stderr for the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imgnb.display.progress_bar import amount, duration, line

from .conftest import Run


@pytest.fixture
def run(run: Run) -> Run:
    """Each command is a process of its own: none is left with the library open."""

    def run_and_end(*words: str, stdin: str = "") -> tuple[int, str, str]:
        from imgnb import workspace

        try:
            return run(*words, stdin=stdin)
        finally:
            if workspace._current is not None:
                workspace._current[1].close()
                workspace._current = None

    return run_and_end


@pytest.fixture
def library(run: Run, tmp_path: Path) -> Path:
    """A library with two pictures; the second is in the trash."""
    for prompt in ("a fox", "an owl"):
        assert run("generate", prompt, "--route", "local")[0] == 0
    run("rm", "@last")
    return tmp_path / "library"


def picture(library: Path) -> Path:
    return sorted((library / "blobs").rglob("*.png"))[0]


def test_verify_says_that_all_is_well(run: Run, library: Path) -> None:
    """One line, exit status 0; as JSON, one document."""
    status, out, err = run("verify")
    assert (status, err) == (0, "")
    assert out.strip().endswith("all is well")
    status, out, _ = run("verify", "--json")
    assert status == 0
    assert json.loads(out)["well"] is True


def test_verify_fails_with_a_list_and_a_way_out(run: Run, library: Path) -> None:
    """Exit status 1 until it is mended; what cannot be mended says what to do."""
    path = picture(library)
    path.write_bytes(path.read_bytes()[:-1])

    status, out, _ = run("verify")
    assert status == 1
    assert f"damaged: {path.stem}" in out
    assert "verify --repair" in out
    status, out, _ = run("verify", "--repair", "--json")
    document = json.loads(out)
    assert (status, document["well"]) == (1, False)
    assert (library / "quarantine" / path.name).exists()
    assert "draw it again" in run("verify")[1]


def test_verify_takes_a_sample(run: Run, library: Path) -> None:
    """Its seed is said, so that it can be had again."""
    status, out, _ = run("verify", "--sample", "50%", "--seed", "7", "--restart")
    assert status == 0
    assert "--seed 7" in out
    status, _, err = run("verify", "--sample", "many")
    assert status == 1
    assert "is no sample" in err


def test_gc_asks_before_it_deletes(run: Run, library: Path) -> None:
    """Without a terminal and without --yes nothing goes; --dry-run lists with sizes."""
    before = sorted(path.name for path in (library / "blobs").rglob("*.png"))

    assert "nothing to delete" in run("gc")[1]
    status, _, err = run("gc", "--older-than", "0d")
    assert status == 1
    assert "--yes" in err
    status, out, _ = run("gc", "--older-than", "0d", "--dry-run")
    assert (status, "can be deleted" in out) == (0, True)
    assert sorted(path.name for path in (library / "blobs").rglob("*.png")) == before
    status, out, _ = run("gc", "--older-than", "0d", "--yes", "--json")
    assert status == 0
    assert len(json.loads(out)["items"]) >= 1
    assert len(list((library / "blobs").rglob("*.png"))) == len(before) - 1
    assert run("verify")[0] == 0


def test_backup_and_rebuild_give_a_library_back(run: Run, library: Path, tmp_path: Path) -> None:
    """What a damaged library says leads to rebuild, and that brings everything back."""
    status, out, _ = run("backup", str(tmp_path / "b.db"))
    assert status == 0
    assert "Pictures are not in it" in out
    assert run("backup", str(tmp_path / "b.db"))[0] == 1
    assert json.loads(run("backup", str(tmp_path / "b.db"), "--force", "--json")[1])["bytes"] > 0
    (library / "library.db").write_text("oh no")
    (library / "library.db-wal").unlink(missing_ok=True)

    status, _, err = run("ls")
    assert status == 1
    assert "imgnb rebuild" in err
    status, out, _ = run("rebuild", "--from", str(tmp_path / "b.db"), "--json")
    assert status == 0
    assert json.loads(out)["generations"] == 2
    assert "a fox" in run("ls")[1]
    assert run("verify")[0] == 0


def test_compact_and_stats_say_how_much(run: Run, library: Path) -> None:
    """Numbers in a table for people, and as JSON for scripts."""
    status, out, _ = run("compact")
    assert status == 0
    assert "before" in out
    assert json.loads(run("compact", "--json")[1])["after"] > 0
    status, out, _ = run("stats")
    assert status == 0
    for word in ("generations", "succeeded", "image/png", "journal", "wal", "trash"):
        assert word in out
    assert json.loads(run("stats", "--json")[1])["assets"] == 2


def test_the_journal_can_be_chosen(run: Run, library: Path, clean_environment: pytest.MonkeyPatch) -> None:
    """By a variable or in a settings file; another word than the two is refused."""
    clean_environment.setenv("IMGNB_JOURNAL", "delete")
    with pytest.warns(match="without WAL"):
        assert json.loads(run("stats", "--json")[1])["journal"] == "delete"
    clean_environment.setenv("IMGNB_JOURNAL", "memory")
    status, _, err = run("stats")
    assert status == 1
    assert "use wal, delete" in err


def test_a_line_of_progress_says_bytes_speed_and_what_remains() -> None:
    """In units that can be read; what was done before counts for the share, not for the speed."""
    assert line("pictures", 0, 0, True, 0.1) == "imgnb: pictures: 0 B"
    text = line("pictures", 3_000_000_000, 4_000_000_000, True, 10.0, first=2_000_000_000)
    assert text == "imgnb: pictures [##################......]  75% 3.0 GB of 4.0 GB 100 MB/s 10 s left"
    assert (amount(999, True), amount(1_500, True), amount(10**13, True), amount(1234, False)) == (
        "999 B", "1.5 kB", "10.0 TB", "1,234",
    )  # fmt: skip
    assert (duration(5), duration(65), duration(7300)) == ("5 s", "1 min 5 s", "2 h 1 min")
