"""Making a picture fit to be sent: which steps that takes, told from its header, and taking them.

What is fit already stays as it is, byte for byte. Everything else becomes PNG, which loses nothing; a JPEG stays one,
and an opaque picture that is too large as PNG becomes one. The same bytes give the same bytes, as long as Pillow does.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import ProtocolBroken, RequestInvalid
from . import headers
from .decode import decoded, decoder_of
from .encode import eight_bits, flat
from .foreign_headers import FOREIGN
from .probe import Picture, probe
from .upright import orientation, upright

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_NAMES = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP", "image/gif": "GIF", "image/bmp": "BMP",
    "image/tiff": "TIFF", "image/heic": "HEIC", "image/avif": "AVIF",
}  # fmt: skip
_PLAIN = ("L", "LA", "P", "RGB", "RGBA")
_TURNED_WHEN_DECODED = FOREIGN
_QUALITIES = (92, 85)
_LONGEST_JPEG_SIDE = 65_500
_SMALLEST = 16
_LARGEST_PROFILE = 1_000_000
_RECIPE = 1
# To be raised when the same recipe comes to mean another picture.


@dataclass(frozen=True)
class Takes:
    """What a receiver takes."""

    types: tuple[str, ...]
    "Media types."
    max_bytes: int
    "A picture must have fewer bytes than this."


@dataclass(frozen=True)
class Conversion:
    """How a picture is made fit to be sent."""

    steps: tuple[str, ...]
    'For people, in order: "turned upright", "CMYK to RGB", "TIFF to PNG".'
    media_type: str
    "What will come; JPEG in the place of PNG where that would have too many bytes and the receiver takes it."
    width: int
    "What will come, unless it must be shrunk to fit."
    height: int
    has_alpha: bool
    max_bytes: int
    types: tuple[str, ...] = ("image/png", "image/jpeg")

    @property
    def recipe(self) -> dict[str, Any]:
        """What makes of the same source the same picture, as plain JSON values."""
        return {
            "recipe": _RECIPE,
            "media_type": self.media_type,
            "width": self.width,
            "height": self.height,
            "has_alpha": self.has_alpha,
            "max_bytes": self.max_bytes,
            "types": sorted(self.types),
        }


@dataclass(frozen=True)
class _Nature:
    """What must be known of a picture beside what `probe` tells."""

    mode: str
    orientation: int
    is_deep: bool
    "More than 8 bits a channel."


def needed(source: Path, takes: Takes) -> Conversion | None:
    """Return what must be done to the picture before this receiver takes it, None where it is taken as it is.

    Only its header is read. Raises ProtocolBroken for what is no picture and for an SVG that is not taken.
    """
    picture = probe(source, foreign=True)
    size = source.stat().st_size
    if picture.media_type == "image/svg+xml" and picture.media_type in takes.types and size < takes.max_bytes:
        return None
    nature = _nature(source, picture)
    steps = _steps(picture, nature)
    if not steps and picture.media_type in takes.types and size < takes.max_bytes:
        return None
    target = _target(picture, takes)
    if target != picture.media_type:
        steps.append(f"{_NAMES[picture.media_type]} to {_NAMES[target]}")
    if size >= takes.max_bytes:
        steps.append(f"shrunk to fewer than {_amount(takes.max_bytes)}")
    has_alpha = picture.has_alpha and target != "image/jpeg"
    return Conversion(
        tuple(steps), target, *_turned_size(picture, nature), has_alpha, takes.max_bytes, tuple(takes.types)
    )


def convert(source: Path, conversion: Conversion) -> bytes:
    """Return the picture as the conversion says, of fewer than its `max_bytes`.

    Raises ProtocolBroken, with the file's name, where it does not decode; RequestInvalid where it cannot be made to fit.
    """
    try:
        picture = probe(source, foreign=True)
        asked = _nature(source, picture).orientation
        image = decoded(source, picture)
    except ProtocolBroken as exc:
        hint = exc.hint if exc.code != "damaged" else "open it elsewhere and save it as PNG, or give another"
        raise ProtocolBroken(f"{source.name} cannot be converted: {exc.message}", hint=hint, code=exc.code) from exc
    image = upright(_plain(image), asked)
    return _fitting(image, conversion)


def upright_size(source: Path, foreign: bool = True) -> tuple[int, int]:
    """Return width and height of the picture once EXIF is obeyed, from its header."""
    picture = probe(source, foreign=foreign)
    if picture.media_type == "image/svg+xml":
        return picture.width, picture.height
    return _turned_size(picture, _nature(source, picture))


# What its header tells


def _nature(source: Path, picture: Picture) -> _Nature:
    if picture.media_type in ("image/heic", "image/avif"):  # always 8 bits and RGB, once decoded
        return _Nature("RGBA" if picture.has_alpha else "RGB", 1, False)
    decoder = decoder_of(picture.media_type)
    with source.open("rb") as file:
        try:
            image = decoder(file)
        except Exception as exc:  # As when decoding: damage raises anything.
            raise ProtocolBroken(
                f"the picture ({picture.media_type}, {picture.width}x{picture.height}) does not decode",
                hint=f"give another, or save it anew; Pillow says: {exc}",
                code="damaged",
            ) from exc
        if picture.media_type == "image/png":
            _find_late_exif(image, file, source.stat().st_size)
        turned = picture.media_type not in _TURNED_WHEN_DECODED and _says_how_to_turn(image)
        turn = orientation(image) if turned else 1
        return _Nature(image.mode, turn, _is_deep(image, file))


def _find_late_exif(image: ImageFile, file: BinaryIO, size: int) -> None:
    # It may stand after the pixels, where Pillow finds it only by decoding.
    if "exif" not in image.info and (found := headers.png_exif(file, size)):
        image.info["exif"] = found


def _says_how_to_turn(image: ImageFile) -> bool:
    """Whether it is known to have EXIF. To look for that in a PNG that seems to have none, Pillow would decode it."""
    return image.format != "PNG" or "exif" in image.info or "Raw profile type exif" in image.info


def _is_deep(image: ImageFile, file: BinaryIO) -> bool:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return True
    # Pillow gives 16-bit colours as 8 bits: only the file knows.
    if image.format == "TIFF":
        return any(bits > 8 for bits in getattr(image, "tag_v2", {}).get(258, ()))
    if image.format == "PNG":
        file.seek(24)
        return file.read(1) == b"\x10"
    return False


def _steps(picture: Picture, nature: _Nature) -> list[str]:
    steps = []
    if picture.frames > 1:
        steps.append(f"first of {picture.frames} {'pages' if picture.media_type == 'image/tiff' else 'frames'}")
    if nature.is_deep:
        steps.append("16 to 8 bits")
    elif nature.mode == "1":
        steps.append("1 to 8 bits")
    elif nature.mode not in _PLAIN:
        steps.append(f"{nature.mode} to RGB")
    if nature.orientation != 1:
        steps.append("turned upright")
    return steps


def _turned_size(picture: Picture, nature: _Nature) -> tuple[int, int]:
    size = picture.width, picture.height
    return size[::-1] if nature.orientation >= 5 else size


def _target(picture: Picture, takes: Takes) -> str:
    wanted = ["image/png", "image/jpeg"]
    if picture.media_type == "image/jpeg":
        wanted.reverse()
    for media_type in wanted:
        if media_type in takes.types:
            return media_type
    raise RequestInvalid(
        f"a {_NAMES[picture.media_type]} picture cannot be converted to any of {', '.join(takes.types) or 'no types'}",
        hint="choose a route that takes PNG or JPEG",
    )


def _amount(count: int) -> str:
    return f"{count / 1_000_000:g} MB" if count % 100_000 == 0 else f"{count:,} bytes"


# Taking the steps


def _plain(image: Image) -> Image:
    """Return the picture as L, LA, P, RGB or RGBA, 8 bits each."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _shallow(image)
    if image.mode == "RGB" and isinstance(key := image.info.get("transparency"), tuple) and max(key) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in key)  # Pillow has cut the pixels, not the key
    if image.mode in _PLAIN:
        return image
    if image.mode == "1":
        return image.convert("LA" if "transparency" in image.info else "L")
    if image.mode == "CMYK":
        return _by_profile(image) or _without_profile(image)
    return _without_profile(image)


def _without_profile(image: Image) -> Image:
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # It spoke of other channels.
    plain.info.pop("icc_profile", None)
    return plain


def _by_profile(image: Image) -> Image | None:
    """Return the picture in sRGB as its own profile tells, None where it has none that works."""
    profile = image.info.get("icc_profile")
    if not profile:
        return None
    from PIL import ImageCms

    try:
        made = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except Exception:  # A profile is written by anybody; the picture is good without.
        return None
    assert made is not None
    made.info.pop("icc_profile", None)
    return made


def _shallow(image: Image) -> Image:
    """Return a 16-bit grey picture as 8 bits; the grey that it calls transparent stays so."""
    import PIL.Image

    shallow = eight_bits(image)
    key = image.info.get("transparency")
    if isinstance(key, int):
        shallow.info["transparency"] = eight_bits(PIL.Image.new("I", (1, 1), key)).getpixel((0, 0))
    return shallow


# Encoding, so that it fits


def _fitting(image: Image, conversion: Conversion) -> bytes:
    data = b""
    for media_type, quality in _encodings(image, conversion):
        data = _saved(image, media_type, quality)
        if len(data) < conversion.max_bytes:
            return data
    image = _resizable(image)
    while max(image.size) > _SMALLEST:
        image = _smaller(image, conversion.max_bytes / len(data))
        data = _saved(image, media_type, quality)
        if len(data) < conversion.max_bytes:
            return data
    raise RequestInvalid(
        f"a picture of {conversion.width}x{conversion.height} cannot be made to fit into {conversion.max_bytes:,} bytes",
        hint="give a smaller one",
    )


def _encodings(image: Image, conversion: Conversion) -> list[tuple[str, int]]:
    """Return what is tried before pixels are given up, the best first."""
    jpegs = [("image/jpeg", quality) for quality in _QUALITIES]
    if conversion.media_type == "image/jpeg":
        return jpegs
    can_be_jpeg = (
        "image/jpeg" in conversion.types
        and not conversion.has_alpha
        and not image.has_transparency_data
        and max(image.size) <= _LONGEST_JPEG_SIDE
    )
    return [("image/png", 0), *(jpegs if can_be_jpeg else [])]


def _saved(image: Image, media_type: str, quality: int) -> bytes:
    file = BytesIO()
    options: dict[str, Any] = {}
    if media_type == "image/jpeg":
        image = _opaque(image)
        options = {"quality": quality, "subsampling": 0}
    if profile := _profile(image):
        options["icc_profile"] = profile
    kept = image.info
    # EXIF, comments and prompts are nobody's but the user's, and what is upright must not be turned again.
    image.info = {"transparency": kept["transparency"]} if "transparency" in kept and media_type == "image/png" else {}
    try:
        image.save(file, _NAMES[media_type], exif=b"", **options)
    finally:
        image.info = kept
    return file.getvalue()


def _opaque(image: Image) -> Image:
    if image.has_transparency_data:
        opaque = flat(image.convert("RGBA"))
        opaque.info = image.info
        return opaque
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _profile(image: Image) -> bytes | None:
    """Return the colour profile, if it can be one for these channels."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _LARGEST_PROFILE or profile[36:40] != b"acsp":
        return None
    return profile if profile[16:20] == (b"GRAY" if image.mode in ("L", "LA") else b"RGB ") else None


def _resizable(image: Image) -> Image:
    if image.has_transparency_data:
        return image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    return image.convert("RGB") if image.mode == "P" else image


def _smaller(image: Image, ratio: float) -> Image:
    import PIL.Image

    factor = max(0.5, min(0.9, 0.97 * ratio**0.5))
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
