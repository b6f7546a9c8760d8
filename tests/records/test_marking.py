"""How two prompts differ is shown by their words."""

from __future__ import annotations

import pytest

from imgnb.records.marking import MOST_WORDS, change, marked


@pytest.mark.parametrize(
    ("stored", "asked", "said"),
    [
        pytest.param("a red fox", "a blue fox", "a [-red-] {+blue+} fox", id="word"),
        pytest.param(
            "at dawn on a hill a red fox is looking at the moon",
            "at dawn on a hill a blue fox is looking at the moon",
            "… a hill a [-red-] {+blue+} fox is looking …",
            id="shortened",
        ),
        pytest.param("a fox", "a fox in snow", "a fox {+in snow+}", id="added"),
        pytest.param("a fox in snow", "a fox", "a fox [-in snow-]", id="taken"),
        pytest.param(
            "one a b c d e f g h two", "1 a b c d e f g h 2",
            "[-one-] {+1+} a b c … f g h [-two-] {+2+}", id="far-apart",
        ),
        pytest.param("a  fox", "a fox", "only its white space", id="white-space"),
        pytest.param("赤い狐", "青い狐", "[-赤-] {+青+} い狐", id="no-spaces"),
        pytest.param("a\x1b[31m fox", "a fox", "[-a [31m-] {+a+} fox", id="terminal"),
    ],
)  # fmt: skip
def test_a_change_is_one_line(stored: str, asked: str, said: str) -> None:
    """What was taken out and put in, with a few words around it; nothing in it drives a terminal."""
    assert change(stored, asked) == said


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        pytest.param("x" * 50_000, "y" * 50_000, id="one-word"),
        pytest.param("a " * MOST_WORDS, "b " * MOST_WORDS, id="many-words"),
        pytest.param(
            " ".join(f"w{n} x" for n in range(400)), " ".join(f"v{n} x" for n in range(400)), id="many-changes"
        ),
    ],
)
def test_a_change_of_much_stays_short(stored: str, asked: str) -> None:
    """A page that was pasted does not fill the screen."""
    assert len(change(stored, asked)) < 700


def test_marks_keep_the_whole_text() -> None:
    """Pieces put together are the text, white space and all."""
    one, other = "  a red\n fox ", "a  blue fox\n"

    pieces = marked(one, other)

    assert tuple("".join(text for _, text in runs) for runs in pieces) == (one, other)
    assert [[text for differs, text in runs if differs] for runs in pieces] == [["red"], ["blue"]]
