"""When filing what came does not work, a success stays a success."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from imgnb.errors import LibraryError, LibraryLocked
from imgnb.events import Failed, Image
from imgnb.library import Library

from .runs import SMALL, done, run


def test_a_picture_that_came_while_the_database_was_locked_is_a_success_later(open_workspace, tmp_path) -> None:
    """It is said, kept, and filed by the next open; nothing is paid twice."""
    workspace = open_workspace()
    workspace.library = Library(tmp_path / "locked", busy_timeout=0.1)
    with closing(sqlite3.connect(tmp_path / "locked" / "library.db", isolation_level=None)) as other:
        for event in workspace.run(workspace.order(workspace.request("a red fox", **SMALL))):
            if isinstance(event, Image):
                other.execute("begin immediate")
        other.execute("rollback")

    assert isinstance(event, Failed)
    assert isinstance(event.error, LibraryLocked)
    workspace.library.recover()
    assert [generation.status for generation in workspace.library] == ["succeeded"]
    assert done(run(workspace)).replayed


@pytest.mark.parametrize("name", ["last", "two words", "beef"])
def test_a_name_that_cannot_be_is_refused_before_anything_is_asked(open_workspace, name) -> None:
    """A picture is not paid for only to fail over its label."""
    workspace = open_workspace()

    events = run(workspace, name=name)

    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, LibraryError)
    assert len(workspace.library) == 0
