"""The family tree of pictures as one picture: what came from what, and in which role.

Cards in layers, links between them (tree_layers.py orders them, tree_layout.py finds their places, tree_lines.py paints links). It has a
ground of its own, so that it can be read on white and on dark pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .card import framed, paint_card, readable_picture
from .encode import Preview, encode
from .lettering import readable, wrapped
from .paint import plain_ground
from .placeholder import strip
from .tree_layers import Pair, forward, layers
from .tree_layout import arranged
from .tree_lines import paint_links, paint_roles, role_letters, role_width
from .tree_plan import Layout, Wording

if TYPE_CHECKING:
    from PIL.Image import Image

Link = tuple[str, str, str]
"Key of the parent, key of the child, role: image, mask, turn."

MOST = 120
"Cards; with more, the picture would be nothing but lines."
_MARK = (125, 211, 252)
_NAMED = 3


@dataclass(frozen=True)
class TreeNode:
    """One picture of a family tree."""

    key: str
    picture: Preview | Path | bytes | Image | None
    "None, or what cannot be decoded, leaves a grey card."
    title: str
    text: str


def tree_picture(nodes: Sequence[TreeNode], links: Sequence[Link], *, marked: str | None = None) -> Preview:
    """Return the family tree as a JPEG of at most 1024 pixels across, and 1400 down up to some sixty pictures.

    Links to unknown keys and links that close a circle are left out, and of more than 120 nodes all but the first.
    The card whose key is `marked` has a bright outline.
    """
    known = _known(nodes)
    if not known:
        return strip("no pictures", "note")
    pairs = forward(list(known), [(parent, child) for parent, child, _ in links])
    roles = _roles(links, pairs)
    pictures = {key: readable_picture(node.picture, 512) for key, node in known.items()}
    layout = arranged(layers(list(known), pairs), pairs, _wording(known, pictures, roles))
    image = plain_ground(layout.size)
    paint_links(image, layout, roles)
    for key, node in known.items():
        _paint(image, layout, node, pictures[key], key == marked)
    paint_roles(image, layout, roles)
    return encode(image, alpha=False)


def tree_alt(
    nodes: Sequence[TreeNode], links: Sequence[Link], *, marked: str | None = None, edits: int | None = None
) -> str:
    """Return one sentence that says what the tree shows: "Lineage of @poster: 7 pictures, from chart.png by 3 edits".

    It is the lineage of the marked picture, otherwise of the only one that nothing came from. `edits` is how many there
    were; without it, each picture that came from another counts as one.
    """
    known = _known(nodes)
    pairs = forward(list(known), [(parent, child) for parent, child, _ in links])
    parents, children = {parent for parent, _ in pairs}, {child for _, child in pairs}
    last = [key for key in known if key not in parents]
    subject = marked if marked in known else last[0] if len(last) == 1 else None
    roots = [_named(node) for key, node in known.items() if key not in children and key != subject]
    of = f" of {_named(known[subject])}:" if subject is not None else ":" if children else " of"
    said = f"Lineage{of} {_counted(len(known), 'picture')}"
    said += f", from {_listed(roots)}" if roots and children else ""
    edits = len(children) if edits is None else edits
    return said + (f" by {_counted(edits, 'edit')}" if edits else "")


def _known(nodes: Sequence[TreeNode]) -> dict[str, TreeNode]:
    known: dict[str, TreeNode] = {}
    for node in nodes[:MOST]:
        known.setdefault(node.key, node)
    return known


def _roles(links: Sequence[Link], pairs: Sequence[Pair]) -> dict[Pair, str]:
    """Return what each link says; a picture that went in twice says both."""
    said: dict[Pair, dict[str, None]] = {pair: {} for pair in pairs}
    for parent, child, role in links:
        if (parent, child) in said and (words := readable(role)):
            said[parent, child][words] = None
    return {pair: ", ".join(words) for pair, words in said.items()}


def _wording(known: dict[str, TreeNode], pictures: dict[str, Image | None], roles: dict[Pair, str]) -> Wording:
    count = len(known)
    letters = 20 if count <= 25 else 17 if count <= 40 else 14
    most = 3 if count <= 12 else 2 if count <= 40 else 1
    # Where every text is short, no card keeps room for a long one.
    lines = max(len(wrapped(readable(node.text), letters, 8 * letters, most)) for node in known.values())
    small = role_letters(letters)
    role = max((role_width(role, small) for role in roles.values() if role), default=0)
    shapes = [picture.height / picture.width for picture in pictures.values() if picture]
    return Wording(letters, lines, min(role, 110), max(0.5, min(1.0, max(shapes, default=0.6))))


def _paint(image: Image, layout: Layout, node: TreeNode, picture: Image | None, marked: bool) -> None:
    shape = layout.shape
    view = framed(picture, shape.frame, "no picture", 0.8)  # clear of the roles on its left edge
    lines = wrapped(readable(node.text), shape.letters, shape.frame[0], shape.lines)
    paint_card(image, layout.corners[node.key], shape, view, readable(node.title), lines, _MARK if marked else None)


def _named(node: TreeNode) -> str:
    title = " ".join(node.title.split())
    return (title if len(title) <= 40 else title[:39].rstrip() + "…") or "a picture"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
