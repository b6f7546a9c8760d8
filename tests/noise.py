"""Large pictures without content, for tests and benchmarks in which only their size counts."""

from __future__ import annotations

import random
import struct
import zlib


def noise_png(size: int, seed: int = 1) -> bytes:
    """A PNG as far as its chunks go: a header, `size` bytes of noise, an end."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 3840, 2160, 8, 2, 0, 0, 0))
    noise = _chunk(b"IDAT", random.Random(seed).randbytes(size))
    return b"\x89PNG\r\n\x1a\n" + header + noise + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
