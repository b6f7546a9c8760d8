"""What a cell shows while its picture is drawn, and what stays of it."""

from __future__ import annotations

import json

from .conftest import loading

FOX = "%%imagegen --route openai --partial-images 3 --size 1536x1024\na fox in the snow"


def test_one_output_sharpens_in_place(lab, slow):
    """The one image goes from waiting over partials to final; there is never a second output, nor another size."""
    lab.open(lab.write("sharpens", slow, FOX))
    lab.run(0)
    lab.record(1)

    lab.start(1)
    lab.until_stage(1, "waiting")
    lab.screenshot("waiting")
    lab.until_stage(1, "partial")
    lab.screenshot("partial")
    lab.until_done()
    lab.until_stage(1, "final")
    lab.screenshot("final")

    seen = [look for look in lab.recorded() if look["source"]]
    stages = list(dict.fromkeys(look["stage"] for look in seen))
    assert stages == ["waiting", "partial", "final"]
    assert len({look["source"] for look in seen}) >= 4
    assert {look["outputs"] for look in seen} == {1}
    assert {look["images"] for look in seen} == {1}
    assert {(look["width"], look["height"]) for look in seen} == {("640", "427")}


def test_time_and_stage_are_painted(lab, serve):
    """As long as nothing comes, not even headers, the placeholder is painted anew; and an interrupt ends it."""
    lab.open(lab.write("painted", loading(serve("silent=600").said), FOX))
    lab.run(0)
    lab.record(1)

    lab.start(1)
    lab.until("() => new Set(window.seen.map(look => look.stage === 'waiting' && look.source)).size >= 4")
    lab.command("notebook:interrupt-kernel")
    lab.until_done()

    assert [output["output_type"] for output in lab.outputs(1)] == ["display_data", "error"]
    assert lab.outputs(1)[1]["traceback"][0].startswith("imgnb: cancelled after")


def test_the_saved_notebook_holds_one_small_picture(lab, slow):
    """One display_data with a picture and its text; what varies is metadata, and the file stays small."""
    notebook = lab.write("saved", slow, FOX)
    lab.open(notebook)
    lab.run()

    outputs = lab.saved(notebook)["cells"][1]["outputs"]

    assert [output["output_type"] for output in outputs] == ["display_data"]
    assert set(outputs[0]["data"]) == {"image/jpeg", "text/plain"}
    assert "".join(outputs[0]["data"]["text/plain"]) == "a fox in the snow"
    assert outputs[0]["metadata"]["imgnb"]["stage"] == "final"
    assert len(json.dumps(outputs)) <= 200_000
