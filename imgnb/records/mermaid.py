"""A lineage as a Mermaid flowchart.

Prompts are anybody's text: every character that is no letter, digit or harmless sign is written as its number, so that
nothing in it can end the label, begin a tag, a link or a directive.
"""

from __future__ import annotations

from .lineage import Lineage, Node
from .wording import one_line

WIDTH = 50
"Characters of a prompt, or of what is new in it."

_HARMLESS = frozenset(" .,+−·…@-")


def flowchart(lineage: Lineage) -> str:
    """The chart, from what went in down to what came of it; the asset that was asked for has a thick border."""
    lines = ["flowchart TD"]
    lines += [f'    {_id(node.asset)}["{_label(node)}"]' for node in lineage.labels.values()]
    for link in lineage.links:
        role = "" if link.role == "image" else f'|"{escape(one_line(link.role, WIDTH))}"|'
        lines.append(f"    {_id(link.parent)} -->{role} {_id(link.child)}")
    lines.append(f"    style {_id(lineage.asset.sha256)} stroke-width:4px")
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """The text as Mermaid takes it for nothing but text."""
    return "".join(sign if sign.isalnum() or sign in _HARMLESS else f"#{ord(sign)};" for sign in text)


def _id(sha256: str) -> str:
    # Beginning with a letter of its own: a hash may begin like a number or a word of the language.
    return f"n{sha256[:16]}"


def _label(node: Node) -> str:
    said = one_line(node.difference or node.prompt or "", WIDTH)
    head = " ".join([f"@{node.asset[:12]}", *node.names])
    return "<br/>".join(escape(part) for part in (head, said) if part)
