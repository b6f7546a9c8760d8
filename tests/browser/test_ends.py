"""How a run can end otherwise than with a picture, and how what was lost comes back."""

from __future__ import annotations

import json
import subprocess
import sys

from imgnb import Library
from imgnb.events import Cancel

from .conftest import loading

FOX = "%%imagegen --route openai --partial-images 3 --size 1536x1024 -o fox\na fox in the snow"


def test_an_interrupt_ends_in_one_line_and_a_strip(lab, slow):
    """One line and a strip in place of the picture; the library says `cancelled`, and the next cell works."""
    notebook = lab.write("interrupted", slow, FOX, "6 * 7")
    lab.open(notebook)
    lab.run(0)
    lab.start(1)
    lab.until_stage(1, "partial")

    lab.command("notebook:interrupt-kernel")
    lab.until_done()
    lab.until_stage(1, "cancelled")
    lab.screenshot("cancelled")
    lab.run(2)

    strip, error = lab.outputs(1)
    assert strip["metadata"]["image/jpeg"]["height"] == 48
    assert len(error["traceback"]) == 1
    assert error["traceback"][0].startswith("imgnb: cancelled after")
    assert lab.outputs(2)[0]["data"]["text/plain"] == "42"
    with Library(notebook.parent / "library") as library:
        assert [generation.status for generation in library] == ["cancelled"]


def test_an_error_is_one_message_and_stops_run_all(lab):
    """No traceback, no grey page, and the cells below do not run."""
    wrong = "%%imagegen --route local --size 7x7\na fox"
    lab.open(lab.write("error", "%load_ext imgnb", wrong, "print('went on')"))

    lab.run()
    lab.screenshot("error")

    (error,) = lab.outputs(1)
    assert error["output_type"] == "error"
    assert error["ename"] == "SizeUnsupported"
    assert len(error["traceback"]) <= 2
    assert "Traceback" not in "".join(error["traceback"])
    assert lab.outputs(2) == []


def test_a_failed_run_leaves_a_strip(lab, serve):
    """What was announced and did not come is a strip, with the reason."""
    lab.open(lab.write("failed", loading(serve("moderation").said), FOX))

    lab.run()
    lab.screenshot("failed")

    strip, error = lab.outputs(1)
    assert strip["metadata"]["imgnb"]["stage"] == "failed"
    assert error["ename"] == "PolicyRefused"


def test_a_reload_loses_nothing(lab, slow):
    """The kernel finishes without the page; `%imagelib show @last` and `imgnb repair` bring the picture back."""
    notebook = lab.write("reloaded", slow, FOX, "%imagelib show @last")
    lab.open(notebook)
    lab.run(0)
    lab.start(1)
    lab.until_stage(1, "partial")
    facts = lab.outputs(1)[0]["metadata"]["imgnb"]
    lab.command("docmanager:save")

    lab.load()
    with Library(notebook.parent / "library") as library:
        assert library.wait(facts["generation"], Cancel(), 60)
        assert library.generation(f"@{facts['generation']}").status == "succeeded"
    lab.open(notebook)
    lab.run(2)
    lab.until_stage(2, "final")
    lab.close()

    assert stages(notebook)[1] == ["partial"]
    command = [sys.executable, "-m", "imgnb", "repair", str(notebook), "--json"]
    done = subprocess.run(command, cwd=notebook.parent, capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["restored"]) == 1
    assert stages(notebook)[1] == ["final"]


def stages(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [[output["metadata"]["imgnb"]["stage"] for output in cell["outputs"]] for cell in cells]
