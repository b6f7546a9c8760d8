"""A report with a hero, an edit of it, and a masked edit of a photo beside the notebook; and the home of its reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imgnb.reports.packing import pack
from imgnb.workspace import Workspace

from ...commands.conftest import config
from ...commands.conftest import run as run_command
from ...pictures.sample_pictures import encoded, soft
from .travelling import a_home, drawn, draws, write

__all__ = ["config", "run_command"]


@pytest.fixture
def home(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """The author's workspace; the working folder is that of the report."""
    (tmp_path / "report" / "figs").mkdir(parents=True)
    clean_environment.chdir(tmp_path / "report")
    with a_home(tmp_path / "author") as workspace:
        yield workspace


@pytest.fixture
def reader(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """The workspace of somebody else, empty."""
    with a_home(tmp_path / "reader") as workspace:
        yield workspace


@pytest.fixture
def report(home: Workspace, tmp_path: Path) -> Path:
    """The notebook."""
    folder = tmp_path / "report"
    (folder / "figs" / "photo.png").write_bytes(encoded(soft(size=(640, 400)), "PNG"))
    hero = drawn(home, "a lighthouse")
    home.library.name(hero, "hero")
    edit = drawn(home, "at night", images=["@hero"])
    photo = drawn(home, "in winter", images=["figs/photo.png"], mask="box:10,10,200,200")
    drawn(home, "of no report")
    return write(
        folder / "report.ipynb", [draws(hero, "hero"), draws(edit, "night", "%%imageedit @hero"), draws(photo, "photo")]
    )


@pytest.fixture
def packed(home: Workspace, report: Path, tmp_path: Path) -> Path:
    """The report as a zip."""
    return pack(report, home.library, tmp_path / "packed.zip").path
