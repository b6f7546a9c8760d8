"""Which program runs a notebook, by what it tells its kernel."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import pytest

from imgnb.display.cell import place

from ..kernels import running_kernel

LAB = {"content": {"allow_stdin": True, "store_history": True}, "metadata": {"cellId": "c1"}}
HEADLESS = {"content": {"allow_stdin": False, "store_history": True}}
WIDGET = {"content": {"comm_id": "c"}, "header": {"msg_type": "comm_msg"}}
NBVAL = {"content": {"allow_stdin": False, "store_history": False}}


def shell_of(parent, **variables):
    """A shell as one finds it in such a kernel; without a parent, in a terminal."""
    kernel = None if parent is None else SimpleNamespace(get_parent=lambda: parent)
    counted = {"execution_count": 12, "displayhook": SimpleNamespace(prompt_count=12)}
    return SimpleNamespace(kernel=kernel, user_ns=variables, **counted)


@pytest.mark.parametrize(
    ("parent", "variables", "server", "expected"),
    [
        (LAB, {}, True, "jupyter"),
        (LAB, {}, False, None),
        (LAB, {"__vsc_ipynb_file__": "/home/me/a.ipynb"}, False, "vscode"),
        (HEADLESS, {}, False, "nbclient"),
        (HEADLESS, {}, True, "nbclient"),
        (HEADLESS, {"PAPERMILL_OUTPUT_PATH": "out.ipynb"}, True, "papermill"),
        (NBVAL, {}, False, "nbval"),
        (None, {}, False, "terminal"),
    ],
    ids=["lab", "unknown", "vscode", "nbclient", "nbclient in a notebook", "papermill", "nbval", "terminal"],
)
def test_a_front_end_is_known_by_what_it_tells(monkeypatch, parent, variables, server, expected):
    """Nothing is guessed: what tells nothing is None."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if server:
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/report.ipynb")

    assert place(shell_of(parent, **variables))["front_end"] == expected


def test_papermill_tells_the_notebook_where_it_was_asked_to(monkeypatch):
    """What it injected is about this run; the environment is that of the notebook that started papermill."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/starts-papermill.ipynb")

    found = place(shell_of(HEADLESS, PAPERMILL_INPUT_PATH="reports/a.ipynb", PAPERMILL_OUTPUT_PATH="out.ipynb"))

    assert found["notebook"] == "reports/a.ipynb"


@pytest.mark.parametrize(
    ("parent", "expected"),
    [(LAB, "/home/me/report.ipynb"), (WIDGET, "/home/me/report.ipynb"), (HEADLESS, None), (NBVAL, None)],
    ids=["lab", "widget", "nbclient", "nbval"],
)
def test_a_name_that_was_inherited_is_not_believed(monkeypatch, parent, expected):
    """Without anybody watching, it is that of the notebook which started the run, if any: better none than a wrong one."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/report.ipynb")

    assert place(shell_of(parent))["notebook"] == expected


@pytest.mark.parametrize("watched", [True, False], ids=["lab", "nbclient"])
def test_what_is_not_shown_belongs_to_the_same_notebook(jupyter, tmp_path, monkeypatch, watched):
    """In a real kernel that has the name in its environment, by the message that asks for the cell."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "report.ipynb"))
    with running_kernel() as (_, client):
        source = "import imgnb\nfor show in (True, False): imgnb.generate(f'a fox {show}', size='1024x640', show=show)"
        reply = client.execute_interactive(source, allow_stdin=watched, output_hook=lambda message: None, timeout=120)

    assert reply["content"]["status"] == "ok"
    expected = str(tmp_path / "report.ipynb") if watched else None
    assert [made.notebook for made in jupyter.library] == [expected] * 2


def test_a_run_that_is_not_counted_has_no_number():
    """nbval runs cells without history, and the shell's counter stands still."""
    assert place(shell_of(NBVAL))["execution_count"] is None
    assert place(shell_of(LAB))["execution_count"] == "12"


def test_a_notebook_that_runs_headless_says_so(jupyter):
    """In a real kernel: the front end, and the number that stands beside the cell."""
    from nbclient import NotebookClient

    cells = ["%load_ext imgnb", "1", "%%imagegen --size 1024x1024\na fox"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120).execute()

    (made,) = jupyter.library
    assert made.provenance["front_end"] == "nbclient"
    assert made.provenance["execution_count"] == 3 == notebook.cells[2].execution_count
