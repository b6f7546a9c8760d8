"""Everything that runs leave behind, searched for the key: files, notebooks, pages, logs, errors and what was printed.

The server is one that repeats the key wherever it can: in refusals, headers, links, models, revised prompts and broken
answers.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.errors import ImgnbError
from imgnb.events import Failed
from imgnb.workspace import Workspace

from .keyrings import FILLED
from .servers import Answer, Canned, Received

ROOT = Path(__file__).parent.parent
KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"
SMALL = {"size": "1024x640", "quality": "low"}
JSON = {"content-type": "application/json", "x-request-id": f"req_{KEY}"}
STREAM = {**JSON, "content-type": "text/event-stream"}


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1024, 640)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = base64.b64encode(picture()).decode()
REFUSAL = {"error": {"message": f"Incorrect key {KEY}", "code": f"c_{KEY}", "param": KEY, "type": KEY}}
PROMPTS = (
    "well",
    "link",
    "lost link",
    "refused",
    "blocked",
    "down",
    "page",
    "odd",
    "cut",
    "late",
    "bad base64",
    "empty",
)
"What is asked for, and how it ends."


def answer(url: str, prompt: str) -> Answer:
    """What the server says to a prompt; the key is in all of it."""
    said = {"model": f"m-{KEY}", "size": KEY, "quality": KEY, "id": KEY, "usage": {KEY: KEY}}
    error = json.dumps(REFUSAL).encode()
    blocked = {"code": "moderation_blocked", "moderation_details": {"categories": [KEY], "moderation_stage": KEY}}
    whole = json.dumps({**said, "data": [{"b64_json": PICTURE, "revised_prompt": f"a {KEY}"}]}).encode()
    late = json.dumps({"type": "error", **REFUSAL}).encode()
    completed = json.dumps({"type": "image_generation.completed", "b64_json": f"{KEY}!!"}).encode()
    answers: dict[str, Answer] = {
        "well": (200, JSON, whole),
        "link": (200, JSON, json.dumps({**said, "data": [{"url": f"{url}/files/{KEY}?k={KEY}"}]}).encode()),
        "lost link": (200, JSON, json.dumps({"data": [{"url": f"{url}/lost/{KEY}"}]}).encode()),
        "refused": (401, JSON, error),
        "blocked": (400, JSON, json.dumps({"error": {**REFUSAL["error"], **blocked}}).encode()),
        "down": (500, JSON, f"upstream said {KEY}".encode()),
        "page": (200, {**JSON, "content-type": "text/html"}, f"<html><title>{KEY}</title>".encode()),
        "odd": (302, {**JSON, "location": f"https://{KEY}.example/{KEY}"}, b""),
        "cut": (200, JSON, whole[: len(whole) - 50 - len(KEY)] + KEY.encode()),
        "late": (200, STREAM, b"data: " + late + b"\n\n"),
        "bad base64": (200, STREAM, b"data: " + completed + b"\n\n"),
        "unstreamed": (
            400,
            JSON,
            json.dumps({"error": {"message": f"No streaming, {KEY}", "param": "stream"}}).encode(),
        ),
        "empty": (200, JSON, json.dumps({**said, "data": [], "note": KEY}).encode()),
    }
    return answers.get(prompt, answers["well"])


@pytest.fixture
def echoing(canned: Canned, clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> Canned:
    """Route mine, whose server repeats the key; settings and library are the test's own."""

    def generate(request: Received) -> Answer:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        return answer(canned.url, json.loads(request.body)["prompt"])

    canned.answers["/v1/images/generations"] = generate
    canned.answers["/v1/models"] = (401, JSON, json.dumps(REFUSAL).encode())
    canned.answers[f"/files/{KEY}"] = (200, {**JSON, "content-type": "image/png"}, picture())
    canned.answers[f"/lost/{KEY}"] = (404, JSON, f"no {KEY}".encode())
    (tmp_path / "config.toml").write_text(
        f'attempts = 1\n[routes.mine]\nbase_url = "{canned.url}/v1"\nkey_env = "MINE_KEY"\n', encoding="utf-8"
    )
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    clean_environment.setenv("IMGNB_ROUTE", "mine")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        clean_environment.setenv(name, str(tmp_path / name.lower()))
    clean_environment.delenv("JUPYTER_PATH", raising=False)
    clean_environment.setenv("PYTHONPATH", str(ROOT))
    clean_environment.chdir(tmp_path)
    return canned


@pytest.fixture(params=["environment", "keyring"])
def key(
    request: pytest.FixtureRequest, echoing: Canned, clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    """The key of route mine, in its variable or in a keyring, for this process and for those that it starts."""
    if request.param == "environment":
        clean_environment.setenv("MINE_KEY", KEY)
        yield
        return
    import keyring

    from .keyrings import MemoryKeyring

    clean_environment.setenv(FILLED, json.dumps({"mine": KEY}))
    clean_environment.setenv("PYTHON_KEYRING_BACKEND", "tests.keyrings.MemoryKeyring")
    (tmp_path / "keys.json").write_text('["mine"]', encoding="utf-8")
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield
    keyring.set_keyring(before)


def files_with_key(folder: Path) -> list[str]:
    """Every file below the folder that holds the key in its bytes or its name."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in found if KEY.encode() in path.read_bytes() or KEY in path.name]


def spoken(error: BaseException) -> str:
    """All that a traceback, a log or a debugger may show of an error, with the values of its frames."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join([*shown.format(), repr(error), str(error), repr(error.args), repr(vars(error)), *_causes(shown)])


def _causes(shown: Any) -> Iterator[str]:
    """Also of causes that a traceback leaves out."""
    for other in (shown.__cause__, shown.__context__):
        if other is not None:
            yield "\n".join(other.format())
            yield from _causes(other)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_run_leaves_no_key(prompt: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in events, records, errors with the values of their frames, debugging logs nor any file of the library."""
    caplog.set_level(logging.DEBUG)
    with Workspace.open(tmp_path) as workspace:
        stream = True if prompt in ("late", "bad base64", "unstreamed") else None
        order = workspace.order(workspace.request(prompt, stream=stream, **SMALL))

        events = list(workspace.run(order))

        last = events[-1]
        assert isinstance(last, Failed) == (prompt not in ("well", "link"))
        record = workspace.library.find("", status=None)[0]
        said = [repr(events), json.dumps(record.to_dict()), repr(record), repr(workspace.routes), repr(vars(workspace))]
        if isinstance(last, Failed):
            said.append(spoken(last.error))
        assert [text for text in said if KEY in text] == []
        assert files_with_key(tmp_path) == []
    assert files_with_key(tmp_path) == []
    assert caplog.records
    assert [record.getMessage() for record in caplog.records if KEY in record.getMessage()] == []


def test_a_key_that_cannot_be_is_in_no_traceback(
    echoing: Canned, clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor is that of another route, where one is missing: frames hold the environment."""
    clean_environment.setenv("OPENAI_API_KEY", KEY)
    errors = [_error_of_key(tmp_path)]
    clean_environment.setenv("MINE_KEY", f"“{KEY}”")
    errors.append(_error_of_key(tmp_path))
    clean_environment.setenv("IMGNB_MODE", "never")
    errors.append(_error_of_key(tmp_path))

    assert [error.kind for error in errors] == ["auth", "auth", "config"]
    assert [text for text in map(spoken, errors) if KEY in text] == []


def _error_of_key(folder: Path) -> ImgnbError:
    with pytest.raises(ImgnbError) as caught, Workspace.open(folder) as workspace:
        workspace.routes["mine"].key()
    return caught.value


@pytest.mark.usefixtures("key")
def test_errors_of_others_are_left_as_they_are(tmp_path: Path) -> None:
    """What was being handled when a run began keeps its frames, for whoever looks into them afterwards."""

    def other() -> None:
        seen = "a value of somebody else's"
        raise ValueError(len(seen))

    with Workspace.open(tmp_path) as workspace:
        try:
            other()
        except ValueError as exc:
            last = list(workspace.run(workspace.order(workspace.request("refused", **SMALL))))[-1]
            handled = exc

    assert isinstance(last, Failed)
    shown = spoken(handled)  # before the assertion, whose own words are values of this frame
    assert 'seen = "a value of somebody else\'s"' in shown
    assert KEY not in spoken(last.error)


@pytest.mark.usefixtures("key")
def test_a_shell_leaves_no_key(tmp_path: Path) -> None:
    """Whatever is printed, for people or as JSON, and whatever is written."""
    commands = [["generate", prompt, "--size", "1024x640", "--json"] for prompt in PROMPTS]
    commands += [
        ["generate", "refused"],
        ["edit", "link", "nobody.png"],
        ["generate", "well", "--dry-run"],
        ["find", "--status", "any", "--json"],
        ["show", "--json"],
        ["show"],
        ["routes"],
        ["routes", "--json"],
        ["keys", "list"],
        ["keys", "list", "--json"],
        ["doctor"],
        ["doctor", "--json"],
        ["doctor", "--route", "mine", "--probe", "--yes", "--json"],
    ]
    script = (
        "import json, logging, sys\n"
        "from imgnb.cli import main\n"
        "logging.basicConfig(level=logging.DEBUG, filename='debug.log')\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    print('status of', words, main(words))\n"
    )

    done = subprocess.run([sys.executable, "-c", script, json.dumps(commands)], capture_output=True, text=True)

    assert (done.returncode, done.stdout.count("status of [")) == (0, len(commands)), done.stderr
    assert "Traceback" not in done.stderr
    assert "***" in done.stdout
    assert KEY not in done.stdout + done.stderr
    assert (tmp_path / "debug.log").stat().st_size > 1000
    assert files_with_key(tmp_path) == []


@pytest.mark.usefixtures("key")
def test_a_notebook_leaves_no_key(tmp_path: Path) -> None:
    """Executed in a real kernel, with failing cells, verbose tracebacks and debugging logs, then turned into a page."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    cells = [
        "%load_ext imgnb\nimport imgnb, logging, traceback\nlogging.basicConfig(level=logging.DEBUG, force=True)",
        *(f"%%imagegen --size 1024x640 -o made\n{prompt}" for prompt in PROMPTS),
        "made",
        "%imagegen routes",
        "%xmode Verbose",
        *(f"imgnb.generate({prompt!r}, size='1024x640')" for prompt in ("refused", "cut", "lost link")),
        "try:\n    imgnb.generate('refused', size='1024x640')\n"
        "except Exception as exc:\n"
        "    shown = traceback.TracebackException.from_exception(exc, capture_locals=True)\n"
        "    print(*shown.format(), repr(exc), vars(exc))\n    caught = exc\n"
        "raise RuntimeError('a foreign error') from caught",
        "imgnb.library().find('', status=None)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])

    NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()

    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert sum(output.output_type == "error" for output in outputs) >= len(PROMPTS) - 2
    assert "a foreign error" in json.dumps(outputs)
    assert "httpcore" in json.dumps(outputs)
    nbformat.write(notebook, tmp_path / "run.ipynb")
    page, _ = HTMLExporter().from_notebook_node(notebook)
    (tmp_path / "run.html").write_text(page, encoding="utf-8")
    assert files_with_key(tmp_path) == []
    assert os.environ["IMGNB_LIBRARY"] in str(list(tmp_path.rglob("library.db")))
