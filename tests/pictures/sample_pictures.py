"""Real pictures in every format and mode, made with Pillow."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

from PIL import Image


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def soft(mode: str = "RGB", size: tuple[int, int] = (61, 37)) -> Image.Image:
    """A colour gradient; in modes with alpha its left half is clear."""
    ramp = Image.linear_gradient("L").resize(size)
    image = Image.merge("RGB", [ramp, ramp.transpose(Image.Transpose.ROTATE_180), ramp.point(lambda v: 128)])
    if mode in ("RGBA", "LA"):
        alpha = Image.new("L", size, 255)
        alpha.paste(0, (0, 0, size[0] // 2, size[1]))
        image.putalpha(alpha)
        return image.convert(mode)
    if mode == "I;16":
        data = b"".join(struct.pack("<H", x * 65535 // (size[0] - 1)) for _ in range(size[1]) for x in range(size[0]))
        return Image.frombytes("I;16", size, data)
    return image.convert(mode)


def noise(mode: str = "RGB", size: tuple[int, int] = (1400, 1000), seed: int = 7) -> Image.Image:
    """The hardest picture to compress."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.Random(seed).randbytes(size[0] * size[1] * channels))


def with_transparent_colour(format: str) -> bytes:
    image = soft().quantize(16)
    image.info["transparency"] = 3
    return encoded(image, format, transparency=3)


def animated(format: str, frames: int = 3) -> bytes:
    first, *rest = [Image.new("RGB", (40, 30), (70 * n, 100, 200 - 60 * n)) for n in range(frames)]
    return encoded(first, format, save_all=True, append_images=rest, duration=80)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int) -> bytes:
    """A small, otherwise sound PNG whose header promises this size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def matrix() -> dict[str, bytes]:
    """One picture for each format and mode that providers and users bring."""
    made = {f"png {mode}": encoded(soft(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")}
    made |= {f"jpeg {mode}": encoded(soft(mode), "JPEG") for mode in ("L", "RGB", "CMYK")}
    made |= {f"webp {mode}": encoded(soft(mode), "WEBP", quality=80) for mode in ("RGB", "RGBA")}
    made |= {f"webp lossless {mode}": encoded(soft(mode), "WEBP", lossless=True) for mode in ("RGB", "RGBA")}
    made["webp with profile"] = encoded(soft(), "WEBP", icc_profile=b"x" * 200)
    made["jpeg progressive"] = encoded(soft(), "JPEG", progressive=True)
    made["jpeg with long comment"] = encoded(soft(), "JPEG", comment=b"\xff\xd9" * 9000)
    made["png with text"] = encoded(soft(), "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    made["gif L"] = encoded(soft("L"), "GIF")
    made["png with transparent colour"] = with_transparent_colour("PNG")
    made["gif with transparent colour"] = with_transparent_colour("GIF")
    made |= {f"{format} animated": animated(format) for format in ("GIF", "WEBP", "PNG")}
    return made


def foreign() -> dict[str, bytes]:
    """One picture for each format and mode that only people bring."""
    import pillow_heif

    pillow_heif.register_heif_opener()  # for Image.open and save in the tests; imgnb registers nothing
    made = {f"bmp {mode}": encoded(soft(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")}
    made["bmp rows from above"] = bmp(61, -37, b"\x10\x80\xf0" * 61 + b"\0")
    made["bmp of the first kind"] = core_bmp(5, 3)
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")
    made |= {f"tiff {mode}": encoded(soft(mode), "TIFF") for mode in modes}
    made |= {f"tiff {how}": encoded(soft(), "TIFF", compression=how) for how in ("tiff_lzw", "tiff_adobe_deflate")}
    made["tiff big"] = encoded(soft(), "TIFF", big_tiff=True)
    made["tiff of three pages"] = encoded(
        soft("L"), "TIFF", save_all=True, append_images=[soft("RGB", (20, 10)), soft("L", (9, 8))]
    ).rstrip(b"\0")  # it fills up to 16 bytes
    made |= {f"heic {mode}": encoded(soft(mode), "HEIF", quality=-1) for mode in ("L", "RGB", "RGBA")}
    made |= {f"avif {mode}": encoded(soft(mode), "AVIF", quality=90) for mode in ("L", "RGB", "RGBA")}
    made["avif animated"] = animated("AVIF")
    return made


def bmp(width: int, height: int, row: bytes = b"") -> bytes:
    """A BMP of 24 bits whose header promises this size; a negative height counts from above."""
    rows = row * abs(height)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + info + rows


def core_bmp(width: int, height: int) -> bytes:
    """A BMP as OS/2 wrote it."""
    rows = b"\x40" * ((width * 24 + 31) // 32 * 4 * height)
    return b"BM" + struct.pack("<IHHIIHHHH", 26 + len(rows), 0, 0, 26, 12, width, height, 1, 24) + rows


def tiff_that_claims(width: int, height: int, *more: tuple[int, int, int, int], after: int = 0) -> bytes:
    """A TIFF of one entry a number, whose header promises this size; the next page is at `after`."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (273, 4, 1, 8), (279, 4, 1, 1), *more]
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", after)


def heic_that_claims(width: int, height: int) -> bytes:
    """A real HEIC whose every size is replaced by this one."""
    data = encoded(soft(), "HEIF")
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]
