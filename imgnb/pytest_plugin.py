"""`pytest --imgnb`: notebooks run in replay mode, and their pictures are compared by hash, not by pixels.

Each code cell is a test. It passes when it runs, asks no provider, and shows the very pictures that the notebook holds.
The kernel runs in the notebook's folder, with the lock beside it if there is one; a cell is run after all those before it.

    pytest --imgnb report.ipynb
    pytest --nbval --nbval-sanitize-with imgnb report.ipynb     texts as nbval compares them, pictures by the line above
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nbclient import NotebookClient

SANITIZER = Path(__file__).with_name("nbval_sanitizer.cfg")
"What nbval is to overlook: previews, which another Pillow writes otherwise, ids, and seconds."

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Failed(Exception):
    """A cell that raised, or that shows other pictures; the message is the report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--imgnb`."""
    group = parser.getgroup("imgnb", "notebooks with generated pictures")
    group.addoption(
        "--imgnb",
        action="store_true",
        help="run .ipynb files with imgnb in replay mode, and compare their pictures by hash",
    )
    group.addoption(
        "--imgnb-timeout", type=float, default=600.0, metavar="SECONDS", help="how long a cell may take (600)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let nbval's own option name our file by a word."""
    if getattr(config.option, "nbval_sanitize_with", None) == "imgnb" and not Path("imgnb").is_file():
        config.option.nbval_sanitize_with = str(SANITIZER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take notebooks where `--imgnb` is given."""
    if file_path.suffix != ".ipynb" or not parent.config.getoption("imgnb"):
        return None
    found: NotebookFile = NotebookFile.from_parent(parent, path=file_path)
    return found


class NotebookFile(pytest.File):
    """A notebook; its cells are its tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each code cell."""
        from .display.notebook_file import name_of, read_notebook
        from .errors import NotebookInvalid

        try:
            self.notebook = read_notebook(self.path)
        except NotebookInvalid as exc:
            raise self.CollectError(f"{exc.message}\n{exc.hint}") from exc
        language = _language(self.notebook)
        if language != "python":
            pytest.skip(f"{self.path.name} is written in {language!s:.40}: imgnb runs in Python kernels")
        self._run: Run | None = None
        for number, cell in enumerate(self.notebook["cells"]):
            if cell.get("cell_type") == "code":
                yield CellItem.from_parent(self, name=f"cell {name_of(cell, number)}", number=number)

    @property
    def run(self) -> Run:
        """Its kernel and what came so far; started at first use."""
        if self._run is None:
            self._run = Run(self.path, self.notebook, self.config.getoption("imgnb_timeout"))
        return self._run

    def teardown(self) -> None:
        """End the kernel."""
        if self._run is not None:
            self._run.end()
            self._run = None


class CellItem(pytest.Item):
    """A code cell: it runs, and shows what it did."""

    parent: NotebookFile

    def __init__(self, *, number: int, **given: Any) -> None:
        super().__init__(**given)
        self._number = number

    def runtest(self) -> None:
        """Run it after those before it. Raises Failed."""
        run = self.parent.run
        found = run.upto(self._number)
        if found.error:
            raise Failed(found.error)
        if found.follows and found.missing <= run.lost_before(self._number):
            pytest.skip(f"{found.differing}: those of cells that failed")
        if found.differing:
            raise Failed(found.differing)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What went wrong, and in which cell, without a traceback through pytest."""
        if not isinstance(excinfo.value, Failed):
            return super().repr_failure(excinfo, style)
        from .display.notebook_file import source_of

        source = source_of(self.parent.notebook["cells"][self._number])
        return f"{source}\n\n{excinfo.value}"

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file, and the cell."""
        return self.path, None, f"{self.path.name}: {self.name}"


@dataclass(frozen=True)
class Outcome:
    """What came of a cell: its error, how its pictures differ, and which of those that it held it does not show."""

    error: str = ""
    differing: str = ""
    missing: frozenset[str] = frozenset()
    follows: bool = False
    "Whether it differs in nothing but that some of its pictures are not there."


class Run:
    """A notebook in a kernel of its own, cell by cell, in replay mode."""

    def __init__(self, path: Path, notebook: Mapping[str, Any], timeout: float) -> None:
        self._held = notebook["cells"]
        self._client = _client(path, timeout)
        self._kernel = ExitStack()
        self._kernel.enter_context(self._client.setup_kernel(env=_environment(path)))
        self._outcomes: list[Outcome] = []

    def upto(self, number: int) -> Outcome:
        """Run all cells until this one that did not run yet, and return what came of it."""
        for index in range(len(self._outcomes), number + 1):
            cell = self._client.nb.cells[index]
            if cell.cell_type == "code":
                self._client.execute_cell(cell, index)
            self._outcomes.append(_outcome(self._held[index], cell))
        return self._outcomes[number]

    def lost_before(self, number: int) -> set[str]:
        """Hashes of the pictures that cells before this one do not show any more, because they raised."""
        return {sha256 for found in self._outcomes[:number] if found.error for sha256 in found.missing}

    def end(self) -> None:
        """End the kernel."""
        self._kernel.close()


def _client(path: Path, timeout: float) -> NotebookClient:
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as exc:
        raise pytest.UsageError(f"--imgnb needs nbclient: pip install 'imgnb[lab]' ({exc.name} is missing)") from exc
    notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    # Of this environment, whatever the author's kernel was called.
    return NotebookClient(notebook, timeout=timeout, allow_errors=True, resources=resources, kernel_name="python3")


def _environment(path: Path) -> dict[str, str]:
    """What the kernel is started with: no provider is asked, and the notebook's own lock holds."""
    from .records.lock import lock_path

    lock = {"IMGNB_LOCK": str(lock_path(path.absolute()))} if lock_path(path).is_file() else {}
    return {**os.environ, **lock, "IMGNB_MODE": "replay"}


def _outcome(before: Mapping[str, Any], after: Mapping[str, Any]) -> Outcome:
    """What is to be said of a cell as the notebook holds it, and as it is now."""
    from .display.notebook_file import shown_in

    held, shown = ([_hashes(facts) for facts in shown_in(cell)] for cell in (before, after))
    every, there = [one for some in held for one in some], [one for some in shown for one in some]
    missing = frozenset(every) - set(there)
    follows = bool(missing) and there == [one for one in every if one not in missing]
    return Outcome(_error(before, after), _differing(held, shown), missing, follows)


def _hashes(facts: Mapping[str, Any]) -> list[str]:
    """What an output says that it shows; it may be anybody's."""
    given = facts.get("assets")
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _language(notebook: Mapping[str, Any]) -> str:
    """The language of the kernel, as far as the notebook tells; Python where it does not."""
    metadata = notebook.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return language.lower() if isinstance(language, str) else "python"


def _error(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    error = next((one for one in after.get("outputs", ()) if one["output_type"] == "error"), None)
    if error is None or "raises-exception" in before.get("metadata", {}).get("tags", ()):
        return ""
    return _COLOURS.sub("", f"{error['ename']}: {error['evalue']}")


def _differing(held: list[list[str]], shown: list[list[str]]) -> str:
    if held == shown:
        return ""
    if not held:
        return f"it shows {_named(shown)}, and held no picture: run the notebook and save it"
    return f"it held {_named(held)}, and shows {_named(shown) if shown else 'no picture'}"


def _named(pictures: list[list[str]]) -> str:
    return ", ".join(f"@{str(sha256)[:12]}" for hashes in pictures for sha256 in hashes) or "words"
