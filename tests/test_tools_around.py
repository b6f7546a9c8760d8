"""papermill and jupyter-cache run notebooks with imgnb as they run any other: what is known is replayed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from imgnb.display.notebook_file import read_notebook, shown_in

CELLS = (
    "%load_ext imgnb",
    'animal = "fox"',
    "%%imagegen --size 1024x640\na {{ animal }} in the snow",
    "%%imagegen --size 1024x640\na lighthouse",
)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook with a parameter, in a folder with a library of its own."""
    (tmp_path / "imgnb.toml").write_text('library = "library"\nroute = "local"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    cells[1].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "report.ipynb")
    return tmp_path / "report.ipynb"


def shown(path: Path) -> list[tuple[tuple[str, ...], bool]]:
    """Hashes of each generation that a notebook shows, and whether it was replayed."""
    cells = read_notebook(path)["cells"]
    return [(tuple(facts["assets"]), bool(facts.get("replayed"))) for cell in cells for facts in shown_in(cell)]


def papermill(notebook: Path, target: str, **parameters: str) -> list[tuple[tuple[str, ...], bool]]:
    from papermill import execute_notebook

    execute_notebook(str(notebook), target, parameters=parameters, progress_bar=False)
    return shown(Path(target))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_papermill_draws_only_what_its_parameters_change(notebook, monkeypatch):
    """The same parameters replay everything, another one makes another request; in replay mode that cell fails."""
    from papermill.exceptions import PapermillExecutionError

    first = papermill(notebook, "first.ipynb")
    again = papermill(notebook, "again.ipynb")
    other = papermill(notebook, "other.ipynb", animal="owl")

    assert [replayed for _, replayed in (*first, *again, *other)] == [False, False, True, True, False, True]
    assert [hashes for hashes, _ in again] == [hashes for hashes, _ in first]
    assert other[0][0] != first[0][0]

    monkeypatch.setenv("IMGNB_MODE", "replay")
    assert [hashes for hashes, _ in papermill(notebook, "kept.ipynb", animal="owl")] == [hashes for hashes, _ in other]
    with pytest.raises(PapermillExecutionError, match="holds no answer") as caught:
        papermill(notebook, "missed.ipynb", animal="bear")
    assert "bear" in caught.value.evalue


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_what_jupyter_cache_keeps_says_which_pictures_it_shows(notebook, tmp_path):
    """A notebook that is built from the cache has the pictures, and the facts by which it is locked."""
    from jupyter_cache import get_cache
    from jupyter_cache.executors import load_executor

    cache = get_cache(tmp_path / "cache")
    cache.add_nb_to_project(str(notebook))
    assert len(load_executor("local-serial", cache).run_and_cache().succeeded) == 1

    _, merged = cache.merge_match_into_file(str(notebook))
    nbformat.write(merged, tmp_path / "built.ipynb")

    assert [len(hashes) for hashes, _ in shown(tmp_path / "built.ipynb")] == [1, 1]
