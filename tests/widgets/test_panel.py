"""What every widget does: answers its page, survives what a page may say, and leaves its twin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest

from imgnb.widgets.panel import _sayable
from tests.display.conftest import jupyter
from tests.kernels import PATIENCE, running_kernel
from tests.magics.conftest import _shell, shell, workspace

from .counter import Counter

__all__ = ["_shell", "jupyter", "shell", "workspace"]

ROOT = Path(__file__).parents[2]
LOADS = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tests.widgets.counter import Counter\ncounter = Counter()"
VIEW = "application/vnd.jupyter.widget-view+json"


class Front:
    """A front end: runs cells of a kernel as one that is watched, opens comms and asks by them."""

    def __init__(self, client):
        self._client = client
        client.session.pack = lambda content: json.dumps(
            content, default=str
        ).encode()  # as a browser does, half surrogates and all

    def run(self, code):
        """What came on iopub while the cell ran, as kind, content and buffers."""
        came = []
        reply = self._client.execute_interactive(
            code, allow_stdin=True, timeout=PATIENCE, output_hook=came.append, stdin_hook=lambda message: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return [(message["msg_type"], message["content"], message["buffers"]) for message in came]

    def say(self, comm, content, buffers=()):
        """Send a message to a widget, as its page does."""
        session = self._client.session
        data = {"method": "custom", "content": content}
        message = session.msg("comm_msg", {"comm_id": comm, "data": data})
        session.send(self._client.shell_channel.socket, message, buffers=list(buffers))

    def ask(self, comm, content, buffers=()):
        """The answer, and its buffers."""
        self.say(comm, content, buffers)
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            said = message["content"].get("data", {}).get("content", {}) if message["msg_type"] == "comm_msg" else {}
            if said.get("id") == content["id"]:
                return said, message["buffers"]


@pytest.fixture
def front(jupyter):
    """A front end of a kernel of its own."""
    with running_kernel() as (_, client):
        yield Front(client)


def test_a_page_asks_and_is_answered(front):
    """An answer, a refusal with its hint, an error and bytes; hostile questions are refused, and it goes on."""
    came = front.run(f"{LOADS}\ncounter")
    (comm,) = [content["comm_id"] for kind, content, _ in came if kind == "comm_open" and "_esm" in json.dumps(content)]
    shown = [content for kind, content, _ in came if kind == "display_data"]
    assert [set(content["data"]) for content in shown] == [{VIEW, "text/plain"}, {"image/png", "text/plain"}] or [
        set(content["data"]) for content in shown
    ] == [{VIEW, "text/plain"}, {"image/jpeg", "text/plain"}]
    assert shown[0]["data"][VIEW]["model_id"] == comm

    asked = iter(range(100))

    def ask(word, given, buffers=()):
        return front.ask(comm, {"id": f"q{next(asked)}", "ask": word, "given": given}, buffers)

    assert ask("add", {"by": 2})[0]["result"] == {"count": 2}
    assert ask("add", {"by": "2"})[0].items() >= {"error": "only whole numbers are added", "hint": "say `by`"}.items()
    assert ask("break", {})[0]["error"].startswith("ZeroDivisionError")
    answer, buffers = ask("echo", {}, [b"\0\1", b""])
    assert answer["result"] == {"sizes": [2, 0]}
    assert [bytes(part) for part in buffers] == [b"\0\1", b""]

    for word in ("__init__", "trait_change", "nothing", "", None, 7, ["add"], {"a": 1}, "add\0", "x" * 100_000):
        error = ask(word, {})[0]["error"]
        assert "nothing here answers" in error
        assert len(error) < 200
    for given in (None, 7, "by", [1], True):
        assert "error" in ask("add", given)[0]
    for hashes in (None, "ab", 7, {}, [7], [None], ["ab"] * 201):
        assert "expected a list" in ask("thumbs", {"of": hashes})[0]["error"]
    bad = ["", "\0", "..", "*", "%", "' or 1=1", "last", "\ud800", "a" * 32_000, "0" * 64]
    assert ask("thumbs", {"of": bad})[0]["result"] == {"found": [None] * len(bad)}
    assert "?" in ask("refuse", {"text": "\ud800"})[0]["error"]
    for content in (None, 7, "text", [], {}, {"id": 7, "ask": "add"}, {"ask": "add"}, {"id": None}, {"news": "x"}):
        front.say(comm, content)
    assert ask("add", {"by": 1})[0]["result"] == {"count": 3}


def test_closing_leaves_the_twin(front):
    """The widget's own output becomes a dot, the comm closes, the twin says that it is closed, and nothing is answered."""
    came = front.run(f"{LOADS}\ncounter")
    twin = [content for kind, content, _ in came if kind == "display_data"][1]
    came = front.run("counter.add(1)\ncounter.close()\ncounter.close()\ncounter.add(1)\ncounter.tell('late')")

    updates = [content for kind, content, _ in came if kind == "update_display_data"]
    last = {content["transient"]["display_id"]: content for content in updates}
    assert len(last) == 2
    closed = last.pop(twin["transient"]["display_id"])
    assert closed["metadata"]["imgnb"]["stage"] == "closed"
    assert closed["data"]["text/plain"] == twin["data"]["text/plain"] == "a counter"
    (dot,) = last.values()
    assert dot["metadata"]["image/png"] == {"width": 1, "height": 1}
    assert [kind for kind, _, _ in came if kind.startswith("comm")][-1] == "comm_close"
    shown = [content for kind, content, _ in front.run("counter") if kind == "display_data"]
    assert [set(content["data"]) & {VIEW} for content in shown] == [set()]


def test_a_busy_kernel_loses_no_change(front):
    """What threads change all at once arrives: the page's last state is the last there was."""
    came = front.run(f"{LOADS}\ncounter")
    (comm,) = [content["comm_id"] for kind, content, _ in came if kind == "comm_open" and "_esm" in json.dumps(content)]
    storm = (
        "import threading\n"
        "threads = [threading.Thread(target=lambda: [counter.add(1) for _ in range(50)]) for _ in range(4)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "last = counter.count, counter.widget.state['count']; print(*last)"
    )
    came = front.run(storm)

    printed = "".join(content["text"] for kind, content, _ in came if kind == "stream")  # a busy kernel cuts it
    counted, said = printed.split()
    assert counted == said
    states = [
        content["data"]["state"]["state"]["count"]
        for kind, content, _ in came
        if kind == "comm_msg" and content["comm_id"] == comm and "state" in content["data"].get("state", {})
    ]
    assert states[-1] == int(counted)


def test_headless_there_is_only_the_twin(jupyter, tmp_path):
    """nbclient, papermill and nbval see plain outputs with a constant text; no comm is opened, no thread started."""
    from nbclient import NotebookClient

    cells = (
        f"{LOADS}\ncounter",
        "counter.add(3)",
        "import threading\n'imgnb-desk' in {thread.name for thread in threading.enumerate()}, 'ipywidgets' in sys.modules",
        "counter.close()",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})

    client.execute()

    (twin,) = notebook.cells[0].outputs
    assert VIEW not in twin.data
    assert twin.data["text/plain"] == "a counter"
    assert twin.metadata["imgnb"].items() >= {"widget": "counter", "stage": "closed"}.items()
    assert [cell.outputs for cell in (notebook.cells[1], notebook.cells[3])] == [[], []]
    assert notebook.cells[2].outputs[0].data["text/plain"] == "(False, False)"
    assert "widgets" not in notebook.metadata


def test_a_terminal_is_told_to_open_a_notebook(shell, capsys):
    """There is nothing that could show it."""
    Counter()._ipython_display_()

    assert "open it in a notebook" in capsys.readouterr().out


def test_thumbnails_are_small_files(open_workspace):
    """Each of what is asked for: a file of at most 30 kB, or null for what is not there."""
    here = open_workspace()
    *_, last = here.run(here.order(here.request("a fox in the snow", size="1024x1024")))
    sha256 = last.generation.asset.sha256
    with Counter(here) as counter:
        reply = counter.on_thumbs({"of": [sha256, "0" * 64, sha256]})

    assert [bool(found) for found in reply.data["found"]] == [True, False, True]
    assert [len(data) <= 30_000 for data in reply.buffers] == [True, True]
    assert "ipywidgets.widgets" not in sys.modules or counter._view is None


def test_half_a_character_does_not_stop_a_page(open_workspace):
    """What cannot be sent is said with a question mark, wherever it stands."""
    said = _sayable({"a": ["\ud83e", ("x\udd8a", 1.5, None)], "\ud800": "🦊"})

    assert said == {"a": ["?", ["x?", 1.5, None]], "?": "🦊"}


def test_a_twin_that_cannot_be_painted_says_why(open_workspace):
    """A widget is not lost because a picture is."""

    class Broken(Counter):
        def picture(self):
            raise OSError("the disk is gone")

    with Broken(open_workspace()) as broken:
        picture, facts = broken._drawn()

    assert picture.data
    assert facts["widget"] == "counter"


def test_a_change_while_the_page_is_made_is_on_it(open_workspace):
    """What another thread changes between the state that the page is made of and the page is sent after it."""

    class Overtaken(Counter):
        def state(self):
            told = super().state()
            if not self.count:
                self.add(1)
            return told

    with open_workspace() as workspace, Overtaken(workspace) as panel:
        assert panel.widget.state["count"] == 1
