"""Edits of large pictures, by every way on which pictures go to a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imgnb.events import Cancel, Event
from imgnb.records import Asset
from imgnb.workspace import Workspace


@dataclass(frozen=True)
class Way:
    """How pictures are sent: where they go, what a route's table says of it, and what the order does."""

    path: str
    route: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)


WAYS = {
    "multipart": Way("/images/edits"),
    "json": Way("/images/edits", {"edit_body": "json"}),
    "array": Way("/images/generations", {"edit_body": "image_array"}),
    "responses": Way("/responses", order={"via": "responses"}),
    "files": Way("/files", {"files": True}, {"via": "responses", "image_input": "file"}),
    "chat": Way("/chat/completions", order={"via": "chat"}),
}


def table(url: str, way: Way) -> dict[str, Any]:
    """The table of a route at this URL that sends pictures this way."""
    return {"base_url": url, "also_speaks": ["responses", "chat"], **way.route}


def edit(
    workspace: Workspace, way: Way, pictures: Sequence[Asset], prompt: str = "a red fox", cancel: Cancel | None = None
) -> Iterator[Event]:
    """The events of an edit of these pictures."""
    size = {} if way.order.get("via") == "chat" else {"size": "1024x640"}
    request = workspace.request(prompt, images=list(pictures), **size)
    return workspace.run(workspace.order(request, **way.order), cancel)
