"""Pictures of formats that only people bring: what their headers tell, and who decodes them."""

from __future__ import annotations

import contextlib
import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps

from imgnb.errors import ProtocolBroken
from imgnb.pictures import Picture, bundle, decode, preview, probe, stored_preview
from imgnb.pictures.foreign_headers import FOREIGN
from imgnb.pictures.preview import small

from .sample_pictures import bmp, encoded, foreign, heic_that_claims, opened, soft, tiff_that_claims

SAMPLES = foreign()


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_the_header_tells_what_pillow_finds(data: bytes):
    """Type, size, frames and transparency are those that decoding gives."""

    picture, image = probe(data, foreign=True), opened(data)

    assert picture.media_type in FOREIGN
    assert image.size == (picture.width, picture.height)
    assert getattr(image, "n_frames", 1) == picture.frames
    assert image.has_transparency_data == picture.has_alpha
    assert picture.whole


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_decode_gives_the_pixels_pillow_gives(data: bytes, tmp_path: Path):
    """Bytes and file decode to the pixels that Image.open finds, and stay usable when the file is gone."""

    path = tmp_path / "picture"
    path.write_bytes(data)
    image, expected = decode(path, foreign=True), opened(data)
    path.unlink()

    assert expected.mode == image.mode
    assert expected.tobytes() == image.tobytes() == decode(data, foreign=True).tobytes()


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_no_provider_may_send_them(data: bytes):
    """Who does not ask for foreign pictures gets none, neither read nor decoded."""

    for use in (probe, decode, preview, lambda data: small(data, 9)):
        with pytest.raises(ProtocolBroken, match=r"not a picture but an? (BMP|TIFF|HEIC|HEIF|AVIF) picture"):
            use(data)


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_a_cut_picture_is_never_anything_but_told(data: bytes):
    """Wherever its header is cut, the probe raises ProtocolBroken or reads it; in its pixels, it is not whole."""

    for length in {*range(min(len(data), 700)), *range(0, len(data), max(1, len(data) // 150)), len(data) - 1}:
        try:
            assert not probe(data[:length], foreign=True).whole, length
        except ProtocolBroken:
            continue


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_junk_after_a_signature_is_refused_in_our_own_words(data: bytes):
    """Whatever stands in a header, the probe answers or raises ProtocolBroken, and soon."""

    dice, begun = random.Random(5), time.monotonic()
    for _ in range(300):
        start, length = dice.randrange(12, min(len(data), 900)), dice.randrange(1, 9)
        try:
            probe(data[:start] + dice.randbytes(length) + data[start + length :], foreign=True)
        except ProtocolBroken:
            continue
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("name", ["bmp RGB", "tiff RGB", "tiff tiff_lzw", "heic RGB", "avif RGB"])
def test_damage_is_told_in_our_own_words(name: str):
    """A picture overwritten with junk decodes or raises ProtocolBroken, nothing else."""

    data, dice = SAMPLES[name], random.Random(3)
    with pytest.raises(ProtocolBroken):
        decode(data[: len(data) // 2], foreign=True)
    for _ in range(60):
        at = dice.randrange(12, len(data) - 20)
        try:
            decode(data[:at] + dice.randbytes(20) + data[at + 20 :], foreign=True)
        except ProtocolBroken:
            continue


@pytest.mark.parametrize(
    "data",
    [bmp(100_000, 100_000), tiff_that_claims(100_000, 100_000), heic_that_claims(100_000, 100_000)],
    ids=["bmp", "tiff", "heic"],
)
def test_too_many_pixels_are_refused_but_can_be_read(data: bytes):
    """The limit on pixels holds for foreign pictures too, before anything is decoded."""

    for use in (lambda: probe(data, foreign=True), lambda: decode(data, foreign=True)):
        with pytest.raises(ProtocolBroken, match=r"100000x100000.*100,000,000"):
            use()
    assert probe(data, max_pixels=None, foreign=True).width == 100_000


@pytest.mark.parametrize(
    "data",
    [
        tiff_that_claims(7, 5, after=8),
        tiff_that_claims(7, 5, *[(tag, 4, 2**32 - 1, 8) for tag in range(300, 3000)]),
        tiff_that_claims(7, 5, (324, 4, 2**32 - 1, 8), (325, 4, 2**32 - 1, 8), (338, 3, 2**32 - 1, 8)),
        b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, 2**63),
        b"\0\0\0\x18ftypheic" + bytes(12) + b"\0\0\0\x08meta" * 200_000,
        b"\0\0\0\x18ftypavif" + bytes(4) + b"mif1avif" + (b"\0\0\0\0meta\0\0\0\0" + b"\0\0\0\0iprp\0\0\0\0ipco" * 9),
        b"\0\0\0\x18ftypavif" + bytes(4) + b"mif1avif" + b"\0\0\0\x01meta" + b"\xff" * 8,
    ],
    ids=["ring of pages", "many entries", "huge counts", "huge page", "many boxes", "boxes in boxes", "huge box"],
)
def test_hostile_headers_cost_no_time(data: bytes):
    """Rings, huge counts and boxes without end are over in a moment."""

    begun = time.monotonic()
    with contextlib.suppress(ProtocolBroken):
        assert isinstance(probe(data, foreign=True), Picture)

    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("format", ["TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_picture_comes_upright(format: str, turn: int):
    """Probe and decode give the picture as it is shown, whichever of the decoders turns it."""

    image = soft(size=(64, 32))
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encoded(image, format, exif=exif.tobytes(), quality=100)
    image.getexif()[0x0112] = turn
    expected = ImageOps.exif_transpose(image)

    picture, decoded = probe(data, foreign=True), decode(data, foreign=True)

    assert expected.size == (picture.width, picture.height) == decoded.size
    assert 0x0112 not in decoded.getexif()
    furthest = max(high for _, high in ImageChops.difference(expected, decoded).getextrema())
    assert furthest < 24, furthest
    assert expected.size == small(data, 100, foreign=True).size


def test_a_heic_without_its_decoder_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    """Where pillow-heif is not installed, the header is read all the same, and decoding names the extra."""

    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)

    assert probe(SAMPLES["heic RGB"], foreign=True).width == 61
    with pytest.raises(ProtocolBroken, match="pillow-heif") as caught:
        decode(SAMPLES["heic RGB"], foreign=True)
    assert "pip install 'imgnb[heic]'" in caught.value.hint


def test_probing_them_loads_no_pillow(tmp_path: Path):
    """Headers are read without any decoder, of which decoding loads only the one that is named."""

    for name in ("bmp RGB", "tiff RGB", "heic RGB", "avif RGB"):
        (tmp_path / name).write_bytes(SAMPLES[name])
    code = (
        "import sys, pathlib, imgnb.pictures as p\n"
        "files = sorted(pathlib.Path(sys.argv[1]).iterdir())\n"
        "for file in files: p.probe(file, foreign=True)\n"
        "assert 'PIL' not in sys.modules\n"
        "p.decode(files[1], foreign=True)\n"
        "assert 'PIL.BmpImagePlugin' in sys.modules\n"
        "assert 'PIL.TiffImagePlugin' not in sys.modules\n"
        "assert 'pillow_heif' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_what_else_people_bring_is_named_with_what_may_be_given():
    """The hint for a person names the formats that may be given, not the parameter of a request."""

    for data in (b"\0\0\1\0\1\0", b"8BPS", b"%PDF-1.7", b"plain words"):
        with pytest.raises(ProtocolBroken) as caught:
            probe(data, foreign=True)
        assert "HEIC" in caught.value.hint
    assert SAMPLES["heic RGB"][4:8] == b"ftyp"
    with pytest.raises(ProtocolBroken, match="a video"):
        probe(b"\0\0\0\x18ftypisom\0\0\0\0isommp42", foreign=True)


@pytest.mark.parametrize("name", ["bmp RGB", "tiff CMYK", "heic RGB", "avif RGBA"])
def test_a_stored_foreign_picture_has_a_preview(name: str, store: Callable[[bytes], object]):
    """What a person gave is shown like any other picture."""

    data = SAMPLES[name]
    asset = store(data)
    facts = {"assets": [asset.sha256]}

    assert max(preview(data, 20, foreign=True).width, stored_preview(asset, 20).width) == 20
    for embed in ("preview", "full"):
        shown, _ = bundle([asset], alt="given", facts=facts, embed=embed)
        assert shown.keys() & {"image/png", "image/jpeg"}
        assert probe(stored_preview(asset).data).width == 61
