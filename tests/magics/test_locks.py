"""`%imagegen lock`: a notebook's lock is kept while its cells run, in a real kernel that is told notebook and cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgnb.magics.locks import lock_wanted
from imgnb.records.lock import read_lock

from ..display.conftest import jupyter
from ..kernels import PATIENCE, running_kernel

__all__ = ["jupyter"]

FOX = "%%imagegen --size 1024x640 --quality low\na fox"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lock", ["status"]),
        ("lock status", ["status"]),
        (" lock  on ", ["on"]),
        ("lock off", ["off"]),
        ("lock on report.imgnb.lock", ["on", "report.imgnb.lock"]),
        ("lock on 'my report.ipynb'", ["on", "my report.ipynb"]),
    ],
)
def test_a_line_that_is_exactly_about_the_lock_is_understood(line: str, words: list[str]) -> None:
    """What is to be done, and perhaps where."""
    assert lock_wanted(line) == words


@pytest.mark.parametrize("line", ["lock on a door", "lock on door", "locks", "lock 'on", "a lock", "lock off now", ""])
def test_a_prompt_about_locks_stays_a_prompt(line: str) -> None:
    """Only what names a lock is no prompt."""
    assert lock_wanted(line) is None


def test_a_shell_that_tells_no_cell_says_what_to_do(shell, workspace, capsys) -> None:
    """No lock is begun that would stay empty."""
    shell.run_line_magic("imagegen", "lock on")
    shell.run_line_magic("imagegen", "lock status")

    assert capsys.readouterr().out.splitlines() == [
        "this front end does not tell which cell runs, so that no lock can be kept: "
        "save the notebook and run: imgnb lock NOTEBOOK",
        "no lock is kept up to date; %imagegen lock on begins",
    ]


class Front:
    """A front end that tells the ids of its cells."""

    def __init__(self, client) -> None:
        self._client = client

    def run(self, cell: str, code: str) -> str:
        """Run a cell; what it printed."""
        session, client = self._client.session, self._client
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
        message = session.msg("execute_request", content, metadata={"cellId": cell})
        client.shell_channel.send(message)
        printed = ""
        while True:
            came = client.get_iopub_msg(timeout=PATIENCE)
            if came["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if came["msg_type"] == "stream":
                printed += came["content"]["text"]
            assert came["msg_type"] != "error", came["content"]
            if came["msg_type"] == "status" and came["content"]["execution_state"] == "idle":
                return printed


@pytest.fixture
def front(jupyter, tmp_path, monkeypatch):
    """A front end whose notebook is told to its kernel."""
    (tmp_path / "report.ipynb").write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "report.ipynb"))
    with running_kernel() as (_, client):
        yield Front(client)


def pinned(path: Path) -> dict[str, list[int | None]]:
    return {one.cell: [pin.take for pin in one.pins] for one in read_lock(path).cells}


def test_a_notebook_is_locked_while_it_runs(front: Front, tmp_path: Path) -> None:
    """Each cell's answers stand under its id, also those that are not shown; running it again replaces them."""
    lock = tmp_path / "report.imgnb.lock"
    front.run("a", "%load_ext imgnb\nimport imgnb")
    assert front.run("a", "%imagegen lock on") == f"{lock} is kept up to date: 0 pictures so far\n"

    front.run("b", FOX)
    front.run("c", 'for n in (1, 2):\n    imgnb.generate(f"hare {n}", size="1024x640", show=False)')
    front.run("b", FOX.replace("\n", " --mode live\n", 1))
    assert pinned(lock) == {"b": [2], "c": [1, 1]}

    assert front.run("d", "%imagegen lock status") == f"{lock} is kept up to date: 3 pictures so far\n"
    assert front.run("d", "%imagegen lock off") == f"{lock} is not kept up to date any more; it still holds\n"
    front.run("d", FOX.replace("fox", "cat"))
    assert pinned(lock) == {"b": [2], "c": [1, 1]}
    assert front.run("e", "print(imgnb.generate('a fox', size='1024x640', quality='low', show=False).take)") == "2\n"
