from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from imgnb.errors import ProtocolBroken
from imgnb.pictures import MAX_PIXELS, probe

from .sample_pictures import encoded, matrix, opened, png_that_claims, soft

MATRIX = matrix()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><circle r="9"/></svg>'


@pytest.mark.parametrize("data", MATRIX.values(), ids=MATRIX)
def test_probe_agrees_with_pillow(data: bytes):
    """The header tells what Pillow finds by decoding: type, size, frames and transparency."""

    picture, image = probe(data), opened(data)

    assert image.get_format_mimetype() in (picture.media_type, "image/apng")
    assert image.size == (picture.width, picture.height)
    assert getattr(image, "n_frames", 1) == picture.frames
    assert image.has_transparency_data == picture.has_alpha
    assert picture.whole


def test_a_path_reads_like_bytes(tmp_path: Path):
    """A file and its bytes give the same answer."""

    path = tmp_path / "picture"
    path.write_bytes(MATRIX["webp RGBA"])

    assert probe(MATRIX["webp RGBA"]) == probe(path)


@pytest.mark.parametrize("data", [*MATRIX.values(), SVG], ids=[*MATRIX, "svg"])
def test_a_cut_picture_is_never_whole(data: bytes):
    """Wherever a picture is cut, the probe says so or refuses it."""

    for length in {*range(0, len(data), max(1, len(data) // 150)), *range(len(data) - 12, len(data))}:
        try:
            assert not probe(data[:length]).whole, length
        except ProtocolBroken:
            continue


@pytest.mark.parametrize("name", ["png RGB", "jpeg RGB", "webp RGB", "GIF animated"])
def test_bytes_after_the_end_are_tolerated(name: str):
    """A picture stays whole when something follows its end."""

    assert probe(MATRIX[name] + b"\n" + b"trailing" * 20_000).whole


def test_a_thumbnail_inside_does_not_end_a_jpeg():
    """The end of a picture that lies in a segment of another is not taken for the end of the other."""

    data = MATRIX["jpeg with long comment"]

    assert not probe(data[:-2]).whole


def test_a_jpeg_whose_end_straddles_a_block_is_whole():
    """The end marker is found wherever it lies between the blocks that are read."""

    data = MATRIX["jpeg RGB"]

    for padding in range(64 * 1024 - 3, 64 * 1024 + 3):
        assert probe(data + b"\0" * padding).whole


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (b"\n<!DOCTYPE html><html><body>Login</body></html>", "HTML page"),
        (b"<!-- proxy --><html>", "HTML page"),
        (b'{"error": {"message": "no"}}', "JSON"),
        (b"upstream connect error", "text"),
        ("Pas trouvé".encode()[:10], "text"),
        (b"<?xml version='1.0'?><Error/>", "XML"),
        (b"iVBORw0KGgoAAAANSUhEUg", "base64"),
        (b"data:image/png;base64,iVBORw0KGgo", "data URL"),
        (b"\0\0\0\x1cftypavif", "AVIF"),
        (b"%PDF-1.7", "PDF"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "RIFF"),
        (b"\x00\x01\x02\x03", "00 01 02 03"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str):
    """The error says what the bytes look like and what to do."""

    with pytest.raises(ProtocolBroken, match=words) as caught:
        probe(data)

    assert caught.value.hint


@pytest.mark.parametrize("name", ["png RGB", "jpeg RGB", "webp RGB", "webp lossless RGBA", "WEBP animated", "gif L"])
def test_junk_after_a_signature_is_refused_in_our_own_words(name: str):
    """Whatever follows a good beginning, the probe answers or raises ProtocolBroken, nothing else."""

    dice, data = random.Random(5), MATRIX[name]
    for _ in range(400):
        start = dice.randrange(1, 40)
        broken = data[:start] + dice.randbytes(dice.randrange(0, 200))
        try:
            probe(broken)
        except ProtocolBroken:
            continue


def test_too_many_pixels_are_refused_but_can_be_read():
    """A header of 100,000 x 100,000 pixels is refused with its size; without the limit it is read."""

    data = png_that_claims(100_000, 100_000)

    with pytest.raises(ProtocolBroken, match=r"image/png, 100000x100000.*100,000,000"):
        probe(data)
    assert probe(data, max_pixels=None).width == 100_000
    assert MAX_PIXELS == 10_000 * 10_000


def test_a_picture_without_pixels_is_refused():
    """A size of zero is no picture."""

    with pytest.raises(ProtocolBroken, match="0x7"):
        probe(png_that_claims(0, 7))


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        ('<svg width="40" height="30"/>', (40, 30)),
        ("<svg width='40px' height = '30.4'></svg>", (40, 30)),
        ('<svg viewBox="0 0 200 100"></svg>', (200, 100)),
        ('<svg width="50" viewBox="0,0,200,100"></svg>', (50, 25)),
        ('<svg height="50" viewBox="0 0 200 100"></svg>', (100, 50)),
        ('<svg width="100%" height="100%" viewBox="0 0 20 10"></svg>', (20, 10)),
        ('<svg width="1in" height="2.54cm"></svg>', (96, 96)),
        ("<svg></svg>", (300, 150)),
        ('<svg width="-5" height="nan" viewBox="0 0 1e9 x"></svg>', (300, 150)),
        ('<svg data-width="7" stroke-width="9" width="40" height="30"></svg>', (40, 30)),
        (
            '\ufeff<?xml version="1.0"?>\n<!-- a > b --><!DOCTYPE svg PUBLIC "a" "b">\n<svg width="4" height="3"></svg>',
            (4, 3),
        ),
        (
            '<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><svg width="4" height="3"><text>&b;</text></svg>',
            (4, 3),
        ),
        ('<s:svg xmlns:s="http://www.w3.org/2000/svg" width="4" height="3"></s:svg> <!-- end -->\n', (4, 3)),
    ],
)
def test_svg_size_is_what_a_browser_shows(svg: str, size: tuple[int, int]):
    """Width, height and viewBox give the size; what is not plain falls back, and no entity is expanded."""

    picture = probe(svg.encode())

    assert (picture.media_type, picture.has_alpha, picture.whole) == ("image/svg+xml", True, True)
    assert size == (picture.width, picture.height)


def test_html_with_an_svg_inside_is_no_svg():
    """Only a document that begins as SVG is one."""

    with pytest.raises(ProtocolBroken, match="HTML page"):
        probe(b"<html><svg width='4' height='3'></svg></html>")


def test_neither_import_nor_probe_loads_pillow(tmp_path: Path):
    """A library that only stores needs no Pillow."""

    path = tmp_path / "p.png"
    path.write_bytes(encoded(soft(), "PNG"))
    code = (
        "import sys, pathlib, imgnb.pictures as p\n"
        "p.probe(pathlib.Path(sys.argv[1]))\n"
        "assert 'PIL' not in sys.modules\n"
        "assert all(callable(getattr(p, n)) or n == 'MAX_PIXELS' for n in p.__all__)"
    )

    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
