"""A library's folder with assets in it, as the library lays them out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from imgnb.errors import ProtocolBroken
from imgnb.pictures import probe


@dataclass(frozen=True)
class StoredAsset:
    """What `imgnb.pictures` reads of an asset."""

    sha256: str
    media_type: str
    path: Path
    root: Path
    width: int | None
    height: int | None
    has_alpha: bool | None


@pytest.fixture
def store(tmp_path: Path) -> Callable[[bytes], StoredAsset]:
    """Write bytes as a blob and return its asset."""

    def stored(data: bytes) -> StoredAsset:
        digest = hashlib.sha256(data).hexdigest()
        path = tmp_path / "library" / "blobs" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        try:
            p = probe(data, max_pixels=None, foreign=True)
        except ProtocolBroken:
            return StoredAsset(digest, "application/octet-stream", path, tmp_path / "library", None, None, None)
        return StoredAsset(digest, p.media_type, path, tmp_path / "library", p.width, p.height, p.has_alpha)

    return stored
