"""Files appear when they are whole, under whatever name and however many write to it."""

from __future__ import annotations

import errno
import os

import pytest

from imgnb.files.whole import whole_file


def test_a_file_appears_when_it_is_whole(tmp_path):
    """Until then its name means what it meant, and nothing is left beside it."""
    target = tmp_path / "report.html"
    target.write_text("old")

    with whole_file(target) as file:
        file.write_text("new")
        assert target.read_text() == "old"

    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_leaves_what_was_there(tmp_path):
    """And nothing half."""
    target = tmp_path / "report.html"
    target.write_text("old")

    with pytest.raises(ZeroDivisionError), whole_file(target) as file:
        file.write_text("half" * (1 // 0))

    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_two_who_write_to_one_name_do_not_meet(tmp_path):
    """Each writes a file of its own; the last to end has the name."""
    target = tmp_path / "probes.json"

    with whole_file(target) as first:
        with whole_file(target) as second:
            first.write_text("first")
            second.write_text("second")
        assert target.read_text() == "second"

    assert target.read_text() == "first"


def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path):
    """What is written meanwhile has a short one."""
    target = tmp_path / ("a" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".zip")

    with whole_file(target) as file:
        file.write_text("whole")

    assert target.read_text() == "whole"


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_file_can_be_written_over_nothing(tmp_path, monkeypatch, links):
    """Where nothing is, it takes the name, also on a disk that has no second names."""

    def refused(*_):
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr("os.link", refused)
    target = tmp_path / "library-backup.db"

    with whole_file(target, over=False) as file:
        file.write_text("whole")

    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_what_has_come_meanwhile_is_not_written_over(tmp_path):
    """Where that is not wanted, the other one keeps the name."""
    target = tmp_path / "library-backup.db"

    def write() -> None:
        with whole_file(target, over=False):
            target.write_text("theirs")

    with pytest.raises(FileExistsError):
        write()

    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]
