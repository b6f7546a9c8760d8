"""Real parts: SQLite files in tmp_path, PNGs made by hand, processes that are killed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imgnb.events import Answered, Image
from imgnb.library import Accepted, Library, Origin, Outcome
from imgnb.request import ImageRequest

from ..libraries import empty_library

ORIGIN = Origin(
    route="openai",
    route_owner="openai",
    base_url="https://api.openai.com/v1",
    endpoint="images/generations",
    dialect="images",
    model="gpt-image-2",
    imgnb_version="0.1",
)
SUCCESS = Outcome(
    "succeeded", answered=Answered(model="gpt-image-2-2026-04-21"), cost=0.04, cost_basis="usage", seconds=1.5
)
FOX = ImageRequest("a red fox in the snow", size="1024x1024")


def png(seed: int = 0, size: int = 4) -> bytes:
    """A whole little PNG; another seed gives other bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((seed * 7 + n) % 256 for n in range(size * 3))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"tEXt", b"seed\0%d" % seed) + chunk(b"IDAT", zlib.compress(row * size))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def draw(
    library: Library, request: ImageRequest = FOX, *pictures: bytes, origin: Origin = ORIGIN, take: int | None = None
):
    """A generation from claim to finish, as the service does it."""
    claim = library.claim(request, origin, Accepted(take=take), replay=False)
    assert claim.generation_id is not None
    arrive(library, claim.generation_id, *(pictures or (png(),)))
    generation = library.finish(claim.generation_id, SUCCESS)
    library.tidy()
    return generation


def arrive(library: Library, generation_id: str, *pictures: bytes) -> None:
    """Pictures arrive for a generation and are kept."""
    open_sink = library.open_sink(generation_id)
    for index, data in enumerate(pictures):
        sink = open_sink(index)
        sink.write(data)
        library.keep(generation_id, Image(index, sink.finish(), {"said": index}))


@pytest.fixture(autouse=True)
def _rescue_here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rescue folder of these tests is theirs alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(empty_library(tmp_path / "library")) as library:
        yield library


@pytest.fixture
def reopen(library: Library) -> Iterator[Callable[[], Library]]:
    """Opens the same folder once more, as another kernel would."""
    others: list[Library] = []

    def open_again() -> Library:
        others.append(Library(library.path))
        return others[-1]

    yield open_again
    for other in others:
        other.close()
