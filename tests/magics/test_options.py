"""From a line and body to what is wanted."""

from __future__ import annotations

import pytest

from imgnb.display.cell_source import hoisted, prompt_of
from imgnb.display.magic_line import UsageInvalid, parse
from imgnb.magics.options import help_text
from imgnb.request import PARAMS
from imgnb.request.options import OPTIONS


def test_long_and_short_options_are_the_sdks_names():
    """`--size 1024x1024`, `--size=1024x1024` and `-s 1024x1024` are the same."""
    for line in ("--size 1024x1024 -n 2", "--size=1024x1024 --n=2", "-s 1024x1024 -n=2"):
        assert parse(line, "a fox").params == {"size": "1024x1024", "n": 2}


def test_every_parameter_of_the_request_has_an_option():
    """Nothing that can be asked is missing from the magic."""
    assert set(PARAMS) <= {option.sets for option in OPTIONS}


def test_prompts_keep_their_apostrophes_dollars_and_backslashes():
    """A prompt is prose, not shell."""
    prompt = r"a cat's hat for $5 and ${zz} \n {x}"

    assert parse(prompt).prompt == prompt
    assert parse("", prompt).prompt == prompt


def test_double_quotes_hold_values_together():
    """A value may have spaces."""
    assert parse('--name "old hero" x').options == {"name": "old hero"}


def test_extras_are_json_where_they_can_be():
    """`-p` passes numbers, truth values and text on, as often as wanted."""
    wanted = parse("-p steps=30 -p style=ink -p hd=true", "x")

    assert wanted.options["extras"] == {"steps": 30, "style": "ink", "hd": True}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--sizee 1", "did you mean --size?"),
        ("--qualty high", "did you mean --quality?"),
        ("--zzz", "--help"),
        ("--size", "needs a value"),
        ("--n two", "whole number"),
        ("--n 99999999999", "whole number"),
        ("--out 3x", "variable's name"),
        ("-p steps", "key=value"),
        ("--dry-run=yes", "takes no value"),
        ('--name "open', "not closed"),
        ("a fox", "lines below"),
        ("--svg nope", "JSON object"),
        ("--out class", "variable's name"),
        ("--mode never", "auto, live, replay"),
        ("--embed all", "preview, full, none"),
    ],
)
def test_a_wrong_line_is_one_sentence_that_helps(line, says):
    """What is wrong, and what would be right."""
    with pytest.raises(UsageInvalid, match=says):
        parse(line, "a fox")


def test_comment_options_and_markers_are_not_part_of_the_prompt():
    """Lines for Quarto and nbval stand above the prompt."""
    assert prompt_of("#| echo: false\n# NBVAL_IGNORE_OUTPUT\n\na fox\n# in ink\n") == "a fox\n# in ink"


def test_a_second_magic_in_the_body_is_refused():
    """It would be sent, and paid for, as a prompt."""
    with pytest.raises(UsageInvalid, match="cell of its own"):
        parse("", "a fox\n%%imagegen\nan owl")


def test_the_magic_is_hoisted_above_comment_lines():
    """The same cell works in Quarto and in Jupyter."""
    lines = ["#| label: fig\n", "%%imagegen -n 2\n", "a fox\n"]

    assert hoisted(lines) == ["%%imagegen -n 2\n", "#| label: fig\n", "a fox\n"]
    assert hoisted(["x = 1\n", "%%imagegen\n"]) == ["x = 1\n", "%%imagegen\n"]
    assert hoisted(["%%imagegen\n", "a fox\n"]) == ["%%imagegen\n", "a fox\n"]


def test_edits_take_references_on_the_line():
    """The first one is the base; in a line magic the last word is the prompt."""
    assert parse("@hero figs/a.png", "by night", images=True).images == ("@hero", "figs/a.png")
    wanted = parse('@hero "by night"', images=True)
    assert (wanted.images, wanted.prompt) == (("@hero",), "by night")


def test_help_names_every_option():
    """Help and parser cannot drift."""
    text = help_text("imagegen")

    assert all(option.long in text for option in OPTIONS)
