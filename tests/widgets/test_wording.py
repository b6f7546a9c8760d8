"""Hints on a page: what a form has, and no options of a command line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import imgnb
from imgnb.errors import ReplayMissed
from imgnb.request.options import BY_NAME
from imgnb.widgets.wording import CONTROLS, in_words

SOURCES = [
    file
    for layer in ("request", "generation", "providers", "pictures", "library")
    for file in sorted((Path(imgnb.__file__).parent / layer).rglob("*.py"))
]


def texts(file):
    """Each text of a module that is no docstring; what is filled in stands as `x1`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None  # a docstring
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x1" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        ("use --mode auto once", "use “If stored: use it” once"),
        ("use --output-format png or webp", "use “Format: png” or webp"),
        ("check the network, or use --route local", "check the network, or use “Route: local”"),
        ("use another --route for what begins with a picture", "use another “Route” for what begins with a picture"),
        ("--mask-invert turns it round; --force sends it", "mask_invert=True turns it round; force=True sends it"),
        ("add --via responses and a route", "add via='responses' and a route"),
        ("pip install --upgrade imgnb", "pip install --upgrade imgnb"),
        ("reword the prompt; --moderation low is less strict", "reword the prompt; moderation='low' is less strict"),
    ],
    ids=["mode", "value and more", "at the end", "no value", "flags", "no control", "not ours", "low"],
)
def test_options_become_controls_and_arguments(hint, words):
    """An option with a control is named by it, another one as the argument in Python; other programs' stay."""
    assert in_words(hint) == words


def test_no_hint_says_an_option_on_a_page():
    """Whatever the layers below say of an option of imgnb has words for a page."""
    said = [text for file in SOURCES for text in texts(file) if any(name in text for name in BY_NAME if "--" in name)]
    left = [text for text in said if any(word.rstrip(".,;:)") in BY_NAME for word in in_words(text).split())]

    assert len(said) > 20
    assert left == []


def test_the_controls_are_those_of_the_form():
    """What is named as a control stands on the page with this name."""
    page = (Path(imgnb.__file__).parent / "widgets/static/studio_form.js").read_text(encoding="utf-8")

    assert [label for label in CONTROLS.values() if f'"{label}"' not in page] == []


def test_a_refusal_in_a_studio_is_in_words(workspace):
    """What is missing in the library while it is never asked is said with the form's own words."""
    with imgnb.studio("a fox", mode="replay") as studio:
        with pytest.raises(ReplayMissed, match="--mode auto"):
            studio.generate()
        (run,) = studio.state()["runs"]

    assert run["hint"] == "use “If stored: use it” to ask for one"
