"""A report goes to somebody who has nothing but imgnb: packed, unpacked, and run there by three tools without a key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from imgnb.display.notebook_file import read_notebook, shown_in

REPORT = Path(__file__).parent.parent / "notebooks" / "report.ipynb"


def run(folder: Path, *words: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """A module of Python in this folder, as somebody without keys, settings or a library."""
    kept = ("PATH", "PYTHONPATH", "LANG", "TMPDIR")
    bare = {name: os.environ[name] for name in kept if name in os.environ}
    home = {"HOME": str(folder.parent / "home"), "IPYTHONDIR": str(folder.parent / "home" / "ipython")}
    unreachable = {f"{name}_PROXY": "http://127.0.0.1:9" for name in ("HTTP", "HTTPS", "ALL")}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**bare, **home, **unreachable, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
    return done


def shown(path: Path) -> list[list[str]]:
    """Hashes of what each output shows."""
    return [list(facts["assets"]) for cell in read_notebook(path)["cells"] for facts in shown_in(cell)]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """The report, run by its author with a library of their own, and packed."""
    folder = tmp_path_factory.mktemp("author") / "work"
    folder.mkdir()
    (folder / "imgnb.toml").write_text('library = "library"\nroute = "local"\n', encoding="utf-8")
    shutil.copy(REPORT, folder)
    run(folder, "nbconvert", "--to", "notebook", "--execute", "--inplace", "--log-level", "ERROR", REPORT.name)
    run(folder, "imgnb", "lock", REPORT.name)
    run(folder, "imgnb", "verify", REPORT.name)
    run(folder, "imgnb", "pack", REPORT.name, "-o", "report.zip")
    return folder / "report.zip"


@pytest.fixture
def reader(pack, tmp_path):
    """Somebody else's folder, in which the report was unpacked."""
    folder = tmp_path / "reader"
    folder.mkdir()
    run(folder, "imgnb", "unpack", str(pack))
    return folder


def bytes_of(folder: Path, hashes: list[list[str]]) -> dict[str, bytes]:
    """The bytes of these pictures in the library that is in force there."""
    found = {}
    for sha256 in {one for some in hashes for one in some}:
        said = json.loads(run(folder, "imgnb", "show", f"@{sha256}", "--save", f"{sha256}.bin", "--json").stdout)
        found[sha256] = Path(folder / f"{sha256}.bin").read_bytes()
        assert said["sha256"] == sha256
    return found


def test_three_tools_show_the_same_bytes_without_a_key(pack, reader):
    """papermill, nbclient and nbval in replay mode: the author's pictures, byte for byte; `pytest --imgnb` agrees."""
    author = shown(pack.parent / REPORT.name)
    replay = {"IMGNB_MODE": "replay"}

    run(reader, "papermill", REPORT.name, "papermill.ipynb", "--log-level", "ERROR", **replay)
    run(reader, "nbconvert", "--to", "notebook", "--execute", "--output", "nbclient.ipynb", REPORT.name, **replay)
    run(reader, "pytest", "-q", "-p", "no:cacheprovider", "--nbval", REPORT.name, **replay)
    run(reader, "pytest", "-q", "-p", "no:cacheprovider", "--imgnb", REPORT.name)

    assert author
    assert (
        shown(reader / REPORT.name) == shown(reader / "papermill.ipynb") == shown(reader / "nbclient.ipynb") == author
    )
    assert bytes_of(reader, author) == bytes_of(pack.parent, author)


def test_a_changed_word_fails_its_cell_alone(reader):
    """The word is told; every other cell replays."""
    notebook = nbformat.read(reader / REPORT.name, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("%%imageedit")]
    cell.source = cell.source.replace("ice", "fog")
    nbformat.write(notebook, reader / REPORT.name)

    done = run(reader, "pytest", "-q", "-p", "no:cacheprovider", "--imgnb", REPORT.name, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]

    assert done.returncode == 1
    assert len(failed) == 1
    assert cell.id in failed[0]
    assert "fog" in done.stdout
    assert "ice" in done.stdout
