"""A picture of any size flows through: it is never whole in memory."""

from __future__ import annotations

import base64
import random
import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import httpx

from imgnb.providers.http import Wire

from ..conftest import OpenWorkspace
from .runs import done, run

SIZE = 12_000_000
PEAK = 4_000_000


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


def noise_png(size: int) -> bytes:
    """A PNG as far as its chunks go: a header, `size` bytes of noise, an end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 3840, 2160, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", random.Random(1).randbytes(size)) + chunk(b"IEND", b"")


def event(kind: str, data: bytes) -> bytes:
    text = base64.b64encode(data).decode()
    return f'event: {kind}\ndata: {{"type": "{kind}", "b64_json": "{text}"}}\n\n'.encode()


def test_a_large_picture_is_never_whole_in_memory(open_workspace: OpenWorkspace) -> None:
    """Two partials nobody looks at and a picture, 12 MB each, are received and stored in less than 4 MB of memory."""
    picture = noise_png(SIZE)
    partial = event("image_generation.partial_image", picture)
    body = partial + partial + event("image_generation.completed", picture)
    workspace = open_workspace("http://provider.test/v1")
    workspace.wire = Wire(transports={"http://provider.test": Prerecorded(body)})
    done(run(workspace, "to warm up", stream=True, partial_images=2))

    tracemalloc.start()
    try:
        generation = done(run(workspace, stream=True, partial_images=2))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < PEAK
    assert generation.asset.bytes == picture
    assert generation.partials_received == 2
