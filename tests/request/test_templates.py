"""`{{ name }}` in prompts."""

from __future__ import annotations

import pytest

from imgnb.errors import PromptInvalid
from imgnb.request.templates import fill


def test_names_are_filled_and_recorded():
    """The template and the values that it used are kept, and no others."""
    rendered, template, used = fill("a {{ animal }} in {{ place }}", {"animal": "fox", "place": "snow", "secret": 1})

    assert rendered == "a fox in snow"
    assert template == "a {{ animal }} in {{ place }}"
    assert used == {"animal": "fox", "place": "snow"}


@pytest.mark.parametrize("prompt", ["costs $5 and {braces}", "100 % { } }} {"], ids=["dollar", "braces"])
def test_a_prompt_without_template_is_left_alone(prompt):
    """Dollars, single braces and percent signs are text."""
    assert fill(prompt, {}) == (prompt, None, {})


def test_an_undefined_name_is_named():
    """The error says which variable is missing."""
    with pytest.raises(PromptInvalid, match="'animal' is undefined"):
        fill("a {{ animal }}", {})


def test_a_value_that_cannot_be_written_is_one_clear_error():
    """Templates run code of the user's objects, which may raise anything."""

    class Odd:
        name = "fox"

        def __str__(self):
            raise RuntimeError("no")

    for prompt in ("{{ odd }}", "{{ odd.name }}"):
        with pytest.raises(PromptInvalid, match="RuntimeError"):
            fill(prompt, {"odd": Odd()})


@pytest.mark.parametrize(
    "prompt",
    ["{{ x", "{% for %}", "{{ 1 / 0 }}", "{{ x.__class__.__mro__ }}", "{% include 'a' %}", "{{ 'a' + 1 }}"],
    ids=["open", "syntax", "arithmetic", "escape", "include", "types"],
)
def test_a_bad_or_hostile_template_is_one_clear_error(prompt):
    """No traceback, and no way out of the sandbox."""
    with pytest.raises(PromptInvalid):
        fill(prompt, {"x": 1})
