"""Copies that say how they were made, or nothing: judged by Pillow, by an XML parser, and by what reads metadata back."""

from __future__ import annotations

import io
import json
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from imgnb.errors import ProtocolBroken, RequestInvalid
from imgnb.pictures.metadata import told
from imgnb.pictures.metadata_texts import source_type, texts
from imgnb.pictures.metadata_writing import with_record, without_metadata

from .sample_pictures import chunk, encoded, matrix, opened, soft

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
RECORD = {
    "imgnb": "0.1", "prompt": 'a "red" fox & <owl>\n\tein Füchslein 狐 \x07', "model": "gpt-image-2",
    "system": "gpt-image-2 of a provider", "params": {"size": "1024x1024", "seed": 5}, "sha256": "ab" * 32, "digital_source_type": TRAINED,
}  # fmt: skip
WRITABLE = {name: data for name, data in matrix().items() if not name.startswith(("gif", "GIF"))}
PICTURES = [pytest.param(data, id=name) for name, data in WRITABLE.items()]
FORMATS = ("PNG", "JPEG", "WEBP")


def look(data: bytes) -> list[object]:
    """Everything about a picture that is seen: size, mode, colours, transparency, proportions, and all frames."""
    with Image.open(io.BytesIO(data)) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append((image.mode, image.tobytes(), image.info.get("duration")))
        # Of a JPEG, Pillow makes proportions up where EXIF says none.
        proportions = "jfif_density" if image.format == "JPEG" else "dpi"
        said = [image.info.get(name) for name in ("icc_profile", "transparency", "gamma", proportions, "loop", "adobe")]
        return [image.format, image.size, *said, image.getexif().get(0x0112, 1), frames]


def talkative(format: str, orientation: int = 6) -> bytes:
    """A picture that tells more than it shows: EXIF with a place, XMP, texts, a comment, and a colour profile."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = orientation, "SECRET camera", "2026:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "SECRET"
    info = PngInfo()
    info.add_text("parameters", "SECRET prompt")
    info.add_itxt("XML:com.adobe.xmp", "<x>SECRET</x>")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = {"PNG": {"pnginfo": info}, "JPEG": {"comment": b"SECRET", "xmp": b"<x>SECRET</x>"}, "WEBP": {"xmp": b"<x>SECRET</x>"}}  # fmt: skip
    return encoded(soft(), format, exif=exif, icc_profile=profile, **more[format])


def read(data: bytes, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "read").write_bytes(data)
    return texts(tmp_path / "read")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # one of them has some
@pytest.mark.parametrize("data", PICTURES)
def test_a_full_copy_looks_the_same(data: bytes) -> None:
    """Not a pixel, colour or frame differs, in any mode."""
    assert look(with_record(data, RECORD)) == look(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("data", PICTURES)
def test_a_bare_copy_looks_the_same(data: bytes) -> None:
    """What is taken out was not needed to show the picture."""
    assert look(without_metadata(data)) == look(data)


@pytest.mark.parametrize("data", PICTURES)
def test_what_is_written_is_read_back(data: bytes, tmp_path: Path) -> None:
    """Prompt, model and parameters, by the reader that imports use; the source type, by the one that inspects."""
    (tmp_path / "copy").write_bytes(with_record(data, RECORD))

    found = told(tmp_path / "copy")

    assert found is not None
    assert (found.tool, found.prompt, found.model) == ("imgnb", RECORD["prompt"], "gpt-image-2")
    assert found.params == RECORD["params"]
    assert source_type(texts(tmp_path / "copy")) == TRAINED


@pytest.mark.parametrize("format", FORMATS)
def test_its_xmp_is_what_others_read(format: str) -> None:
    """Well-formed RDF that Pillow finds, with the IPTC's properties under the IPTC's names."""
    image = opened(with_record(encoded(soft(), format), RECORD))

    tree = ElementTree.fromstring(image.info["xmp"].strip())

    said = {name.rpartition("}")[2]: value for node in tree.iter() for name, value in node.attrib.items()}
    assert said["DigitalSourceType"] == TRAINED
    assert said["AISystemUsed"] == "gpt-image-2 of a provider"
    assert said["AIPromptInformation"] == RECORD["prompt"].replace("\x07", "\ufffd")
    assert json.loads(said["record"]) == RECORD
    (words,) = (node.text for node in tree.iter() if node.tag.endswith("}li"))
    assert words == RECORD["prompt"].replace("\x07", "\ufffd")


@pytest.mark.parametrize("format", FORMATS)
def test_written_again_it_says_the_new_alone(format: str, tmp_path: Path) -> None:
    """A copy of a copy holds one packet, and the first is gone."""
    once = with_record(encoded(soft(), format), {**RECORD, "prompt": "an earlier owl"})
    twice = with_record(once, RECORD)

    assert twice == with_record(encoded(soft(), format), RECORD) or format == "WEBP"
    assert b"earlier owl" not in twice
    assert with_record(twice, RECORD) == twice


@pytest.mark.parametrize("format", FORMATS)
def test_a_prompt_of_any_length_comes_back(format: str, tmp_path: Path) -> None:
    """A JPEG's segments end at 64 kB: what is longer goes into several, and the first names the rest."""
    prompt = "wind over the dunes 狐 " * 4_000
    (tmp_path / "copy").write_bytes(with_record(encoded(soft(), format), {**RECORD, "prompt": prompt}))

    found = told(tmp_path / "copy")

    assert found is not None
    assert found.prompt == prompt.strip()
    assert found.params == RECORD["params"]
    assert source_type(texts(tmp_path / "copy")) == TRAINED
    assert look((tmp_path / "copy").read_bytes()) == look(encoded(soft(), format))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_copy_says_nothing_of_others(format: str, orientation: int, tmp_path: Path) -> None:
    """No place, camera, comment or workflow of whoever had it before; profile, and which way is up, stay."""
    data = talkative(format, orientation)
    full = with_record(data, RECORD)

    assert b"SECRET" in data
    assert b"SECRET" not in full
    assert set(read(full, tmp_path)) == ({"imgnb", "xmp"} if format == "PNG" else {"xmp"})
    assert look(full) == look(data)
    assert {name for name in opened(full).getexif() if name != 0x0112} == set()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("format", FORMATS)
def test_a_bare_copy_says_nothing(format: str, orientation: int, tmp_path: Path) -> None:
    """No text, XMP, EXIF or comment; a profile stays, and of EXIF which way is up, alone."""
    data = talkative(format, orientation)
    bare = without_metadata(data)

    assert b"SECRET" in data
    assert b"SECRET" not in bare
    assert read(bare, tmp_path) == {}
    assert look(bare) == look(data)
    assert dict(opened(bare).getexif()) == ({} if orientation == 1 else {0x0112: orientation})


@pytest.mark.parametrize("format", FORMATS)
def test_a_bare_copy_of_a_full_one_is_bare(format: str, tmp_path: Path) -> None:
    """What was put in can be taken out, and what follows the picture goes with it."""
    bare = without_metadata(with_record(encoded(soft(), format), RECORD) + (b"" if format == "WEBP" else b"SECRET"))

    assert read(bare, tmp_path) == {}
    assert b"SECRET" not in bare
    assert bare == without_metadata(bare)


def test_a_second_picture_of_a_camera_is_in_no_copy() -> None:
    """Some put one behind the end of the first, with a place of its own."""
    assert with_record(encoded(soft(), "JPEG") + talkative("JPEG"), RECORD).endswith(b"\xff\xd9")
    assert b"SECRET" not in with_record(encoded(soft(), "JPEG") + talkative("JPEG"), RECORD)


@pytest.mark.parametrize("format", FORMATS)
def test_a_manifest_is_in_neither_copy(format: str) -> None:
    """It seals the exact bytes: in a copy with others it would say that somebody tampered with them."""
    data, manifest = encoded(soft(), format), b"\0\0\0\x20jumb" + b"MANIFEST" * 3
    if format == "PNG":
        sealed = data[:33] + chunk(b"caBX", manifest) + data[33:]
    elif format == "JPEG":
        body = b"JP\0\1\0\0\0\1" + manifest
        sealed = data[:2] + b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body + data[2:]
    else:
        whole = data[8:] + b"C2PA" + struct.pack("<I", len(manifest)) + manifest
        sealed = b"RIFF" + struct.pack("<I", len(whole)) + whole

    assert look(sealed) == look(data)
    assert b"MANIFEST" not in with_record(sealed, RECORD)
    assert b"MANIFEST" not in without_metadata(sealed)


@pytest.mark.parametrize("act", [lambda data: with_record(data, RECORD), without_metadata], ids=["full", "none"])
@pytest.mark.parametrize("format", ["GIF", "SVG"])
def test_formats_that_are_not_written_are_refused(format: str, act) -> None:
    """With the way out; nothing is re-encoded in secret."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'
    data = svg if format == "SVG" else encoded(soft("L"), format)

    with pytest.raises(RequestInvalid) as caught:
        act(data)

    assert "convert" in caught.value.hint


@pytest.mark.parametrize("act", [lambda data: with_record(data, RECORD), without_metadata], ids=["full", "none"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_cut_picture_gives_an_error_and_no_copy(format: str, act) -> None:
    """Wherever it is cut it is refused, or what is there is copied: nothing else is raised."""
    data = encoded(soft(), format, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    refused = 0
    for end in range(0, len(data) - 1, max(1, len(data) // 200)):
        try:
            act(data[:end])
        except (ProtocolBroken, RequestInvalid):
            refused += 1

    assert refused > 100


@pytest.mark.parametrize("length", [0, 1, 2, 0xFFFF])
def test_segments_that_lie_are_refused(length: int) -> None:
    """A JPEG's length field may say anything."""
    with pytest.raises(ProtocolBroken):
        without_metadata(encoded(soft(), "JPEG")[:2] + b"\xff\xe1" + struct.pack(">H", length) + b"\xff" * 3)
