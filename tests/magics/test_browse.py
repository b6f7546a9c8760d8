"""`%imagelib browse`: a link that shows the library for as long as the kernel lives."""

from __future__ import annotations

import httpx
import pytest

from imgnb.commands import browsing


@pytest.fixture(autouse=True)
def _end():
    yield
    browsing.stop()


def test_the_link_is_printed_where_nobody_looks(shell, capsys):
    """A run without a front end gets the address as text, and it opens the library."""
    shell.run_line_magic("imagelib", "browse red fox")

    url = capsys.readouterr().out.strip()

    assert url.endswith("&q=red+fox")
    assert httpx.get(url).headers["location"] == "/-/imgnb?q=red+fox"
