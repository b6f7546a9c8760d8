"""Shipped routes that lead to a server of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imgnb.config import Settings
from imgnb.providers.routes import load_routes
from imgnb.workspace import Workspace

from ..servers import Watched

KEY = "sk-of-nobody-0123456789"
SHIPPED = [route for route in load_routes({}, {}).values() if route.key_env]
OpenRoute = Callable[..., Workspace]


@pytest.fixture
def open_route(clean_environment: pytest.MonkeyPatch, watched: Watched, tmp_path: Path) -> Iterator[OpenRoute]:
    """Opens workspaces in which a shipped route leads to the test's server, as its owner, with a key; all else is shipped."""
    opened: list[Workspace] = []
    watched.real = True
    for route in SHIPPED:
        clean_environment.setenv(str(route.key_env), KEY)

    def open_one(name: str, fault: str = "", **table: Any) -> Workspace:
        shipped = load_routes({}, {})[name]
        headers = {"headers": {"x-imgnb-fault": fault}} if fault else {}
        routes = {name: {"base_url": base_url(watched, name), "owner": shipped.owner, **headers, **table}}
        settings = Settings(library=tmp_path / "library", route=name, routes=routes, first_wait=0.01, attempts=2)
        opened.append(Workspace(settings))
        return opened[-1]

    yield open_one
    for workspace in opened:
        workspace.close()


def base_url(watched: Watched, name: str) -> str:
    return watched.url.replace("/v1", f"/{name}/v1")
