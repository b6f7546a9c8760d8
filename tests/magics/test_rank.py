"""`%imagelib rank`: the ranking by choices as a cell's value."""

from __future__ import annotations

from imgnb.workspace import current


def test_the_magic_ranks_what_a_query_finds(shell) -> None:
    """The line is the query, quotes and all."""
    for prompt in ("a red fox", "a fox in winter"):
        shell.run_cell(f"%%imagegen --size 1024x640\n{prompt}")
    library = current().library
    winter, fox = (generation.asset for generation in library.find())
    library.choose(winter, fox)

    assert shell.run_cell("%imagelib rank").result.assets == (winter, fox)
    assert shell.run_cell('%imagelib rank "red fox"').result.assets == (fox,)
