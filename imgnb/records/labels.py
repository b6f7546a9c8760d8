"""What people have said of an asset: the labels on it, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STAR = "star"
"The tag of what is starred."


@dataclass(frozen=True)
class Labels:
    """Everything that an asset carries: names and tags in alphabetical order, stars, notes in the order they were made."""

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    stars: int | None = None
    "How much it is liked, 1 to 5; None where nobody has said."
    notes: tuple[str, ...] = ()

    @property
    def starred(self) -> bool:
        """Whether it has the tag "star"."""
        return any(tag.casefold() == STAR for tag in self.tags)

    def to_dict(self) -> dict[str, Any]:
        """The labels as plain JSON values."""
        return {"names": list(self.names), "tags": list(self.tags), "stars": self.stars, "notes": list(self.notes)}
