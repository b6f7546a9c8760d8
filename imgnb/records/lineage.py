"""How assets hang together: what one was made of and what was made of it, as one value that can be drawn.

Links lead from an asset that went in to the one that came out. How it looks is the affair of `tree.py` and
`mermaid.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .asset import Asset


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
class Lineage:
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

    def text(self) -> str:
        """The lineage as a tree for a terminal, what everything was made of at the top."""
        from .tree import tree

        return tree(self)

    def mermaid(self) -> str:
        """The lineage as a Mermaid flowchart. Prompts in it are text and nothing else."""
        from .mermaid import flowchart

        return flowchart(self)
