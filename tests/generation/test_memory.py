"""A picture of any size flows through: it is never whole in memory."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from imgnb.providers.http import Wire

from ..conftest import OpenWorkspace
from ..dropping_server import Dropping, dropping_server
from ..noise import noise_png
from ..uploads import WAYS, Way, edit, table
from .runs import done, run

SIZE = 12_000_000
PEAK = 4_000_000

REFERENCES = 3
SENDING = 2_000_000


class Prerecorded(httpx.BaseTransport):
    """Answers every request with the same events, in pieces as they come from a network."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Pieces(self._body))


class _Pieces(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), 16_384):
            yield bytes(self._body[start : start + 16_384])


def images_events(text: str) -> Iterator[dict[str, Any]]:
    """Two partials and a picture, as the Images API streams them."""
    for index in range(2):
        yield {"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": text}
    yield {"type": "image_generation.completed", "b64_json": text}


def responses_events(text: str) -> Iterator[dict[str, Any]]:
    """The same by the Responses API, which sends the picture twice."""
    kind = "response.image_generation_call.partial_image"
    for index in range(2):
        yield {"type": kind, "partial_image_index": index, "partial_image_b64": text}
    call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": text}
    yield {"type": "response.output_item.done", "item": call}
    yield {"type": "response.completed", "response": {"id": "resp_1", "object": "response", "output": [call]}}


def in_frames(events: Iterator[dict[str, Any]]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


@pytest.mark.parametrize(("via", "events"), [("images", images_events), ("responses", responses_events)])
def test_a_large_picture_is_never_whole_in_memory(
    open_workspace: OpenWorkspace, via: str, events: Callable[[str], Iterator[dict[str, Any]]]
) -> None:
    """Partials nobody looks at and a picture, 12 MB each, are received and stored in less than 4 MB, time after time."""
    picture = noise_png(SIZE)
    body = in_frames(events(base64.b64encode(picture).decode()))
    workspace = open_workspace("http://provider.test/v1")
    workspace.wire = Wire(transports={"http://provider.test": Prerecorded(body)})
    done(run(workspace, "to warm up", stream=True, partial_images=2, via=via))

    tracemalloc.start()
    try:
        generations = [done(run(workspace, f"fox {n}", stream=True, partial_images=2, via=via)) for n in range(3)]
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < PEAK
    assert held < PEAK / 4
    assert all(generation.asset.bytes == picture for generation in generations)
    assert {generation.partials_received for generation in generations} == {2}


@pytest.fixture(scope="module")
def dropping() -> Iterator[Dropping]:
    """A server in a process of its own, so that nothing that it receives is in this one's memory."""
    with dropping_server() as server:
        yield server


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_references_of_any_size_flow_through(open_workspace: OpenWorkspace, dropping: Dropping, way: Way) -> None:
    """References of 12 MB each reach a real server whole while memory grows by less than 2 MB, whichever way they go."""
    workspace = open_workspace(dropping.url, routes={"test": table(dropping.url, way)})
    small = [workspace.library.add(noise_png(1000, seed), source="small") for seed in range(REFERENCES)]
    large = [workspace.library.add(noise_png(SIZE, seed), source="large") for seed in range(REFERENCES)]
    done(list(edit(workspace, way, small, "to warm up")))

    tracemalloc.start()
    try:
        done(list(edit(workspace, way, large)))
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < SENDING
    assert held < SENDING / 4
    assert dropping.taken() > REFERENCES * SIZE
