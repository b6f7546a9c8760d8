"""How lineages and searches are drawn, whatever stands in the prompts."""

from __future__ import annotations

import hashlib
import pickle
import re
from pathlib import Path
from types import MappingProxyType

import pytest

from imgnb.records import Asset, Found, Generation, Lineage, Link, Node
from imgnb.records.wording import difference, one_line

HOSTILE = (
    'end"] --> x["<script>alert(1)</script>',
    "a]\nclick a href \"javascript:alert(1)\"",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "`**bold**` #quot; &lt; | } { ( )",
    "\u202egnp.exe\x1b[2J\u2028x",
    'subgraph "x"\nend',
)  # fmt: skip


def asset(name: str) -> Asset:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Asset(digest, "image/png", 1, 4, 4, False, 1, "2026-11-24T12:00:00.000Z", Path("library"))


def drawn(links: str, prompt: str = "fox", left_out: int = 0) -> Lineage:
    """A lineage of one-letter assets: "ab bc" means that b was made of a, and c of b; the first letter was asked for."""
    letters = list(dict.fromkeys(links.replace(" ", "")))
    assets = tuple(asset(letter) for letter in letters)
    pairs = tuple(
        Link(asset(pair[0]).sha256, asset(pair[1]).sha256, "image") for pair in links.split() if len(pair) > 1
    )
    nodes = {a.sha256: Node(a.sha256, (letter,), prompt, prompt) for letter, a in zip(letters, assets, strict=True)}
    return Lineage(assets[0], assets, pairs, MappingProxyType(nodes), left_out)


def shape(lineage: Lineage) -> str:
    """The tree with a letter for each node."""
    letters = {node.asset[:12]: node.names[0] for node in lineage.labels.values()}
    text = re.sub(r"@(\w{12})( \w)? · fox", lambda match: letters[match[1]], lineage.text())
    return re.sub(r"@(\w{12})", lambda match: letters[match[1]], text)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("a", "a  ◀"),
        ("ab bc", "a  ◀\n↓ b\n↓ c"),
        ("ab ac cd", "a  ◀\n├─ b\n└─ c\n   ↓ d"),
        ("ab bc ad de", "a  ◀\n├─ b\n│  ↓ c\n└─ d\n   ↓ e"),
        ("ab ca", "c\n↓ a  ◀\n↓ b"),
        ("ab cb", "c\n↓ b\na  ◀\n↓ ↑ b"),
        ("ab ba", "b\n↓ a  ◀\n↓ ↑ b"),
    ],
    ids=["alone", "chain", "branches", "two chains", "in the middle", "two roots", "circle"],
)
def test_a_tree_has_its_roots_at_the_top(links: str, expected: str) -> None:
    """A chain goes straight down, branches are drawn, what was drawn before is only named."""
    assert shape(drawn(links)) == expected


@pytest.mark.parametrize("prompt", HOSTILE, ids=lambda prompt: repr(prompt[:12]))
def test_prompts_in_a_chart_are_text(prompt: str) -> None:
    """Nothing in a prompt can end its label, or be a tag, a link, a directive or a line of its own."""
    lines = drawn("ab", prompt).mermaid().splitlines()

    assert len(lines) == 5
    for line in lines[1:3]:
        label = re.fullmatch(r'    n[0-9a-f]{16}\["(@[0-9a-f]{12} \w<br/>(?:[^\W_]|[ .,+−·…@-]|#\d+;)*)"\]', line)
        assert label, line
    assert re.fullmatch(r"    n[0-9a-f]{16} --> n[0-9a-f]{16}", lines[3])


@pytest.mark.parametrize("prompt", HOSTILE, ids=lambda prompt: repr(prompt[:12]))
def test_prompts_in_a_tree_stay_on_their_line(prompt: str) -> None:
    """No control character reaches the terminal."""
    lines = drawn("ab", prompt).text().split("\n")

    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("prompt", "before", "expected"),
    [
        ("a red fox by night", "a red fox in snow", "+by night −in snow"),
        ("A red fox", "a red fox", ""),
        ("a red fox", None, "a red fox"),
        ("make the sky darker", "a red fox in the snow", "make the sky darker"),
        ("a fox, at night, with a moon", "a fox with a moon", "+at night"),
        ("a fox with a moon", "a fox, at night, with a moon", "−at night"),
        ("雪地里的红狐狸", "雪地里的白狐狸", "+红 −白"),
        ("", "a fox", ""),
    ],
    ids=["replaced", "same", "first", "nothing alike", "added", "removed", "Chinese", "empty"],
)
def test_a_difference_is_a_few_words(prompt: str, before: str | None, expected: str) -> None:
    """What came in and what went out, as it was written; the whole prompt where nothing is alike."""
    assert difference(prompt, before) == expected


def test_a_long_prompt_is_cut() -> None:
    """At its end, with a sign that says so."""
    assert one_line("a  fox\n" * 100, 10) == "a fox a f…"


def test_a_search_is_a_list_that_shows_itself() -> None:
    """It equals a list, a part of it is one, too, and it has a line for each generation also without any picture."""
    found = Found(
        Generation(f"01{n}", "r1:x", 1, "succeeded", "generate", "fox", "local", "m", "2026-11-24") for n in range(3)
    )

    assert found == list(found) == pickle.loads(pickle.dumps(found))
    assert isinstance(found[:2], Found)
    assert repr(found) == "\n".join(map(repr, found))
    data, metadata = found._repr_mimebundle_()
    assert len(data) == 2
    assert not any(generation.id in data["text/plain"] for generation in found)
    assert Found()._repr_mimebundle_()[0]["text/plain"] == "nothing was found"
    assert metadata["imgnb"]["assets"] == []
