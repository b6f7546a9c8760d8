"""The whole way: a notebook that was run is packed, unpacked by somebody who has nothing, and run there in mode replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgnb.cli import main
from imgnb.workspace import Workspace

from ...pictures.sample_pictures import encoded, soft
from .travelling import read

nbformat = pytest.importorskip("nbformat")

CELLS = [
    "%load_ext imgnb",
    "%%imagegen --size 1024x640 --name hero\na lighthouse",
    "%%imageedit @hero --size 1024x640 -o night\nat night",
    "%%imageedit figs/photo.png --mask box:10,10,200,200 --size 1024x640\nin winter",
    "import imgnb\nimgnb.edit('in oil', images=[night.asset], size='1024x640')",
]


def run(path: Path) -> list[list[str]]:
    """Run all cells, as CI does, and save; the pictures of each cell, by their hashes."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    nbformat.write(notebook, path)
    return [
        [
            sha256
            for output in cell["outputs"]
            for sha256 in output.get("metadata", {}).get("imgnb", {}).get("assets", [])
        ]
        for cell in read(path)
    ]


@pytest.fixture
def empty_home(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A home folder, kernels and settings with nothing in them."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME"):
        clean_environment.setenv(name, str(tmp_path / name.lower()))
    clean_environment.delenv("JUPYTER_PATH", raising=False)
    clean_environment.setenv("IMGNB_ROUTE", "local")
    return clean_environment


def test_run_all_elsewhere_gives_the_same_bytes(empty_home: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a library of its own, without a key, without anything being drawn."""
    author, reader = tmp_path / "author", tmp_path / "reader"
    (author / "figs").mkdir(parents=True)
    (author / "figs" / "photo.png").write_bytes(encoded(soft(size=(640, 400)), "PNG"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(notebook, author / "report.ipynb")
    empty_home.setenv("IMGNB_LIBRARY", str(author / "library"))
    before = run(author / "report.ipynb")
    assert [len(hashes) for hashes in before] == [0, 1, 1, 1, 1]

    assert main(["pack", str(author / "report.ipynb"), "-o", str(tmp_path / "report.zip")]) == 0
    (author / "library").rename(tmp_path / "gone")
    empty_home.setenv("IMGNB_LIBRARY", str(reader / "library"))
    assert main(["unpack", str(tmp_path / "report.zip"), str(reader / "report")]) == 0
    empty_home.setenv("IMGNB_MODE", "replay")
    after = run(reader / "report" / "report.ipynb")

    assert after == before
    assert bytes_of(reader / "library", after) == bytes_of(tmp_path / "gone", before)


def bytes_of(library: Path, hashes: list[list[str]]) -> list[bytes]:
    from imgnb.library import Library

    with Library(library) as opened:
        return [asset.bytes for some in hashes for asset in opened.assets(some)]


def test_it_can_be_said_in_a_shell(
    run_command: Any, packed: Path, report: Path, home: Workspace, tmp_path: Path
) -> None:
    """As sentences and as JSON."""
    import json

    fresh = str(tmp_path / "fresh")

    status, out, err = run_command("unpack", str(packed), fresh)
    assert (status, out, err) == (0, f"{fresh}/report.ipynb: unpacked; 5 pictures new in the library\n", "")
    said = json.loads(run_command("unpack", str(packed), fresh, "--json")[1])
    assert (said["notebook"], said["imported"]["changed"], said["notes"]) == (f"{fresh}/report.ipynb", False, [])
    status, out, err = run_command("pack", f"{fresh}/report.ipynb")
    assert out.startswith(f"{fresh}/report.zip: report.ipynb, 5 pictures, 1 files")
    said = json.loads(run_command("pack", f"{fresh}/report.ipynb", "--ancestors", "--json")[1])
    assert (said["cells"], said["files"], said["notes"]) == (3, ["figs/photo.png"], [])
    status, out, err = run_command("unpack", str(tmp_path / "nowhere.zip"))
    assert (status, out) == (1, "")
    assert "nowhere.zip" in err
