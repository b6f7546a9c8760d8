"""Clients that stream the same picture, one fresh process a sample, taking turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .canned_server import serving
from .places import fresh
from .table import Line, ratios

PAUSE = 1.2
"Seconds after each partial: more than two updates of the display, so that no partial is passed over."


class Rivals:
    """What clients of one API have cost. Clients are kinds of `streaming_client`, "paused" behind those that are, and what they do."""

    def __init__(self, api: str, clients: Mapping[str, str], rounds: int) -> None:
        self._clients = clients
        self._cpu: dict[str, list[float]] = defaultdict(list)
        self._above: dict[str, list[float]] = defaultdict(list)
        with serving() as server:
            for _ in range(rounds):
                for client in clients:
                    kind, _, paused = client.partition(" ")
                    measured = fresh("streaming_client", kind, api, base_url=server.url(PAUSE if paused else 0))
                    self._cpu[client].append(measured["cpu"])
                    self._above[client].append(measured["above"])

    def cpu(self) -> list[Line]:
        """The CPU time of each."""
        return [Line(f"CPU, {what}", self._cpu[client], "ms") for client, what in self._clients.items()]

    def ratio(self, client: str, bound: float | None = None, *, to: str = "sdk") -> Line:
        """The CPU time of one over that of the SDK."""
        return Line(f"CPU / SDK's, {self._clients[client]}", ratios(self._cpu[client], self._cpu[to]), "", bound)

    def memory(self, client: str, bound: float | None = None) -> Line:
        """How far above rest its memory went."""
        return Line(f"memory above rest, {self._clients[client]}", self._above[client], "MB", bound)
