"""Tab completion of options and values."""

from __future__ import annotations

import pytest

from imgnb.magics import _values, _variables
from imgnb.magics.completion import complete


@pytest.mark.parametrize(
    ("before", "fragment", "among"),
    [
        ("%%imagegen --q", "--q", ["--quality"]),
        ("%%imagegen --quality h", "h", ["high"]),
        ("%%imagegen --size=20", "20", ["2048x2048", "2048x1152"]),
        ("hero = %imagegen --mod", "--mod", ["--model", "--moderation", "--mode"]),
        ("%%imagegen -m gpt-image-2.5-flare -q x", "x", ["xhigh"]),
        ("%%imagegen --mode ", "", ["auto", "live", "replay"]),
        ("%%imagegen --route o", "o", ["openai"]),
        ("%%imageedit @hero --ma", "--ma", ["--mask", "--markup"]),
    ],
)
def test_options_and_their_values_complete(before, fragment, among):
    """What is begun is completed from the capability tables."""
    found = complete(before, _values)

    assert found is not None
    assert found[0] == fragment
    assert set(among) <= set(found[1])


@pytest.mark.parametrize(
    ("before", "fragment", "among"),
    [
        ("%imagelib li", "li", ["lineage"]),
        ("%imagelib find ta", "ta", ["tag:", "take:", "take_wanted:"]),
        ("%imagelib find fox -is:tr", "tr", ["trashed"]),
        ("%imagelib find ref:@h", "@h", ["@hero"]),
        ("%imagelib find tag:w", "w", ["winter"]),
        ("%imagelib find search:f", "f", ["foxes"]),
        ("%imagelib find --co", "--co", ["--count"]),
        ("%imagelib show @h", "@h", ["@hero"]),
        ("%imagelib show ", "", ["@last", "@hero", "--heat-map"]),
        ("%imagelib tag @hero w", "w", ["winter"]),
        ("%%imageedit @he", "@he", ["@hero"]),
        ("%%imageedit @hero $f", "$f", ["$fig"]),
        ("%%imageedit @hero --mask @", "@", ["@hero", "@last"]),
        ("%%imagechat --continue @h", "@h", ["@hero"]),
    ],
)
def test_pictures_names_and_tags_complete(before, fragment, among):
    """What the library has and the notebook's pictures are offered where a picture may stand."""
    there = {"@": ["@last", "@hero"], "$": ["$fig", "$photo"], "tag": ["winter", "cover"], "search": ["foxes"]}

    found = complete(before, lambda sets, model: there.get(sets) or _values(sets, model))

    assert found is not None
    assert found[0] == fragment
    assert set(among) <= set(found[1])
    assert all(word.startswith(fragment) for word in found[1])


def test_used_options_are_not_offered_again():
    """An option is given once."""
    found = complete("%%imagegen --size 1024x1024 --", _values)

    assert found is not None
    assert "--size" not in found[1]
    assert "--quality" in found[1]


@pytest.mark.parametrize("before", ["x = 1", "%timeit --q", "%%imagegen a fo", "print('%%imagegen ')"])
def test_other_lines_are_left_to_others(before):
    """Prompts and foreign magics are not touched."""
    assert complete(before, _values) is None


def test_the_shell_completes_names_and_variables(shell):
    """Names come from the library in force, variables from the notebook; @ and $ belong to the word."""
    from IPython.core.completer import provisionalcompleter

    import imgnb

    imgnb.generate("a fox", size="1024x640", quality="low", name="hero")
    shell.run_cell("from PIL import Image; photo = Image.new('RGB', (2, 2)); number = 3")

    def completed(text):
        with provisionalcompleter():
            return [text[: found.start] + found.text for found in shell.Completer.completions(text, len(text))]

    assert "# a comment\n%%imagegen --route" in completed("# a comment\n%%imagegen --rou")
    assert "x = 1\n%imagelib show @hero" in completed("x = 1\n%imagelib show @he")
    assert "%imagelib show @hero" in completed("%imagelib show @he")
    assert "%%imageedit $photo" in completed("%%imageedit $")
    assert list(_variables(shell)) == ["$photo"]  # old shells add whatever they know to what they are told


def test_the_shell_completes(shell):
    """Through whichever way this IPython has."""
    from IPython.core.completer import provisionalcompleter

    text = "%%imagegen --qual"

    with provisionalcompleter():
        found = [completion.text for completion in shell.Completer.completions(text, len(text))]

    assert any(match.endswith("--quality") for match in found)
