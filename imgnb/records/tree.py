"""A lineage as a tree of lines for a terminal.

An only child stands below its parent, because a chain of edits would else run out of the page. What was drawn before
is only named again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .lineage import Lineage, Link
from .wording import one_line

WIDTH = 60
"Characters of a prompt, or of what is new in it."

ASKED = "  ◀"


def tree(lineage: Lineage) -> str:
    """The lines, roots first, the asset that was asked for marked."""
    lines = list(_lines(lineage))
    if lineage.left_out:
        lines.append(f"… and {lineage.left_out:,} farther away")
    return "\n".join(lines)


def _lines(lineage: Lineage) -> Iterator[str]:
    children: dict[str, list[Link]] = defaultdict(list)
    for link in lineage.links:
        if all(link.child != other.child for other in children[link.parent]):
            children[link.parent].append(link)
    drawn: set[str] = set()
    for root in _roots(lineage):
        # A stack, because a chain may be longer than Python's. Each entry: what leads to it, and what is below it.
        stack: list[tuple[str, str, Link | None, str]] = [("", "", None, root)] if root not in drawn else []
        while stack:
            before, below, by, sha256 = stack.pop()
            if sha256 in drawn:
                yield f"{before}↑ @{sha256[:12]}"
                continue
            drawn.add(sha256)
            yield before + _said(lineage, sha256, by)
            stack += reversed(list(_branches(below, children[sha256])))


def _branches(below: str, links: list[Link]) -> Iterator[tuple[str, str, Link | None, str]]:
    for number, link in enumerate(links, 1):
        if len(links) == 1:
            yield f"{below}↓ ", below, link, link.child
        elif number < len(links):
            yield f"{below}├─ ", f"{below}│  ", link, link.child
        else:
            yield f"{below}└─ ", f"{below}   ", link, link.child


def _roots(lineage: Lineage) -> Iterator[str]:
    """What was made of nothing here; then, for those that go round in a circle, the farthest ones."""
    made = {link.child for link in lineage.links}
    hashes = [asset.sha256 for asset in reversed(lineage.assets)]
    yield from (sha256 for sha256 in hashes if sha256 not in made)
    yield from (sha256 for sha256 in hashes if sha256 in made)


def _said(lineage: Lineage, sha256: str, link: Link | None) -> str:
    node = lineage.labels[sha256]
    role = "" if link is None or link.role == "image" or link.role == node.difference else f"({one_line(link.role)}) "
    names = "".join(f" {name}" for name in node.names)
    words = node.difference if link is not None else node.prompt
    said = f" · {role}{one_line(words, WIDTH)}" if words else f" · {role}same prompt" if node.prompt else ""
    return f"@{sha256[:12]}{names}{said}{ASKED if sha256 == lineage.asset.sha256 else ''}"
