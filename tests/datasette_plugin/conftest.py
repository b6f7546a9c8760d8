"""A real library, served as `imgnb browse` serves it and as `datasette serve` does, on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import pytest

from imgnb.library import Library

from ..library.conftest import FOX, draw, png
from ..servers import PATIENCE, end

TOKEN = "Token-of-this-test_0123456789"
IS_NEXT = version("datasette").startswith("1.")
CONFIG = "config" if IS_NEXT else "metadata"
"Where this Datasette reads queries and rules from."

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><script>alert(1)</script>'
    b'<rect width="40" height="20" fill="teal" onclick="alert(2)"/></svg>'
)


@dataclass(frozen=True)
class Kept:
    """What the library of these tests holds, by the hashes of its pictures."""

    root: Path
    drawn: str
    webp: str
    gif: str
    svg: str
    lost: str
    generation: str


def picture(kind: str, size: tuple[int, int] = (900, 300), **options: Any) -> bytes:
    """A picture in a format of Pillow's."""
    from io import BytesIO

    file = BytesIO()
    PIL.Image.linear_gradient("L").convert("RGB").resize(size).save(file, kind, **options)
    return file.getvalue()


def fill(root: Path) -> Kept:
    """Make the library, and close it, as a kernel that has ended does."""
    with Library(root) as library:
        generation = draw(library, FOX, png(1))
        assert generation.asset is not None
        frames = [PIL.Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
        added = {
            "webp": picture("WEBP"),
            "gif": picture_of(frames),
            "svg": SVG,
            "lost": png(2),
        }
        hashes = {name: library.add(data, source=name).sha256 for name, data in added.items()}
        library.asset(f"@{hashes['lost']}").path.unlink()
        return Kept(root, generation.asset.sha256, generation=generation.id, **hashes)


def picture_of(frames: list[PIL.Image.Image]) -> bytes:
    """A GIF that moves."""
    from io import BytesIO

    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A library that no test changes."""
    return fill(tmp_path_factory.mktemp("kept") / "library")


@dataclass
class Served:
    """`imgnb browse` on a library."""

    url: str
    link: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, *, known: bool = True, method: str = "GET", **headers: Any) -> httpx.Response:
        """Ask for a path, with the token in the header or without."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if known:
            given["X-Imgnb-Token"] = TOKEN
        return httpx.request(method, self.url + path, headers=given, timeout=PATIENCE)


def environment(root: Path, **more: str) -> dict[str, str]:
    """No settings from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMGNB_", "DATASETTE_"))}
    return {**kept, "IMGNB_LIBRARY": str(root), "IMGNB_ROUTE": "local", "NO_PROXY": "127.0.0.1", **more}


@contextmanager
def browse(root: Path, *options: str, token: str | None = TOKEN) -> Iterator[Served]:
    """`imgnb browse`, run as a user runs it, and ended."""
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--json", *options]
    given = environment(root, **({"IMGNB_BROWSE_TOKEN": token} if token else {}))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=given) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield Served(said["url"].partition("/-/")[0], said["url"], process)
        finally:
            end(process)


@pytest.fixture(scope="session")
def served(kept: Kept) -> Iterator[Served]:
    """One server for all tests that only ask."""
    with browse(kept.root) as served:
        yield served


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[str], httpx.Response]]:
    """Datasette in this process on database files, as `datasette serve` makes it; gives a function that gets a path."""
    monkeypatch.delenv("IMGNB_BROWSE_TOKEN", raising=False)

    def serve(*files: Path, **options: Any) -> Callable[[str], httpx.Response]:
        from datasette.app import Datasette

        datasette = Datasette(files=[str(file) for file in files], **options)

        async def get(path: str) -> Any:
            await datasette.invoke_startup()
            return await datasette.client.get(path)

        return lambda path: asyncio.run(get(path))

    return serve
