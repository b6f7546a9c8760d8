"""Pictures of a size in bytes, quickly made and not to be compressed: for what is measured in bytes."""

from __future__ import annotations

import random
import struct
import zlib
from math import isqrt


def noise_png(size: int, seed: int = 1) -> bytes:
    """A square PNG of coloured noise, whose file has `size` bytes and a few more; it decodes as any other."""
    side = isqrt(size // 3) + 1
    row = 3 * side
    noise = random.Random(seed).randbytes(row * side)
    lines = b"".join(b"\0" + noise[start : start + row] for start in range(0, len(noise), row))
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(lines, 0)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
