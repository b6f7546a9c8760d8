"""A picture that goes into a request, as a value: what it is, where its bytes lie, and what part it plays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["image", "mask", "markup"]


@dataclass(frozen=True)
class Reference:
    """A stored picture that goes into a request. `path` holds its bytes; `source` says what the user wrote.

    `sha256` is the identity: the picture as it was given. Where the route gets a conversion in its stead, `sent` is the
    hash of that, and path, media_type, size and bytes are the conversion's.
    """

    sha256: str
    media_type: str
    path: Path = field(repr=False)
    role: Role = "image"
    width: int | None = None
    height: int | None = None
    has_alpha: bool | None = None
    bytes: int = 0
    source: str = ""
    url: str | None = None
    "Where others can fetch it, for references that the user named by an https link."
    sent: str | None = None
    note: str = ""
    "What was done with it that its user should know."

    @property
    def content(self) -> str:
        """The SHA-256 of the bytes at `path`."""
        return self.sent or self.sha256
