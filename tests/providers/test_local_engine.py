"""The embedded engine: the same picture for the same request, whatever its size and format, and visibly what was asked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageStat

from imgnb.pictures.cutout import instruction
from imgnb.providers.local_engine import Rendering, Sketch, draw, partials, revised_prompt, usage
from imgnb.providers.local_engine.palette import choose
from imgnb.providers.local_engine.references import MAX_PIXELS
from imgnb.providers.local_engine.scenes import FAMILIES

SMALL = {"width": 160, "height": 160}
BOX = (30, 40, 130, 140)
"The part of the base that the mask of these tests opens."
SVG_NAMES = {
    "svg",
    "title",
    "defs",
    "g",
    "path",
    "rect",
    "text",
    "clipPath",
    "linearGradient",
    "stop",
    "filter",
    "feGaussianBlur",
}


def test_same_sketch_same_bytes():
    """Drawing the same sketch twice gives the same bytes, and so does asking a rendering again."""
    sketch = Sketch("a red fox", **SMALL)
    rendering = Rendering(sketch)

    assert draw(sketch) == rendering.final() == rendering.final()


@pytest.mark.parametrize("output_format", ["png", "gif", "svg"])
def test_other_process_same_bytes(output_format):
    """Neither the process nor its hash seed decides anything."""
    prompt = "an owl, a city, teal"
    code = (
        "import hashlib; from imgnb.providers.local_engine import Sketch, draw;"
        f"s = Sketch({prompt!r}, 96, 96, output_format={output_format!r}, frame_count=2);"
        "print(hashlib.sha256(draw(s)).hexdigest())"
    )
    env = os.environ | {"PYTHONHASHSEED": "4711"}
    there = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)

    here = draw(Sketch(prompt, 96, 96, output_format=output_format, frame_count=2))

    assert hashlib.sha256(here).hexdigest() == there.stdout.strip()


@pytest.mark.parametrize(
    "size", [(256, 256), (384, 256), (384, 128), (160, 256), (128, 384), (64, 64), (17, 3), (1, 1)]
)
@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_size_and_format_are_exact(size, output_format):
    """What arrives has the asked size and format, down to sizes no provider offers."""
    picture = opened(draw(Sketch("mountain lake", *size, output_format=output_format)))

    assert (picture.size, picture.format) == (size, output_format.upper())


@pytest.mark.parametrize("size", [(1024, 1024), (1536, 1024), (3840, 1280), (640, 1024)])
def test_real_sizes_are_exact(size):
    """The sizes of the contract come out exactly, also where the drawing is resized by a broken factor."""
    assert opened(draw(Sketch("a cat", *size, output_format="jpeg"))).size == size


@pytest.mark.parametrize("words", [words for words, _ in FAMILIES], ids=lambda words: words[0])
def test_every_family_draws_everywhere(words):
    """Each scene family fills an opaque picture and leaves a transparent one partly empty, moved or not."""
    for word in words:
        assert isinstance(Rendering(Sketch(word, 64, 64)).final(), bytes)
    opaque = opened(draw(Sketch(words[0], **SMALL)))
    clear = opened(draw(Sketch(words[0], background="transparent", **SMALL)))
    film = opened(draw(Sketch(words[0], output_format="gif", frame_count=3, quality="low", **SMALL)))

    assert opaque.mode == "RGB"
    assert clear.getchannel("A").getextrema() == (0, 255)
    assert film.n_frames == 3


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_transparent_means_alpha(output_format):
    """A transparent picture shows its figure on nothing."""
    picture = opened(draw(Sketch("coffee cup", background="transparent", output_format=output_format, **SMALL)))

    assert picture.mode == "RGBA"
    assert picture.getpixel((2, 2))[3] == 0


def test_quality_adds_detail():
    """Better quality has more in it; the idea of the picture stays."""
    low, medium, high, best = (draw(Sketch("night city", quality=q, **SMALL)) for q in ("low", "medium", "high", "max"))

    assert len(low) < len(medium) < len(high) < len(best)
    assert distance(low, best) < distance(low, draw(Sketch("an orange", **SMALL)))


def test_pictures_of_one_prompt_vary():
    """The n pictures of one prompt all differ, as do those of different prompts and models."""
    variations = {draw(Sketch("a quiet place", index=i, **SMALL)) for i in range(4)}
    others = {draw(Sketch(prompt, model=model, **SMALL)) for prompt in ("one", "two") for model in ("a", "b")}

    assert len(variations) == len(others) == 4


@pytest.mark.parametrize(
    ("prompt", "hue"), [("a red bottle", 0), ("a green bottle", 1), ("a blue bottle", 2)], ids=["red", "green", "blue"]
)
def test_colour_words_steer(prompt, hue):
    """The colour that the prompt names is the main one."""
    red, green, blue = choose(Sketch(prompt)).accents[0]

    assert max(red, green, blue) == (red, green, blue)[hue]


@pytest.mark.parametrize("background", ["opaque", "transparent"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_partials_sharpen(count, background):
    """Each partial is nearer to the final picture than the one before, and none is it."""
    rendering = Rendering(Sketch("a red fox", background=background, **SMALL))
    final, previews = rendering.final(), list(rendering.partials(count))

    distances = [distance(preview, final) for preview in previews]

    assert len(previews) == count
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] > 0
    assert all(opened(p).size == (160, 160) and opened(p).format == "PNG" for p in previews)


@pytest.mark.parametrize("output_format", ["gif", "svg"])
def test_no_partials_of_films_and_drawings(output_format):
    """GIF and SVG have no partials, as with the provider."""
    assert list(partials(Sketch("x", output_format=output_format), 3)) == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_mask_protects(mode):
    """Outside the mask every pixel is the base's, in partials too; inside, the picture is new."""
    base = photo(mode)
    rendering = Rendering(Sketch("a cat", images=(png(base),), mask=png(mask()), **SMALL))

    for data in (rendering.final(), *rendering.partials(2)):
        change = ImageChops.difference(opened(data).convert(mode), base).convert("RGB")
        left, top, right, bottom = change.getbbox()

        assert (left, top) >= BOX[:2]
        assert (right, bottom) <= BOX[2:]
        assert ImageStat.Stat(change.crop(BOX)).sum[0] > 100_000


def test_solid_mask_changes_nothing():
    """Where nothing may be edited, nothing is, not even by the caption."""
    base = photo()
    rendering = Rendering(Sketch("a cat", images=(png(base),), mask=png(Image.new("RGBA", base.size)), **SMALL))
    solid = Rendering(Sketch("a cat", images=(png(base),), mask=png(base.convert("RGBA")), **SMALL))

    assert rendering.caption_box is not None
    assert solid.caption_box is None
    assert same(opened(solid.final()), base)


def test_each_reference_counts():
    """Every reference, and the markup, changes the picture."""
    first, second, third = png(photo()), png(photo(turn=90)), png(photo("RGBA", turn=180))
    strokes = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(strokes).line((20, 20, 60, 50), fill=(255, 0, 0, 255), width=6)
    sketches = [
        Sketch("a cat", images=images, markup=markup, **SMALL)
        for images, markup in (
            ((first,), None),
            ((second,), None),
            ((first, second), None),
            ((first, second, third), None),
            ((first,), png(strokes)),
        )
    ]

    assert len({opened(draw(sketch)).tobytes() for sketch in sketches}) == len(sketches)


def test_base_stays_recognisable():
    """An edit without mask is nearer to its base than to another picture."""
    base, other = png(photo()), png(photo(turn=180))

    edited = draw(Sketch("add a cat", images=(base,), **SMALL))

    assert distance(edited, base) < distance(edited, other)


def test_alpha_of_a_base():
    """A cut-out gets a backdrop, or stays a cut-out where transparency is asked for."""
    cut_out = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(cut_out).ellipse((50, 50, 110, 110), fill=(200, 30, 30, 255))

    filled = opened(draw(Sketch("coffee cup", images=(png(cut_out),), **SMALL)))
    clear = opened(draw(Sketch("coffee cup", images=(png(cut_out),), background="transparent", **SMALL)))

    assert filled.mode == "RGB"
    assert clear.getpixel((80, 4))[3] == 0


@pytest.mark.parametrize("key", ["#00FF00", "#ff00ff"])
@pytest.mark.parametrize("output_format", ["png", "gif"])
def test_a_flat_background_is_drawn(key, output_format):
    """A prompt that asks for a flat colour gets the figure of the transparent picture on it, the caption included."""
    plain = Rendering(Sketch("a red fox", background="transparent", **SMALL))
    figure = opened(plain.final())
    ground = Image.new("RGB", figure.size, key)
    ground.paste(figure, mask=figure.getchannel("A"))

    asked = Sketch(f"a red fox\n\n{instruction(key)}", output_format=output_format, **SMALL)
    picture = opened(draw(asked)).convert("RGB")

    assert distance(png(picture), png(ground)) < (1 if output_format == "png" else 20)
    assert all(picture.getpixel(corner) == ImageColor.getrgb(key) for corner in ((0, 0), (159, 0), (0, 159)))


def test_a_flat_background_may_stand_in_the_subject_s_sentence():
    """Only the words about the background are left out then: the fox is drawn."""
    first = draw(Sketch("a red fox on a perfectly flat #00FF00 background", **SMALL))

    assert opened(first).getpixel((0, 0)) == (0, 255, 0)
    assert distance(first, draw(Sketch("a red fox\n" + instruction("#00FF00"), **SMALL))) < distance(
        first, draw(Sketch("a city\n" + instruction("#00FF00"), **SMALL))
    )


def test_an_edit_on_a_flat_background():
    """A cut-out base keeps its shape, another is framed; the colour shows around either. A mask goes first."""
    cut_out = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(cut_out).ellipse((50, 50, 110, 110), fill=(200, 30, 30, 255))
    prompt = "coffee cup\n" + instruction("#0000FF")

    framed = opened(draw(Sketch(prompt, images=(png(photo()),), **SMALL)))
    masked = opened(draw(Sketch(prompt, images=(png(photo()),), mask=png(mask()), **SMALL)))

    for picture in (opened(draw(Sketch(prompt, images=(png(cut_out),), **SMALL))), framed):
        assert picture.mode == "RGB"
        assert picture.getpixel((0, 0)) == (0, 0, 255)
    assert masked.getpixel((0, 0)) == photo().getpixel((0, 0))


def test_a_transparent_picture_has_no_flat_background():
    """Transparency that is asked for wins."""
    picture = opened(draw(Sketch("a cat\n" + instruction("#00FF00"), background="transparent", **SMALL)))

    assert picture.getpixel((0, 0))[3] == 0


def test_an_svg_on_a_flat_background():
    """The colour is the first thing painted, over all of the document."""
    root = ET.fromstring(draw(Sketch("a cat\n" + instruction("#00FF00"), output_format="svg", **SMALL)))

    first = next(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert (first.get("width"), first.get("height"), first.get("fill")) == ("160", "160", "#00ff00")


def test_markup_strokes_are_not_drawn():
    """The strokes say where, and are not seen themselves."""
    strokes = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(strokes).rectangle((100, 10, 150, 60), outline=(255, 0, 255, 255), width=5)

    edited = opened(draw(Sketch("a cat", images=(png(photo()),), markup=png(strokes), **SMALL)))

    assert (255, 0, 255) not in {color for _, color in edited.getcolors(160 * 160)}


@pytest.mark.parametrize("many", [2, 5, 16])
def test_many_references_fit(many):
    """Sixteen references are as welcome as two, whatever the shape of the picture."""
    images = tuple(png(photo(turn=7 * i)) for i in range(many))

    for size in ((320, 96), (96, 320), (160, 160)):
        assert opened(draw(Sketch("x", *size, images=images))).size == size


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"images": (b"not a picture",)}, "image 1 is not a picture"),
        ({"images": (b"",)}, "image 1 is not a picture"),
        ({"mask": b"x"}, "needs an image"),
        ({"width": 0}, "size 0x1024 has no pixels"),
    ],
    ids=["text", "empty", "mask alone", "no size"],
)
def test_bad_input_is_a_value_error(fields, text):
    """What cannot be drawn is refused with its reason before anything is drawn."""
    with pytest.raises(ValueError, match=text):
        Rendering(Sketch("x", **fields))


def test_cut_reference_is_a_value_error():
    """A picture that breaks off is refused, not half used."""
    with pytest.raises(ValueError, match="image 2 is not a picture"):
        Rendering(Sketch("x", images=(png(photo()), png(photo())[:-2000]), **SMALL))


def test_huge_reference_is_refused_unread():
    """The size in the header is believed before any pixel is decoded."""
    header = png(Image.new("1", (1, 1)))
    huge = header[:16] + (20_000).to_bytes(4, "big") + (MAX_PIXELS // 20_000 + 1).to_bytes(4, "big") + header[24:]
    crc = zlib.crc32(huge[12:29]).to_bytes(4, "big")

    with pytest.raises(ValueError, match="more than 100,000,000 pixels"):
        Rendering(Sketch("x", images=(huge[:29] + crc + huge[33:],), **SMALL))


@pytest.mark.parametrize("size", [(512, 512), (600, 200), (64, 64)])
def test_caption_is_there(size):
    """Every picture carries the caption: dark plate and white letters inside its box, inside the picture."""
    rendering = Rendering(Sketch("snow", *size))
    left, top, right, bottom = rendering.caption_box

    low, high = opened(rendering.final()).crop(rendering.caption_box).convert("L").getextrema()

    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert high - low > 60


def test_caption_stays_in_the_mask():
    """The caption of a masked edit stands where editing is allowed."""
    base = Image.new("RGB", (512, 512), "navy")
    hole = Image.new("RGBA", (512, 512), "white")
    hole.paste((0, 0, 0, 0), (100, 100, 400, 300))

    box = Rendering(Sketch("x", 512, 512, images=(png(base),), mask=png(hole))).caption_box

    assert box is not None
    assert box[0] >= 100
    assert box[1] >= 100
    assert box[2] <= 400
    assert box[3] <= 300


@pytest.mark.parametrize("count", [2, 3, 16])
def test_frames(count):
    """A GIF has the asked frames, all different, each as long as asked, for ever."""
    film = opened(draw(Sketch("lake", output_format="gif", frame_count=count, frame_duration_ms=120, **SMALL)))
    frames = []
    for i in range(film.n_frames):
        film.seek(i)
        frames.append(film.convert("RGB").tobytes())
        assert film.info["duration"] == 120

    assert len(frames) == count
    assert film.info["loop"] == 0
    assert all(a != b for a, b in zip(frames, [*frames[1:], frames[0]], strict=True))


@pytest.mark.parametrize("prompt", ['<script>alert("x")</script> & a fox', "null \x00 and \ud800 and ]]>", "城市 😀"])
@pytest.mark.parametrize("background", ["opaque", "transparent"])
def test_svg_is_sound(prompt, background):
    """An SVG is well formed whatever the prompt, has the size and the caption, and nothing that runs or loads."""
    data = draw(Sketch(prompt, 640, 400, output_format="svg", background=background))
    root = ET.fromstring(data)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}

    assert root.get("viewBox") == "0 0 640 400"
    assert "imgnb offline sketch" in [element.text for element in root.iter()]
    assert b"<script" not in data
    assert names <= SVG_NAMES


def test_svg_of_an_edit_embeds_the_base():
    """The base of an edit is inside the document, re-encoded."""
    root = ET.fromstring(draw(Sketch("a cat", images=(png(photo()),), output_format="svg", **SMALL)))
    (image,) = root.iter("{http://www.w3.org/2000/svg}image")

    assert image.get("href").startswith("data:image/jpeg;base64,")


def test_compression_counts():
    """A lower output_compression makes a smaller file."""
    sizes = [
        len(draw(Sketch("city", output_format=kind, output_compression=level, **SMALL)))
        for kind in ("jpeg", "webp")
        for level in (0, 50, 100)
    ]

    assert sizes[:3] == sorted(set(sizes[:3]))
    assert sizes[3:] == sorted(set(sizes[3:]))


def test_usage_adds_up():
    """Usage has the provider's shape, the known figures, and 100 tokens for each partial."""
    plain = usage(Sketch("a cat", model="gpt-image-1.5"), 0)
    edit = usage(Sketch("a cat", model="gpt-image-1.5", images=(png(photo()),)), 3)

    assert plain["output_tokens"] == 1056
    assert edit["output_tokens"] == 1356
    assert edit["input_tokens_details"]["image_tokens"] == 65 + 129
    for counted in (plain, edit):
        assert counted["total_tokens"] == counted["input_tokens"] + counted["output_tokens"]
        assert counted["input_tokens"] == sum(counted["input_tokens_details"].values())


def test_revised_prompt_names_the_seed():
    """The revised prompt is the same each time and tells variations apart."""
    first, second = Sketch("a cat"), Sketch("a cat", index=1)

    assert revised_prompt(first) == revised_prompt(Sketch("a cat"))
    assert f"{first.seed:016x}" in revised_prompt(first)
    assert revised_prompt(first) != revised_prompt(second)


def test_import_is_light():
    """Importing the engine does not import Pillow."""
    code = "import sys, imgnb.providers.local_engine; sys.exit('PIL' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    if getattr(picture, "n_frames", 1) == 1:
        picture.load()
    return picture


def png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def photo(mode: str = "RGB", turn: int = 0) -> Image.Image:
    """Something with light, shape and noise in it, and with alpha where the mode has it."""
    picture = Image.merge(
        "RGB", (Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), 90))
    )
    picture = picture.resize((160, 160)).rotate(turn)
    ImageDraw.Draw(picture).rectangle((10, 100, 60, 150), fill=(250, 220, 40))
    if mode == "RGBA":
        picture.putalpha(Image.radial_gradient("L").resize((160, 160)).point(lambda v: 255 - v // 2))
    return picture


def mask() -> Image.Image:
    opaque = Image.new("RGBA", (160, 160), (255, 255, 255, 255))
    opaque.paste((0, 0, 0, 0), BOX)
    return opaque


def same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def distance(one: bytes, other: bytes) -> float:
    """Mean difference of two encoded pictures over all channels."""
    change = ImageChops.difference(opened(one).convert("RGBA"), opened(other).convert("RGBA"))
    return sum(ImageStat.Stat(change).mean)
