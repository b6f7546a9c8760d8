"""`%imagegen studio`."""

from __future__ import annotations

import pytest


def test_the_line_opens_a_studio(shell):
    """Options fill its form."""
    studio = shell.run_line_magic("imagegen", "studio --size 1536x1024 --quality low")

    assert studio.form == {"prompt": "", "size": "1536x1024", "quality": "low"}
    studio.close()


def test_a_wrong_option_is_said(shell):
    """As any other magic says it."""
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match="no option --sise"):
        shell.run_line_magic("imagegen", "studio --sise 7")


def test_a_prompt_may_begin_with_that_word(shell):
    """Words after it are a prompt."""
    made = shell.run_line_magic("imagegen", "studio light on a red chair")

    assert made.prompt == "studio light on a red chair"
