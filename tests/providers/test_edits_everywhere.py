"""One afternoon's edits over every route that takes pictures: an array, a scan that is converted, a mask, a turn."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from imgnb.providers.routes import load_routes
from imgnb.records import Asset

from ..generation.runs import done, run
from ..servers import Received, Watched
from .conftest import OpenRoute
from .test_routes import posted

ROUTES = load_routes({}, {})
WAYS = [
    (route.name, dialect)
    for route in ROUTES.values()
    if route.key_env
    for dialect in route.dialects
    if route.edit_path or dialect != "images"
]


def carries(request: Received, asset: Asset) -> bool:
    """Whether these very bytes are in the body, as they are or in base64."""
    return asset.bytes in request.body or base64.b64encode(asset.bytes) in request.body


@pytest.mark.parametrize(("name", "via"), WAYS, ids=[f"{name}-{via}" for name, via in WAYS])
def test_edits_go_over_every_route_that_takes_pictures(
    open_route: OpenRoute, watched: Watched, tmp_path: Path, name: str, via: str
) -> None:
    """References arrive as the route takes them, masks keep what they protect, and the lineage goes back to the start."""
    figure = numpy.full((640, 1024, 3), (30, 90, 160), "uint8")
    Image.new("CMYK", (640, 1024), (10, 90, 60, 20)).save(tmp_path / "scan.tif")
    workspace = open_route(name, **({"edit_body": "json"} if name == "openai" and via == "images" else {}))
    masks = via != "chat"
    size: dict[str, Any] = {"size": "1024x640"} if masks else {"size": None, "quality": None}  # chat takes words alone

    first = done(run(workspace, "as a poster", images=[figure, tmp_path / "scan.tif"], via=via, **size))
    given = {"mask": "box:0,0,50%,100%"} if masks else {}
    second = done(run(workspace, "a fox on the left", images=[first], via=via, **size, **given))
    third = done(
        run(
            workspace,
            "by night",
            **({"continues": second} if via == "responses" else {"images": [second]}),
            via=via,
            **size,
        )
    )

    assert {generation.status for generation in (first, second, third)} == {"succeeded"}
    requests = [request for request in posted(watched) if "files" not in request.path]
    scan = workspace.library.asset(f"@{first.inputs[1].sent}")
    assert scan.media_type == "image/png"
    assert carries(requests[0], first.references[0])
    assert carries(requests[0], scan)
    assert not carries(requests[0], first.references[1])
    if masks:
        mask = second.references[1]
        assert carries(requests[1], mask)
        assert Image.open(io.BytesIO(mask.bytes)).mode == "RGBA"
        assert second.asset.drift is not None
        assert second.asset.drift < 0.05
    ancestors = third.asset.ancestors()
    assert ancestors[0] == second.asset
    assert {first.asset, *first.references} <= set(ancestors)


def test_a_route_without_edits_says_so(open_route: OpenRoute, watched: Watched) -> None:
    """Nothing is sent to it."""
    (without,) = (route.name for route in ROUTES.values() if route.key_env and not route.edit_path)

    events = run(open_route(without), "x", images=[numpy.zeros((64, 64), "uint8")], size="16:9")

    assert "takes no pictures" in str(events[-1].error)  # type: ignore[attr-defined]
    assert watched.requests == []
