"""Workspaces for widgets that are driven without a page."""

from __future__ import annotations

import pytest

from ..libraries import empty_library


@pytest.fixture
def workspace(tmp_path, clean_environment):
    """An empty library on the embedded engine, in an empty folder, as the workspace in force."""
    clean_environment.setenv("IMGNB_LIBRARY", str(empty_library(tmp_path / "library")))
    clean_environment.setenv("IMGNB_ROUTE", "local")
    clean_environment.chdir(tmp_path)
    from imgnb.workspace import current

    yield current()
    current().close()
