"""What a route does not take is converted; the header alone tells whether that is needed and what will come."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps

from imgnb.errors import ProtocolBroken, RequestInvalid
from imgnb.pictures import probe
from imgnb.pictures.conversion import Conversion, Takes, convert, needed, upright_size

from .sample_pictures import animated, chunk, encoded, foreign, matrix, noise, opened, png_that_claims, soft

TAKES = Takes(("image/png", "image/jpeg", "image/webp"), 50_000_000)
SAMPLES = {**matrix(), **foreign()}
AS_THEY_ARE = [
    *(f"png {mode}" for mode in ("L", "LA", "P", "RGB", "RGBA")),
    *(
        "jpeg L",
        "jpeg RGB",
        "jpeg progressive",
        "jpeg with long comment",
        "png with text",
        "png with transparent colour",
    ),
    *("webp RGB", "webp RGBA", "webp lossless RGB", "webp lossless RGBA", "webp with profile"),
]


@pytest.fixture
def written(tmp_path: Path):
    """Write bytes to a file and return its path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "given"
        path.write_bytes(data)
        return path

    return write


def deep_png(colour: int, pixels: bytes, size: tuple[int, int], transparent: bytes = b"") -> bytes:
    """A PNG of 16 bits a channel, which Pillow cannot write in colour."""
    width, height = size
    row = len(pixels) // height
    rows = b"".join(b"\0" + pixels[row * y : row * (y + 1)] for y in range(height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0))
    key = chunk(b"tRNS", transparent) if transparent else b""
    return b"\x89PNG\r\n\x1a\n" + header + key + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_turn(format: str, turn: int, mode: str = "RGB", **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded(soft(mode, (64, 32)), format, exif=exif.tobytes(), **options)


def difference(one: Image.Image, other: Image.Image) -> int:
    extrema = ImageChops.difference(one.convert("RGBA"), other.convert("RGBA")).getextrema()
    return max(high for _, high in extrema)


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_what_is_fit_is_left_alone(name: str, written):
    """A picture that can be sent is not converted."""

    assert needed(written(SAMPLES[name]), TAKES) is None


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in AS_THEY_ARE])
def test_what_comes_is_what_was_said(name: str, written):
    """Type, size and alpha are predicted from the header, the result is fit, and it always is the same."""

    source = written(SAMPLES[name])
    conversion = needed(source, TAKES)
    assert conversion is not None

    data = convert(source, conversion)
    picture = probe(data)

    assert conversion.steps
    assert (picture.media_type, picture.width, picture.height, picture.has_alpha) == (
        conversion.media_type,
        conversion.width,
        conversion.height,
        conversion.has_alpha,
    )
    assert picture.frames == 1
    assert (picture.width, picture.height) == upright_size(source)
    assert data == convert(source, conversion)
    assert needed(written(data), TAKES) is None


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("jpeg CMYK", ("CMYK to RGB",)),
        ("png 1", ("1 to 8 bits",)),
        ("png I;16", ("16 to 8 bits",)),
        ("tiff I;16", ("16 to 8 bits", "TIFF to PNG")),
        ("tiff of three pages", ("first of 3 pages", "TIFF to PNG")),
        ("GIF animated", ("first of 3 frames", "GIF to PNG")),
        ("PNG animated", ("first of 3 frames",)),
        ("heic RGB", ("HEIC to PNG",)),
        ("bmp RGB", ("BMP to PNG",)),
    ],
)
def test_the_steps_are_told(name: str, steps: tuple[str, ...], written):
    """A person can read what will be done to the picture."""

    conversion = needed(written(SAMPLES[name]), TAKES)

    assert conversion is not None
    assert steps == conversion.steps


@pytest.mark.parametrize(
    "name", [name for name in SAMPLES if name.split()[0] in ("bmp", "heic", "avif", "gif") or name == "tiff RGBA"]
)
def test_another_format_loses_nothing(name: str, written):
    """The pixels of the PNG are those of the picture, its clear ones too."""

    source = written(SAMPLES[name])
    conversion = needed(source, TAKES)
    assert conversion is not None

    assert difference(opened(SAMPLES[name]), opened(convert(source, conversion))) == 0


@pytest.mark.parametrize("turn", range(2, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_what_exif_turns_is_turned(turn: int, format: str, written):
    """The pixels stand as EXIF says, and nothing turns them again; a JPEG stays one, with hardly a difference."""

    data = with_turn(format, turn, **({"lossless": True} if format == "WEBP" else {}))
    source = written(data)
    conversion = needed(source, TAKES)
    assert conversion is not None
    expected = ImageOps.exif_transpose(opened(data))

    made = opened(convert(source, conversion))

    assert "turned upright" in conversion.steps
    assert ("JPEG" if format == "JPEG" else "PNG") == made.format
    assert expected.size == made.size == upright_size(source)
    assert 0x0112 not in made.getexif()
    assert difference(expected, made) <= (8 if format == "JPEG" else 0)


def test_exif_after_the_pixels_turns_a_png_too(written):
    """Where among its chunks a PNG says how it stands does not matter."""

    data = encoded(soft(size=(64, 32)), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    data = data[:-12] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + data[-12:]

    source = written(data)
    conversion = needed(source, TAKES)

    assert conversion is not None
    assert (32, 64) == upright_size(source) == opened(convert(source, conversion)).size


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_is_kept_when_a_picture_is_turned(mode: str, written):
    """Clear pixels stay clear where they come to stand."""

    data = with_turn("PNG", 6, mode)
    source = written(data)
    conversion = needed(source, TAKES)
    assert conversion is not None

    made = opened(convert(source, conversion))

    assert conversion.has_alpha == (mode != "P")
    assert difference(ImageOps.exif_transpose(opened(data)), made) == 0


def test_a_profile_stays_with_its_colours(written):
    """A turned photograph keeps the profile that says what its numbers mean; one that is no profile goes."""

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format, given, kept in (("JPEG", profile, profile), ("PNG", profile, profile), ("JPEG", b"x" * 999, None)):
        source = written(with_turn(format, 3, icc_profile=given))
        conversion = needed(source, TAKES)
        assert conversion is not None

        assert kept == opened(convert(source, conversion)).info.get("icc_profile")


@pytest.mark.parametrize(
    "profile", [b"", b"x" * 500, b"\0" * 36 + b"acsp" + b"\xff" * 500], ids=["none", "junk", "hostile"]
)
def test_ink_becomes_light(profile: bytes, written):
    """A CMYK JPEG becomes the RGB that Pillow makes of it, whatever stands in the place of a profile."""

    data = encoded(soft("CMYK"), "JPEG", quality=95, icc_profile=profile)
    source = written(data)
    conversion = needed(source, TAKES)
    assert conversion is not None

    made = opened(convert(source, conversion))

    assert (made.format, made.mode) == ("JPEG", "RGB")
    assert "icc_profile" not in made.info
    assert difference(opened(data).convert("RGB"), made) < 24


def test_lab_becomes_rgb(written):
    """A TIFF in L*a*b* becomes the RGB that Pillow makes of it."""

    lab = ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(soft(), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    source = written(encoded(image, "TIFF"))
    conversion = needed(source, TAKES)
    assert conversion is not None

    assert conversion.steps == ("LAB to RGB", "TIFF to PNG")
    assert difference(image.convert("RGB"), opened(convert(source, conversion))) == 0


def test_sixteen_bits_become_eight(written):
    """Of a channel of 16 bits the upper eight stay, in grey as in colour, and what is transparent stays that."""

    size = (256, 2)
    ramp = struct.pack(">256H", *(257 * x for x in range(256))) * 2
    colour = b"".join(ramp[2 * i : 2 * i + 2] * 3 for i in range(512))
    for data, mode, alpha in (
        (deep_png(0, ramp, size), "L", False),
        (deep_png(2, colour, size), "RGB", False),
        (deep_png(0, ramp, size, struct.pack(">H", 257 * 9)), "L", True),
        (deep_png(2, colour, size, struct.pack(">HHH", *[257 * 9] * 3)), "RGB", True),
    ):
        source = written(data)
        conversion = needed(source, TAKES)
        assert conversion is not None
        made = opened(convert(source, conversion))

        assert conversion.steps == ("16 to 8 bits",)
        assert (made.mode, made.has_transparency_data) == (mode, alpha) == (mode, conversion.has_alpha)
        assert max(abs(made.convert("L").getpixel((x, 0)) - x) for x in range(256)) <= 1
        clear = [x for x in range(256) if made.convert("RGBA").getpixel((x, 0))[3] == 0]
        assert ([9] if alpha else []) == clear


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
@pytest.mark.parametrize("max_bytes", [300_000, 20_000, 2_000])
def test_what_is_too_large_is_made_to_fit(mode: str, max_bytes: int, written):
    """First it is encoded better, then it gets fewer pixels, until it has fewer bytes than the limit."""

    source = written(encoded(noise(mode, (400, 300)), "PNG", compress_level=0))
    if source.stat().st_size < max_bytes:
        return
    conversion = needed(source, Takes(TAKES.types, max_bytes))
    assert conversion is not None

    data = convert(source, conversion)
    picture = probe(data)

    assert len(data) < max_bytes
    assert "shrunk to fewer than" in conversion.steps[-1]
    assert picture.has_alpha == (mode == "RGBA")
    assert abs(picture.width / picture.height - 4 / 3) < 0.1
    assert data == convert(source, conversion)


def test_an_opaque_picture_becomes_a_jpeg_before_it_is_shrunk(written):
    """Pixels are given up last, and a receiver without JPEG gets none."""

    source = written(encoded(noise(size=(400, 300)), "BMP"))
    conversion = needed(source, Takes(TAKES.types, 300_000))
    assert conversion is not None
    picture = probe(convert(source, conversion))
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 400, 300)

    only_png = needed(source, Takes(("image/png",), 300_000))
    assert only_png is not None
    picture = probe(convert(source, only_png))
    assert picture.media_type == "image/png"
    assert picture.width < 400


def test_a_limit_that_nothing_meets_is_told(written):
    """There is an end to shrinking."""

    source = written(encoded(noise(size=(40, 30)), "PNG"))
    conversion = needed(source, Takes(TAKES.types, 10))
    assert conversion is not None

    with pytest.raises(RequestInvalid, match="10 bytes"):
        convert(source, conversion)


def test_a_receiver_of_neither_png_nor_jpeg_is_told(written):
    """Nothing is converted to what we do not write."""

    with pytest.raises(RequestInvalid, match="image/jxl"):
        needed(written(SAMPLES["bmp RGB"]), Takes(("image/jxl",), 9_000_000))


def test_a_recipe_names_the_target(written):
    """It is plain JSON, the same for the same conversion, and another for another."""

    source = written(SAMPLES["tiff RGBA"])
    first, second = needed(source, TAKES), needed(source, Takes(TAKES.types, 40_000_000))
    assert first is not None
    assert second is not None

    assert json.loads(json.dumps(first.recipe)) == first.recipe == needed(source, TAKES).recipe  # type: ignore[union-attr]
    assert first.recipe != second.recipe


def test_an_svg_is_refused(written):
    """An SVG is sent to who takes it, and never drawn here."""

    source = written(b'<svg width="4" height="3"></svg>')

    with pytest.raises(ProtocolBroken, match="svg") as caught:
        needed(source, TAKES)
    assert "convert the SVG" in caught.value.hint
    assert upright_size(source) == (4, 3)
    assert needed(source, Takes(("image/svg+xml",), 1000)) is None


def test_what_does_not_decode_is_named(written):
    """The error says which file it is and what can be done."""

    data = SAMPLES["tiff tiff_lzw"]
    source = written(data[:9] + bytes(60) + data[69:])
    with pytest.raises(ProtocolBroken, match="given") as caught:
        convert(source, Conversion((), "image/png", 61, 37, False, 9_000_000))
    assert caught.value.hint


@pytest.mark.parametrize("name", ["jpeg RGB", "png RGB", "webp RGB", "tiff RGB"])
def test_a_cut_header_is_told_in_our_own_words(name: str, written):
    """Wherever a header ends, needed answers or raises ProtocolBroken, nothing else."""

    data = SAMPLES[name]
    for length in range(0, min(len(data), 700), 3):
        try:
            needed(written(data[:length]), TAKES)
        except ProtocolBroken:
            continue


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's, to its user
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0" + b"\xff" * 40, b"junk", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_hostile_exif_turns_nothing(exif: bytes, written):
    """EXIF that cannot be read is passed over."""

    source = written(encoded(soft(), "JPEG", exif=exif))

    assert needed(source, TAKES) is None
    assert upright_size(source) == (61, 37)


def test_needed_decodes_no_pixel(written):
    """A header with no pixels behind it is enough to tell, and a large one costs nothing."""

    conversion = needed(written(png_that_claims(9000, 9000)), Takes(("image/jpeg",), 9_000_000))

    assert conversion is not None
    assert (conversion.media_type, conversion.width) == ("image/jpeg", 9000)
    with pytest.raises(ProtocolBroken, match="100,000,000"):
        needed(written(png_that_claims(90_000, 9000)), TAKES)


def test_an_animation_gives_its_first_frame(written):
    """The PNG shows what the animation begins with."""

    for format in ("GIF", "WEBP", "PNG"):
        data = animated(format)
        source = written(data)
        conversion = needed(source, TAKES)
        assert conversion is not None
        made = opened(convert(source, conversion))

        assert getattr(made, "n_frames", 1) == 1
        assert difference(opened(data), made) == 0
