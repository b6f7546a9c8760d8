"""A conversation in JupyterLab: previews over the Responses API, the next turn, and words below or instead of a picture."""

from __future__ import annotations

SIZE = "--size 1024x1024 --quality low"
ASK = f"--route openai --via responses {SIZE}"


def test_a_turn_sharpens_and_the_next_goes_on_from_it(lab, slow):
    """Previews of a main model's tool are shown as they come, and the second turn changes the first one's picture."""
    lab.open(
        lab.write(
            "turns",
            slow,
            f"%%imagegen {ASK} --partial-images 2 -o first\na red fox in the snow",
            f"%%imagechat --route openai --continue last {SIZE} -o second\ndraw it at night, under a moon",
            "print(second.continues == first.id, second.continued_by)",
        )
    )
    lab.run(0)
    lab.record(1)
    lab.start(1)
    lab.until_stage(1, "partial")
    lab.screenshot("turn-partial")
    lab.until_done()
    lab.until_stage(1, "final")
    lab.run(2)
    lab.until_stage(2, "final")
    lab.run(3)
    lab.screenshot("turns")

    stages = [now["stage"] for now in lab.recorded()]
    assert [stage for number, stage in enumerate(stages) if stage and stage not in stages[:number]][-2:] == [
        "partial",
        "final",
    ]
    assert [output["output_type"] for output in lab.outputs(2)] == ["display_data", "stream"]
    assert lab.outputs(2)[1]["text"].strip()
    assert lab.outputs(3)[0]["text"].strip() == "True previous_response_id"
    first, second = lab.outputs(1)[0], lab.outputs(2)[0]
    assert first["metadata"]["imgnb"]["assets"] != second["metadata"]["imgnb"]["assets"]


def test_an_answer_in_words_is_read_below_a_strip(lab, serve):
    """Where the main model answers in words, a small strip stands where the picture was to be, and the words below it."""
    from .conftest import loading

    lab.open(
        lab.write(
            "words", loading(serve().said), f"%%imagechat --route openai {SIZE}\nWhy do foxes turn white in winter?"
        )
    )
    lab.run()
    lab.until_stage(1, "final")
    lab.page.set_viewport_size({"width": 480, "height": 800})
    lab.screenshot("words-narrow")

    strip, words = lab.outputs(1)
    assert len(strip["data"]) == 2
    assert strip["data"]["text/plain"] == "Why do foxes turn white in winter?"
    assert words["name"] == "stdout"
    assert lab.picture(1)["height"] < 100
