from __future__ import annotations

import json
from base64 import b64decode

import PIL.Image
import pytest

from imgnb.pictures import bundle, bundle_of, display_size, placeholder, preview, probe, strip

from .sample_pictures import animated, encoded, noise, opened, png_that_claims, soft


def shown(data: dict, metadata: dict) -> tuple[str, bytes]:
    """Check the form of a bundle; return its picture."""
    (mime,) = set(data) - {"text/plain"}
    assert mime in ("image/jpeg", "image/png")
    assert {mime, "imgnb"} == set(metadata) - {"needs_background"}
    assert {"width", "height", "alt"} == set(metadata[mime])
    assert data["text/plain"] == metadata[mime]["alt"]
    json.dumps([data, metadata])
    picture = b64decode(data[mime], validate=True)
    assert mime == probe(picture).media_type
    return mime, picture


@pytest.mark.parametrize("embed", ["preview", "full", "none"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_bundle_has_one_picture_and_one_text(store, embed: str, count: int):
    """Whatever is shown, there are exactly two keys, and the facts are in the metadata."""

    assets = [store(encoded(noise(size=(80, 60), seed=n), "PNG")) for n in range(count)]

    data, metadata = bundle(assets, alt="a cat", facts={"generation": "01J"}, embed=embed)

    shown(data, metadata)
    assert data["text/plain"] == "a cat"
    assert metadata["imgnb"] == {"v": 1, "generation": "01J"}


def test_the_same_assets_give_the_same_bundle(store):
    """A bundle from the cache is the one that was made first."""

    assets = [store(encoded(soft(mode), "PNG")) for mode in ("RGB", "RGBA", "L")]

    for chosen in (assets, assets[:1], []):
        assert bundle(chosen, alt="a", facts={}) == bundle(chosen, alt="a", facts={})


def test_the_text_is_one_short_line(store):
    """Line breaks and control characters go, and a long prompt is cut to 300 characters."""

    text = bundle([], alt=" a\n\n cat\t\x1b[31m " + "and more " * 90, facts={})[0]["text/plain"]

    assert text.startswith("a cat [31m and more")
    assert 300 >= len(text) > 290
    assert text.endswith("…")
    assert bundle([], alt="\n", facts={})[0]["text/plain"]


@pytest.mark.parametrize(
    ("size", "css"),
    [
        ((1024, 1024), (512, 512)),
        ((1536, 1024), (640, 427)),
        ((1024, 1536), (341, 512)),
        ((1280, 96), (640, 48)),
        ((64, 32), (64, 32)),
        ((1, 9000), (1, 512)),
    ],
)
def test_pictures_are_shown_at_half_their_density(size: tuple[int, int], css: tuple[int, int]):
    """A preview of 1024 pixels takes about 512 CSS pixels; nothing is enlarged."""

    assert css == display_size(*size)


def test_the_page_does_not_jump(store):
    """A placeholder with the size of what comes is shown as large as that will be."""

    asset = store(encoded(soft(size=(1536, 1024)), "PNG"))
    final = bundle([asset], alt="a", facts={})[1]["image/jpeg"]

    waiting = bundle_of(placeholder(1536, 1024, "drawing", 2), alt="a", facts={}, size=(1536, 1024))[1]["image/jpeg"]

    assert final == waiting


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_full_embeds_the_original_bytes(store, format: str):
    """What notebooks show everywhere is embedded as it is."""

    data = encoded(noise(size=(300, 200)), format)

    assert data == shown(*bundle([store(data)], alt="a", facts={}, embed="full"))[1]


@pytest.mark.parametrize("format", ["WEBP", "GIF"])
def test_full_converts_what_notebooks_do_not_show(store, format: str):
    """WebP and GIF become PNG with all their pixels."""

    mime, picture = shown(*bundle([store(animated(format))], alt="a", facts={}, embed="full"))

    assert (mime, opened(picture).size) == ("image/png", (40, 30))


def test_none_keeps_the_notebook_small(store):
    """With "none" only a strip is embedded."""

    asset = store(encoded(noise(size=(900, 900)), "PNG"))

    _, picture = shown(*bundle([asset], alt="a", facts={}, embed="none"))

    assert strip(f"{asset.sha256[:12]} 900x900", "note").data == picture
    assert len(picture) < 20_000


@pytest.mark.parametrize("embed", ["preview", "full"])
@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"",
        png_that_claims(100_000, 100_000),
        encoded(noise(size=(90, 90)), "PNG")[:5000],
        b"<svg width='9' height='9'/>",
        "gone",
    ],
    ids=["html", "empty", "huge", "cut", "svg", "gone"],
)
def test_what_cannot_be_shown_leaves_a_strip(store, data: bytes | str, embed: str):
    """A picture that cannot be decoded says so in a strip and never fails the cell, alone or among others."""

    asset = store(data if isinstance(data, bytes) else b"x")
    if data == "gone":
        asset.path.unlink()

    _, picture = shown(*bundle([asset], alt="a", facts={}, embed=embed))
    assert opened(picture).size == (1280, 96)
    shown(*bundle([asset, store(encoded(soft(), "PNG"))], alt="a", facts={}, embed=embed))


def test_a_sheet_is_cached_only_when_complete(store):
    """A sheet with a missing picture is made anew when the picture is back."""

    good, late = store(encoded(soft(), "PNG")), store(encoded(soft("L"), "PNG"))
    bytes_of_late = late.path.read_bytes()
    late.path.unlink()
    incomplete = bundle([good, late], alt="a", facts={})
    late.path.write_bytes(bytes_of_late)

    complete = bundle([good, late], alt="a", facts={})

    assert incomplete != complete
    late.path.unlink()
    good.path.unlink()
    assert complete == bundle([good, late], alt="a", facts={})


def test_a_run_without_pictures_says_how_it_ended():
    """Failed and cancelled runs leave different strips."""

    failed = bundle([], alt="a", facts={"status": "failed"})[0]
    cancelled = bundle([], alt="a", facts={"status": "cancelled"})[0]

    assert failed["text/plain"] == cancelled["text/plain"]
    assert failed["image/jpeg"] != cancelled["image/jpeg"]


@pytest.mark.parametrize(
    ("colour", "ground"),
    [((10, 10, 30), "light"), ((250, 250, 240), "dark"), ((200, 80, 60), None)],
    ids=["dark", "light", "middling"],
)
def test_a_transparent_picture_names_the_ground_that_it_needs(colour, ground):
    """A dark figure on nothing is not lost on a dark theme, nor a light one on a light theme."""
    image = PIL.Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((*colour, 255), (16, 16, 48, 48))

    _, metadata = bundle_of(preview(image), alt="x", facts={})

    assert metadata.get("needs_background") == ground


def test_joined_letters_and_emoji_stay_joined():
    """What holds a family of emoji or a Persian word together is invisible, not a control character."""
    text = "a family 👨\u200d👩\u200d👧, می\u200cخواهم"

    assert bundle([], alt=text, facts={})[0]["text/plain"] == text
