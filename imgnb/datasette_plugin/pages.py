"""The pages for people: gallery, generation, lineage, costs, failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[[Any, Any], Awaitable[Any]]

ROUTES: list[tuple[str, Handler]] = []
