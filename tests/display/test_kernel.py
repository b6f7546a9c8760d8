"""In real kernels of the very environment the tests run in: headless, and interrupted."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from contextlib import suppress
from io import BytesIO

import nbformat
import PIL.Image
import pytest

from ..kernels import PATIENCE, running_kernel

FOX = "%%imagegen --route openai --partial-images 2 --size 1024x1024\na fox in the snow"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Silent:
    """A server that takes one request, sends `answer`, says no more, and notices when the client has gone."""

    def __init__(self, answer=b""):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.left = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        with self._listener, self._listener.accept()[0] as connection:
            connection.settimeout(PATIENCE)
            connection.recv(65536)
            connection.sendall(self._answer)
            with suppress(ConnectionResetError):
                while connection.recv(65536):
                    pass
            self.left.set()

    def join(self):
        self._thread.join(PATIENCE)


def partial():
    """The head of an answer, and a stream's first event."""
    data = BytesIO()
    PIL.Image.new("RGB", (1024, 1024), "teal").save(data, "PNG")
    event = {
        "type": "image_generation.partial_image",
        "partial_image_index": 0,
        "b64_json": b64encode(data.getvalue()).decode(),
    }
    return HEAD + f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


@pytest.fixture
def kernel(jupyter):
    """A running kernel: its manager and a client of it."""
    with running_kernel() as kernel:
        yield kernel


def done(client, code):
    """Run a cell as a front end does; its reply and its outputs."""
    outputs = []
    reply = client.execute_interactive(
        code, allow_stdin=True, timeout=PATIENCE, output_hook=outputs.append, stdin_hook=lambda message: None
    )
    return reply["content"], [message["content"] for message in outputs if message["msg_type"] != "status"]


@pytest.mark.parametrize(
    ("answer", "stage"), [(b"", "waiting"), (partial(), "partial")], ids=["before-headers", "between-partials"]
)
def test_an_interrupt_hangs_up_and_is_one_line(kernel, jupyter, answer, stage):
    """The server sees the client go, the library says `cancelled`, and the next cell works."""
    manager, client = kernel
    server = Silent(answer)
    done(client, "%load_ext imgnb")
    done(client, f"%env OPENAI_BASE_URL={server.url}")
    done(client, "%env OPENAI_API_KEY=dummy")
    stages, printed = [], []

    def watch(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])
        if message["msg_type"] not in ("display_data", "update_display_data"):
            return
        stages.append(message["content"]["metadata"]["imgnb"]["stage"])
        if stages.count(stage) == 1 and stages[-1] == stage:
            manager.interrupt_kernel()

    # A kernel that stops on errors also drops what arrives just after one: ipykernel 6 here dropped the next cell.
    reply = client.execute_interactive(
        FOX,
        allow_stdin=True,
        stop_on_error=False,
        timeout=PATIENCE,
        output_hook=watch,
        stdin_hook=lambda message: None,
    )
    server.join()

    assert server.left.is_set()
    assert reply["content"]["ename"] == "Cancelled"
    (line,) = reply["content"]["traceback"]
    assert line.startswith("imgnb: cancelled after")
    assert printed == []
    assert stages[-1] == "cancelled"
    assert done(client, "6 * 7")[0]["status"] == "ok"
    assert [generation.status for generation in jupyter.library] == ["cancelled"]


@pytest.mark.parametrize(
    ("cell", "outputs"),
    [
        ("import imgnb\nimgnb.generate('a fox', size='1024x640')", 1),
        ("fox = imgnb.generate('a fox', size='1024x640')\n6 * 7", 2),
        ("imgnb.generate('a fox', size='1024x640', show=False)\nNone", 0),
        ("_ = await imgnb.agenerate('a fox', size='1024x640')", 0),
    ],
    ids=["value", "bound", "hidden", "awaited"],
)
def test_a_call_shows_its_picture_once(jupyter, tmp_path, cell, outputs):
    """`imgnb.generate` shows what the magic would, and being the cell's value does not show it again."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in ("import imgnb", cell)])

    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()

    assert len(notebook.cells[1].outputs) == outputs
    for output in notebook.cells[1].outputs[:1]:
        assert output.output_type == "display_data"
        assert output.metadata["imgnb"]["stage"] == "final"
    assert [made.kernel is not None for made in jupyter.library] == [True]


def test_headless_runs_show_one_picture(jupyter, tmp_path):
    """In nbclient there is neither placeholder nor partial: one display, whatever the stack."""
    from nbclient import NotebookClient

    cells = ["%load_ext imgnb", "%%imagegen --size 1024x640 -o fox\na fox in the snow", "fox.status"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])

    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()

    (output,) = notebook.cells[1].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {"image/jpeg", "text/plain"}
    assert output.metadata["imgnb"]["stage"] == "final"
    assert notebook.cells[2].outputs[0].data["text/plain"] == "'succeeded'"
