"""`imgnb inspect` over files that anybody may have written, with a library, and without one."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import PIL.Image
import pytest
from PIL import IptcImagePlugin

from imgnb.events import Image
from imgnb.library import Accepted, Library
from imgnb.pictures.metadata_texts import texts
from imgnb.pictures.metadata_writing import without_metadata

from ..library.conftest import FOX, ORIGIN, SUCCESS, draw, png
from ..pictures import told_pictures
from ..pictures.sample_pictures import chunk, encoded, png_that_claims, soft
from ..pictures.signing import TRAINED, signed
from .conftest import Run


def inspected(run: Run, *paths: Path) -> list[dict]:
    status, out, _ = run("inspect", *map(str, paths), "--json")
    assert status == 0, out
    return json.loads(out)


def test_a_file_that_says_nothing(run: Run, tmp_path: Path) -> None:
    """Format, size and hash, and that it is not stored; no library is made for the question."""
    (tmp_path / "plain.png").write_bytes(encoded(soft(), "PNG"))

    (found,) = inspected(run, tmp_path / "plain.png")
    _, said, _ = run("inspect", str(tmp_path / "plain.png"))

    assert (found["media_type"], found["width"], found["height"], found["whole"]) == ("image/png", 61, 37, True)
    assert len(found["sha256"]) == 64
    assert (found["made_by"], found["c2pa"], found["digital_source_type"], found["texts"]) == (None, None, None, {})
    assert "not stored" in said
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(
    ("keyword", "text", "tool", "prompt"),
    [
        ("parameters", told_pictures.A1111, "a1111", "a red fox, (snow:1.2)"),
        ("prompt", told_pictures.COMFYUI, "comfyui", "a blue whale"),
        ("invokeai_metadata", told_pictures.INVOKEAI, "invokeai", "a ceramic mug"),
    ],
)
def test_other_programs_are_understood(run: Run, tmp_path: Path, keyword, text, tool, prompt) -> None:
    """The prompt and who says it, for people; parameters and the whole text, for scripts."""
    path = told_pictures.png(tmp_path / "theirs.png", **{keyword: text})

    (found,) = inspected(run, path)
    _, said, _ = run("inspect", str(path))

    assert found["made_by"]["tool"] == tool
    assert found["made_by"]["prompt"].startswith(prompt)
    assert keyword in found["texts"]
    assert tool in said
    assert prompt in said


def test_a_copy_is_known_by_its_original(run: Run, tmp_path: Path) -> None:
    """What `full` wrote is read back, and the library has what it was copied from."""
    with Library(tmp_path / "library") as library:
        made = draw(library)
        library.name(made.asset, "hero")
        made.asset.save(tmp_path / "copy.png", metadata="full")
        made.asset.save(tmp_path / "exact.png")

    copy, exact = inspected(run, tmp_path / "copy.png", tmp_path / "exact.png")
    _, said, _ = run("inspect", str(tmp_path / "copy.png"))

    assert copy["library"] == {"asset": None, "original": made.asset.sha256, "names": ["hero"], "generation": made.id}
    assert exact["library"]["asset"] == made.asset.sha256
    assert copy["original"] == made.asset.sha256
    assert copy["made_by"]["prompt"] == FOX.prompt
    assert copy["digital_source_type"] == TRAINED
    assert f"a copy of @{made.asset.sha256[:12]} @hero" in said
    assert "trainedAlgorithmicMedia" in said


def test_a_manifest_goes_through_the_library_unharmed(run: Run, tmp_path: Path) -> None:
    """A provider's picture is stored byte for byte: its seal holds in the library, and in an exact copy."""
    sealed = signed(encoded(soft(), "PNG"), "image/png")
    with Library(tmp_path / "library") as library:
        claim = library.claim(FOX, ORIGIN, Accepted(), replay=False)
        sink = library.open_sink(claim.generation_id)(0)
        sink.write(sealed)
        library.keep(claim.generation_id, Image(0, sink.finish(), {}))
        made = library.finish(claim.generation_id, SUCCESS)
        made.asset.save(tmp_path / "exact.png")
        full = made.asset.save(tmp_path / "full.png", metadata="full")

    for path in (made.asset.path, tmp_path / "exact.png"):
        (found,) = inspected(run, path)
        assert (found["c2pa"]["state"], found["c2pa"]["failures"]) == ("Valid", [])
        assert found["c2pa"]["store"]["active_manifest"]
        assert found["library"]["asset"] == made.asset.sha256
    assert inspected(run, full)[0]["c2pa"] is None
    _, said, _ = run("inspect", str(tmp_path / "exact.png"))
    assert "the signature holds; signed by tests of imgnb (nobody was asked" in said


def test_what_a_file_says_drives_no_terminal(run: Run, tmp_path: Path) -> None:
    """Texts of strangers are shown on one line, cut, without control characters; --json has all of them."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202e fox " + "x" * 5000
    path = told_pictures.png(tmp_path / "evil.png", kind="iTXt", **{"prompt": "{}", "parameters": f"{evil}\nSteps: 1"})

    _, said, _ = run("inspect", str(path))

    assert not any(sign in said for sign in ("\x1b", "\x07", "\u202e"))
    assert max(map(len, said.splitlines())) < 300
    assert inspected(run, path)[0]["made_by"]["prompt"].endswith("xxx")


def test_bombs_do_not_go_off(run: Run, tmp_path: Path) -> None:
    """A size that no memory holds is a number; a text that unpacks to gigabytes is left packed."""
    (tmp_path / "huge.png").write_bytes(png_that_claims(2**31 - 1, 2**31 - 1))
    packed = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(64 * 1024**2), 9))
    (tmp_path / "packed.png").write_bytes(png()[:33] + packed + png()[33:])

    huge, bomb = inspected(run, tmp_path / "huge.png", tmp_path / "packed.png")

    assert huge["width"] == 2**31 - 1
    assert bomb["texts"] == {"seed": "0"}


def test_one_bad_file_keeps_no_other_back(run: Run, tmp_path: Path) -> None:
    """What is no picture, or not there, is said beside its name, and the status is 1."""
    (tmp_path / "good.png").write_bytes(encoded(soft(), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"hello")
    paths = [str(tmp_path / name) for name in ("bad.png", "gone.png", "good.png")]

    status, out, err = run("inspect", *paths)
    status_of_json, document, _ = run("inspect", *paths, "--json")

    assert status == status_of_json == 1
    assert "good.png" in out
    assert "bad.png: not a picture" in err
    assert "gone.png" in err
    assert [("error" in one) for one in json.loads(document)] == [True, True, False]


def test_exif_is_told(run: Run, tmp_path: Path) -> None:
    """Camera and maker, as its texts say."""
    path = told_pictures.with_exif(tmp_path / "photo.jpg", make="a maker", model="a camera")

    (found,) = inspected(run, path)

    assert found["exif"] == {"make": "a maker", "camera": "a camera"}
    assert "camera: a camera" in run("inspect", str(path))[1]


def agency(*values: tuple[int, bytes], name: bytes = b"") -> bytes:
    """A JPEG with the IPTC's records in its segment APP13, after another block of Photoshop's; `name` is the block's."""
    records = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in values)
    pascal = bytes([len(name)]) + name + b"\0" * ((len(name) + 1) % 2)
    body = b"Photoshop 3.0\0" + b"8BIM\x04\x25\0\0" + struct.pack(">I", 3) + b"abc\0"
    body += b"8BIM\x04\x04" + pascal + struct.pack(">I", len(records)) + records
    data = encoded(soft(), "JPEG")
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:]


@pytest.mark.parametrize("name", [b"", b"a", b"ab"], ids=["no name", "odd", "even"])
def test_records_of_agencies_are_told(run: Run, tmp_path: Path, name: bytes) -> None:
    """IPTC-IIM, which Pillow reads from the same bytes: caption, author and source; a copy has none of it."""
    (tmp_path / "agency.jpg").write_bytes(
        agency((120, "Füchse".encode()), (80, b"A Person\x1b[2J"), (115, b"an agency"), (5, b"unseen"), name=name)
    )
    with PIL.Image.open(tmp_path / "agency.jpg") as image:
        assert IptcImagePlugin.getiptcinfo(image)[2, 120] == "Füchse".encode()

    (found,) = inspected(run, tmp_path / "agency.jpg")
    _, said, _ = run("inspect", str(tmp_path / "agency.jpg"))

    assert found["texts"] == {
        "iptc": "", "iptc caption": "Füchse", "iptc by-line": "A Person\x1b[2J", "iptc source": "an agency"
    }  # fmt: skip
    assert [line.split(maxsplit=1)[1] for line in said.splitlines() if line.split()[0] == "iptc"] == [
        "caption: Füchse", "by-line: A Person [2J", "source: an agency"
    ]  # fmt: skip
    assert b"agency" not in without_metadata((tmp_path / "agency.jpg").read_bytes())


def test_records_that_say_nothing_known_are_there(run: Run, tmp_path: Path) -> None:
    """That they exist is told."""
    (tmp_path / "agency.jpg").write_bytes(agency((5, b"unseen")))

    assert "iptc         there are records" in run("inspect", str(tmp_path / "agency.jpg"))[1]


def test_records_that_are_cut_give_what_is_there(run: Run, tmp_path: Path) -> None:
    """Wherever the file ends, and whatever a length says, nothing is raised."""
    data = agency((120, b"x" * 40), (115, b"an agency"))
    for end in range(20, 140):
        (tmp_path / "cut.jpg").write_bytes(data[:end])
        assert set(texts(tmp_path / "cut.jpg")) <= {"iptc", "iptc caption", "iptc source"}


def test_a_file_without_an_end_is_read_as_far_as_it_goes(run: Run, tmp_path: Path) -> None:
    """A chunk that claims more than there is gives what stood before it."""
    (tmp_path / "cut.png").write_bytes(png()[:33] + struct.pack(">I4s", 2**31 - 1, b"tEXt") + b"x")

    (found,) = inspected(run, tmp_path / "cut.png")

    assert not found["whole"]
