"""How one call is made, and what is conceded when a server turns that down: another address, no stream, other words.

A concession is no retry: what was turned down was not drawn, and the next call is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import ProviderError
from ..providers.provider import WAYS, Way
from ..providers.refusals import FileForgotten, StreamingRefused, TurnForgotten
from ..providers.routes import Route
from ..providers.unreachable import Unreachable
from ..request.turn import Turn


@dataclass(frozen=True)
class Approach:
    """Where the call goes and how it is made."""

    base_url: str
    stream: bool
    way: Way | None = None
    "How the server is reminded of the turn that the request goes on from."
    files: bool = False
    "Whether pictures are named as files that the server was sent."
    files_again: bool = False
    "Whether files that the server was sent before are sent once more."
    unreached: tuple[str, ...] = ()
    "Addresses that could not be reached on the way to this one."


def first_approach(route: Route, base_url: str, stream: bool, turn: Turn | None, *, files: bool = False) -> Approach:
    """The approach to begin with: ids where this server made the turn and may know it, else the pictures themselves."""
    if turn is None:
        return Approach(base_url, stream, files=files)
    there = turn.route == route.name and turn.base_url in route.base_urls
    way: Way = "upload"
    if there and turn.response_id and turn.remembered:
        way = "previous_response_id"
    elif there and turn.call_ids:
        way = "image_generation_call"
    return Approach(base_url, stream, way, files)


def conceded(
    approach: Approach, error: ProviderError, route: Route, turn: Turn | None
) -> tuple[Approach, str, str] | None:
    """Another approach where this error leaves one, what was given up, and a note that says so; None where none is left."""
    if isinstance(error, StreamingRefused) and approach.stream:
        note = f"streaming was turned down ({error.message}); asked again without it"
        return replace(approach, stream=False), "streaming", note
    if isinstance(error, Unreachable) and (other := _untried(approach, route)):
        elsewhere = replace(approach, base_url=other, unreached=(*approach.unreached, approach.base_url))
        return elsewhere, "address", f"{error.message}; asked {other} instead"
    if isinstance(error, FileForgotten) and approach.files and not approach.files_again:
        return (
            replace(approach, files_again=True),
            "file",
            "the server no longer has a file that it was sent; sent again",
        )
    if isinstance(error, TurnForgotten) and turn is not None and (way := _next_way(approach.way, turn)):
        note = f"the server has forgotten the turn ({error.message}); went on by {way.replace('_', ' ')}"
        return replace(approach, way=way), "turn", note
    return None


def _untried(approach: Approach, route: Route) -> str | None:
    tried = (*approach.unreached, approach.base_url)
    return next((url for url in route.base_urls if url not in tried), None)


def _next_way(way: Way | None, turn: Turn) -> Way | None:
    later = WAYS[WAYS.index(way) + 1 :] if way in WAYS else ()
    return next((other for other in later if other != "image_generation_call" or turn.call_ids), None)
