from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from imgnb.errors import ProtocolBroken
from imgnb.pictures import preview, previews, probe, stored_preview
from imgnb.pictures.encode import Preview
from imgnb.pictures.few_colours import few_colours

from .sample_pictures import encoded, matrix, noise, opened, png_that_claims, soft

MATRIX = matrix()


def is_sound(made: Preview, edge: int, max_bytes: int = 150_000) -> bool:
    picture = probe(made.data)
    opened(made.data)
    told = (made.media_type, made.width, made.height)
    return (
        told == (picture.media_type, picture.width, picture.height)
        and max(made.width, made.height) <= edge
        and len(made.data) <= max_bytes
    )


@pytest.mark.parametrize("data", MATRIX.values(), ids=MATRIX)
def test_every_format_has_a_preview_that_looks_like_it(data: bytes):
    """Each format and mode comes out as JPEG, or PNG where a pixel is clear, with its colours."""

    made, original = preview(data), opened(data)

    assert is_sound(made, 1024)
    assert original.size == (made.width, made.height)
    clear = original.has_transparency_data and original.convert("RGBA").getchannel("A").getextrema()[0] < 255
    assert ("image/png" if clear else "image/jpeg") == made.media_type
    if original.mode not in ("I", "I;16"):
        means = [ImageStat.Stat(image.convert("RGB").resize((4, 4))).mean for image in (original, opened(made.data))]
        assert all(abs(a - b) < 8 for a, b in zip(*means, strict=True)) or clear


def test_sixteen_bits_keep_their_range():
    """A grey picture of 16 bits is scaled, not clipped to white."""

    image = opened(preview(MATRIX["png I;16"]).data)

    assert image.getpixel((0, 5)) < 10
    assert 110 < image.getpixel((30, 5)) < 145
    assert image.getpixel((60, 5)) > 245


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("max_bytes", [150_000, 20_000, 2_000])
def test_noise_fits_into_the_budget(mode: str, max_bytes: int):
    """No picture, however restless, takes more bytes than allowed."""

    made = preview(noise(mode), max_bytes=max_bytes)

    assert is_sound(made, 1024, max_bytes)
    assert ("image/png" if mode == "RGBA" else "image/jpeg") == made.media_type


def test_a_preview_is_never_larger_than_its_picture():
    """Nothing is enlarged; proportions stay, down to a line of one pixel."""

    assert (preview(soft()).width, preview(soft()).height) == (61, 37)
    long = preview(Image.new("RGB", (4000, 2)), edge=100)
    assert (long.width, long.height) == (100, 1)


def test_opaque_alpha_becomes_jpeg():
    """An alpha channel that hides nothing is left out."""

    image = soft()
    image.putalpha(255)

    assert preview(encoded(image, "PNG")).media_type == "image/jpeg"


def test_what_is_clear_stays_clear_when_colours_become_few():
    """In a PNG that had to be reduced to a palette, clear and opaque pixels are exactly that."""

    image = noise("RGB", (1000, 1000))
    image.putalpha(Image.new("L", image.size, 0))
    image.paste(noise("RGB", (600, 600)).convert("RGBA"), (200, 200))

    small = opened(preview(image).data).convert("RGBA")

    assert small.getpixel((2, 2))[3] == 0
    assert small.getpixel((small.width // 2, small.height // 2))[3] == 255


def test_a_palette_leaves_no_veil():
    """Where all is almost clear, the palette's averages do not add a veil."""

    image = noise("RGB", (200, 200))
    image.putalpha(noise("L", (200, 200)).point(lambda value: value % 8))

    assert few_colours(image).convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_sizes_come_in_the_order_asked_for():
    """Several sizes from one decode are those that single calls would give, in the order of the edges."""

    made = previews(encoded(soft(size=(900, 600)), "PNG"), edges=(64, 512, 256))

    assert [p.width for p in made] == [64, 512, 256]


def test_same_bytes_give_the_same_preview():
    """A preview is a function of its picture."""

    for mode in ("RGB", "RGBA"):
        data = encoded(noise(mode, (700, 500)), "PNG")
        assert preview(data) == preview(data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright(orientation: int):
    """The turn that EXIF asks for is made, as browsers make it."""

    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (80, 40), "black")
    image.paste("white", (0, 0, 40, 20))
    data = encoded(image, "JPEG", exif=exif, quality=95)

    made = opened(preview(data, edge=40).data)

    expected = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]
    assert ((40, 20) if orientation < 5 else (20, 40)) == made.size
    at = (int(made.width * (0.25 + 0.5 * expected[0])), int(made.height * (0.25 + 0.5 * expected[1])))
    assert made.convert("L").getpixel(at) > 200


def test_nothing_private_comes_along():
    """Comments, texts and EXIF of the original are not in the preview."""

    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    for data in (encoded(soft(), "JPEG", exif=exif, comment=b"secret"), encoded(soft("RGBA"), "PNG", exif=exif)):
        assert b"secret" not in preview(data).data


def test_the_users_picture_is_left_alone():
    """A PIL image that is given comes back as it was."""

    for mode in ("RGB", "RGBA", "L", "P"):
        image = soft(mode)
        image.info["note"] = "mine"
        before = image.tobytes()
        preview(image)
        assert (before, "mine") == (image.tobytes(), image.info["note"])


@pytest.mark.parametrize("data", [b"", b"<html>", png_that_claims(100_000, 100_000), MATRIX["png RGB"][:-30]])
def test_what_cannot_be_decoded_is_refused(data: bytes):
    """There is no preview of what is no whole picture."""

    with pytest.raises(ProtocolBroken):
        preview(data)


def thumbs_of(asset) -> list[Path]:
    return sorted((asset.root / "thumbs").rglob("*.*"))


@pytest.mark.parametrize(("mode", "extension"), [("RGB", "jpg"), ("RGBA", "png")])
def test_a_stored_preview_is_made_once(store, mode: str, extension: str):
    """The first call leaves one file, which answers the next even when the original is gone."""

    asset = store(encoded(soft(mode), "PNG"))

    made = stored_preview(asset)

    folder = asset.root / "thumbs" / asset.sha256[:2]
    assert [folder / f"{asset.sha256}-1024.{extension}"] == thumbs_of(asset)
    asset.path.unlink()
    assert made == stored_preview(asset)


@pytest.mark.parametrize("damage", [b"", b"junk", b"\xff\xd8\xff", "cut", "other"])
def test_a_damaged_cache_is_made_again(store, damage: bytes | str):
    """A cached file that is empty, cut, or another kind of thing is replaced."""

    asset = store(encoded(soft(), "PNG"))
    made = stored_preview(asset)
    (cached,) = thumbs_of(asset)
    broken = {"cut": made.data[:-40], "other": encoded(soft(), "GIF")}
    cached.write_bytes(damage if isinstance(damage, bytes) else broken[damage])

    assert made == stored_preview(asset)
    assert made.data == cached.read_bytes()


def test_a_library_that_cannot_be_written_still_shows(store):
    """Where the cache cannot be kept, the preview is made each time."""

    asset = store(encoded(soft(), "PNG"))
    (asset.root / "thumbs").write_text("in the way, as a read-only folder would be")

    assert stored_preview(asset) == stored_preview(asset)
    assert not [path for path in asset.root.rglob("*") if path.name.startswith(".")]


def test_many_threads_make_one_preview(store):
    """Whoever comes at the same time gets the same preview, and nothing temporary stays."""

    asset = store(encoded(noise(size=(300, 200)), "PNG"))
    made: list[Preview] = []
    threads = [threading.Thread(target=lambda: made.append(stored_preview(asset))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [made[0]] * 8 == made
    assert len(thumbs_of(asset)) == 1


def test_a_cache_hit_needs_no_pillow(store):
    """What is cached is shown without loading Pillow."""

    asset = store(encoded(soft(), "PNG"))
    stored_preview(asset)
    code = (
        "import sys, types, pathlib\n"
        "from imgnb.pictures import bundle\n"
        "a = types.SimpleNamespace(root=pathlib.Path(sys.argv[1]), sha256=sys.argv[2], path=pathlib.Path('gone'))\n"
        "data, _ = bundle([a], alt='a', facts={})\n"
        "assert list(data) == ['image/jpeg', 'text/plain'] and 'PIL' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code, str(asset.root), asset.sha256], check=True)
