"""One request on its way to the endpoint that answers it, with all that the endpoint needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...request.capabilities import Capabilities
from .dialects import Dialect
from .faults import LINK_FAULTS
from .ink import Ink
from .memory import Link, Memory


@dataclass(frozen=True)
class Call:
    """A request to an endpoint; `name` is the id in its path."""

    dialect: Dialect
    host: str
    "Scheme and host that links begin with."
    headers: Mapping[str, str]
    body: bytes
    name: str
    faults: Mapping[str, str]
    capabilities: Capabilities
    memory: Memory
    pause: Callable[[], object]
    "Waits as the fault `slow` says."

    @cached_property
    def ink(self) -> Ink:
        return Ink(self.faults)

    def link(self, name: str, media_type: str, data: bytes) -> str:
        """The address under which these bytes are served from now on, or which a fault gives instead."""
        if address := self.faults.get("bad_link"):
            return address
        fault = next((fault for fault in LINK_FAULTS if fault in self.faults), None)
        # A bad link stays bad when the same picture is asked for again.
        path = f"files/{fault}-{name}" if fault else f"files/{name}"
        self.memory.links.put(path, Link(media_type, data, fault), len(data))
        return f"{self.host}/{path}"
