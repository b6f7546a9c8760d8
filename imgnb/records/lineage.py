"""How assets hang together: what one was made of and what was made of it, as one value that can be drawn.

Links lead from an asset that went in to the one that came out. How it looks is the affair of `tree.py` and
`mermaid.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError
from .asset import Asset
from .shown import Shown

if TYPE_CHECKING:
    from ..pictures import Preview

PAGE = 1000
"CSS pixels that a lineage may be high on the page: its words are to be read."

THUMBNAIL = 256
"Pixels of a picture's longer side in a lineage."


@dataclass(frozen=True)
class Link:
    """One asset was made of another: by a generation, or here, where `generation` is None."""

    parent: str
    child: str
    role: str
    'What the parent was: "image", "mask", "markup", "turn" (of a conversation), or the kind of a derivation.'
    position: int = 0
    generation: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The link as plain JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Node:
    """An asset in a lineage, and what tells it from its neighbours."""

    asset: str
    names: tuple[str, ...] = ()
    prompt: str | None = None
    "The prompt of the newest generation that made it; None where none did."
    difference: str = ""
    "How that differs from the prompt of what it was made from; of a derivation, its kind; the whole where nothing is alike."
    generation: str | None = None
    when: str = ""
    "UTC, ISO 8601."

    def to_dict(self) -> dict[str, Any]:
        """The node as plain JSON values."""
        return {**vars(self), "names": list(self.names)}


@dataclass(frozen=True, repr=False)
class Lineage(Shown):
    """The ancestors and descendants of an asset, the nearest first, and the links between them."""

    asset: Asset
    "The one that was asked for."
    assets: tuple[Asset, ...]
    "It, and the nearest of its relatives."
    links: tuple[Link, ...] = ()
    labels: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    "What is to be said of each of the assets, by hash."
    left_out: int = 0
    "Relatives that are farther away than the limit allowed."

    def __getstate__(self) -> dict[str, Any]:
        """For pickle, which does not know read-only mappings."""
        return {**vars(self), "labels": dict(self.labels)}

    def __repr__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """The lineage as plain JSON values."""
        return {
            "asset": self.asset.sha256,
            "assets": [asset.to_dict() for asset in self.assets],
            "links": [link.to_dict() for link in self.links],
            "labels": {sha256: node.to_dict() for sha256, node in self.labels.items()},
            "left_out": self.left_out,
        }

    def picture(self) -> Preview:
        """The lineage as one picture: thumbnails with prompts, and lines that say what came from what."""
        from ..pictures import stored_preview
        from ..pictures.tree import TreeNode, tree_picture

        nodes = []
        for asset in self.assets:
            small = None
            with suppress(ImgnbError, OSError):
                small = stored_preview(asset, THUMBNAIL)
            nodes.append(TreeNode(asset.sha256, small, self._title(asset), self._words(asset)))
        links = [(link.parent, link.child, link.role) for link in self.links]
        return tree_picture(nodes, links, marked=self.asset.sha256)

    def _title(self, asset: Asset) -> str:
        node = self.labels.get(asset.sha256)
        return " ".join(f"@{name}" for name in node.names) if node and node.names else f"@{asset.sha256[:7]}"

    def _words(self, asset: Asset) -> str:
        """What is to be said of it: how its prompt differs from its parent's, its prompt, or what it was given as."""
        node = self.labels.get(asset.sha256)
        if node is not None and (node.difference or node.prompt):
            return node.difference or node.prompt or ""
        return "" if asset.source.startswith("pixels:") else asset.source

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from ..pictures import bundle_of

        facts = {"assets": [asset.sha256 for asset in self.assets], "lineage": self.asset.sha256}
        return bundle_of(self.picture(), alt=self._alt(), facts=facts, tallest=PAGE)

    def _alt(self) -> str:
        from ..pictures.tree import TreeNode, tree_alt

        nodes = [TreeNode(asset.sha256, None, self._in_words(asset), "") for asset in self.assets]
        links = [(link.parent, link.child, link.role) for link in self.links]
        edits = len({link.generation for link in self.links if link.generation})
        said = tree_alt(nodes, links, marked=self.asset.sha256, edits=edits)
        return f"{said}; {self.left_out} more are farther away" if self.left_out else said

    def _in_words(self, asset: Asset) -> str:
        """Its name, or what is said of it: a hash tells a listener nothing."""
        node = self.labels.get(asset.sha256)
        if node is not None and (node.names or node.prompt):
            return self._title(asset) if node.names else node.prompt or ""
        return self._words(asset) or "a picture"

    def text(self) -> str:
        """The lineage as a tree for a terminal, what everything was made of at the top."""
        from .tree import tree

        return tree(self)

    def mermaid(self) -> str:
        """The lineage as a Mermaid flowchart. Prompts in it are text and nothing else."""
        from .mermaid import flowchart

        return flowchart(self)
