"""Pictures of other programs say what they were made with."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.pictures import metadata
from imgnb.pictures.metadata import Told, told, told_beside
from imgnb.pictures.metadata_graph import from_graph, from_workflow
from imgnb.pictures.metadata_texts import LONGEST, texts

from . import told_pictures as made

A1111 = Told(
    "a1111",
    "a red fox, (snow:1.2), <lora:fur:0.8>\nin the morning",
    "sd_xl_base_1.0",
    {"cfg_scale": 7, "sampler": "DPM++ 2M", "steps": 20, "seed": 965400086, "size": "512x768", "scheduler": "Karras",
     "negative_prompt": "blurry, low quality"},
)  # fmt: skip


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_a1111_in_a_png(tmp_path: Path, kind: str) -> None:
    """In whichever of PNG's three kinds of text."""
    assert told(made.png(tmp_path / "a.png", kind, parameters=made.A1111)) == A1111


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + made.A1111.encode("utf-16-be"),
        b"UNICODE\0" + made.A1111.encode("utf-16-le"),
        b"ASCII\0\0\0" + made.A1111.encode(),
        b"\0" * 8 + made.A1111.encode(),
    ],
    ids=["big", "little", "ascii", "undefined"],
)
def test_a1111_in_exif(tmp_path: Path, suffix: str, comment: bytes) -> None:
    """In the user comment of a JPEG or WebP, in the byte orders that programs write."""
    assert told(made.with_exif(tmp_path / f"a.{suffix}", comment)) == A1111


def test_letters_of_all_scripts_are_read(tmp_path: Path) -> None:
    """Where UTF-8 stands in a chunk that should hold Latin-1, and in UTF-16."""
    said = made.A1111.replace("a red fox", "狐 🦊 renard rusé")

    for path in (
        made.png(tmp_path / "a.png", "iTXt", parameters=said),
        made.with_exif(tmp_path / "a.jpg", b"UNICODE\0" + said.encode("utf-16-be")),
    ):
        found = told(path)
        assert found is not None
        assert found.prompt.startswith("狐 🦊 renard rusé, (snow")


def test_comfyui_is_followed_from_the_sampler(tmp_path: Path) -> None:
    """Through the nodes between, to the text that goes in as positive; the negative is no prompt."""
    found = told(made.png(tmp_path / "a.png", prompt=made.COMFYUI, workflow=made.WORKFLOW))

    assert found is not None
    assert (found.tool, found.prompt, found.model) == ("comfyui", "a blue whale", "dream.safetensors")
    assert found.params == {
        "seed": 7, "steps": 25, "cfg_scale": 6.5, "sampler": "euler", "scheduler": "normal", "denoise": 1.0,
        "negative_prompt": "watermark",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "prompt", "model"),
    [
        ({"prompt": made.FLUX}, "a robot in a greenhouse", "flux1-dev.safetensors"),
        ({"workflow": made.WORKFLOW}, "a lighthouse", "dream.safetensors"),
    ],
    ids=["guider", "workflow alone"],
)
def test_other_graphs(tmp_path: Path, texts: dict[str, object], prompt: str, model: str) -> None:
    """Samplers with a guider, and files that hold only what was edited."""
    found = told(made.png(tmp_path / "a.png", **texts))

    assert found is not None
    assert (found.prompt, found.model) == (prompt, model)


def test_comfyui_in_a_webp(tmp_path: Path) -> None:
    """It stands in the fields for the maker and model of a camera."""
    path = made.with_exif(
        tmp_path / "a.webp", make="Workflow:" + json.dumps(made.WORKFLOW), model="Prompt:" + json.dumps(made.COMFYUI)
    )

    found = told(path)

    assert found is not None
    assert found.prompt == "a blue whale"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            {"invokeai_metadata": made.INVOKEAI},
            Told("invokeai", "a ceramic mug", "Juggernaut XL",
                 {"steps": 30, "sampler": "euler", "cfg_scale": 7.5, "seed": 12, "size": "640x512"}),
        ),
        (
            {"sd_metadata": made.SD_METADATA},
            Told("invokeai", "an old map", "stable-diffusion-1.5",
                 {"steps": 50, "sampler": "k_lms", "cfg_scale": 7.5, "seed": 3, "size": "512x512"}),
        ),
        (
            {"Dream": made.DREAM},
            Told("invokeai", 'a fern, \\"pressed\\"', None,
                 {"steps": 50, "seed": 42, "cfg_scale": 7.5, "sampler": "k_lms", "size": "512x640"}),
        ),
        (
            {"imgnb": {"prompt": "a fox", "model": "gpt-image-2", "params": {"size": "1024x1024", "svg": {}}}},
            Told("imgnb", "a fox", "gpt-image-2", {"size": "1024x1024"}),
        ),
    ],
    ids=["invokeai", "sd-metadata", "dream", "imgnb"],
)  # fmt: skip
def test_invokeai_and_our_own(tmp_path: Path, texts: dict[str, object], expected: Told) -> None:
    """InvokeAI's three ways of saying it, and imgnb's."""
    assert told(made.png(tmp_path / "a.png", **texts)) == expected


def test_our_own_in_xmp(tmp_path: Path) -> None:
    """`imgnb:prompt` in the XMP of a WebP; no entity is expanded but those of HTML."""
    xmp = '<x><rdf:Description imgnb:prompt="a &quot;fox&quot; &amp; an owl" imgnb:model="gpt-image-2"/></x>'
    Image.new("RGB", (4, 4)).save(tmp_path / "a.webp", xmp=xmp.encode())

    assert told(tmp_path / "a.webp") == Told("imgnb", 'a "fox" & an owl', "gpt-image-2")


ODD = {
    "no JSON": {"prompt": "{"},
    "a list": {"prompt": []},
    "a word": {"prompt": "a fox"},
    "no sampler": {"prompt": {"1": {"inputs": {"text": "a fox"}}}},
    "a circle": {"prompt": {"1": {"inputs": {"positive": ["2", 0]}}, "2": {"inputs": {"conditioning": ["2", 0]}}}},
    "empty nodes": {"prompt": {"1": None, "2": {"inputs": None}, "3": []}},
    "links of links": {"workflow": {"nodes": [{"id": 1, "inputs": [None]}], "links": [1, [1]]}},
    "deep": {"prompt": "[" * 100_000},
    "number": {"invokeai_metadata": 7},
    "prompt is a list": {"invokeai_metadata": {"positive_prompt": ["a"]}},
    "nothing said": {"parameters": "\nSteps: 20"},
    "no steps": {"parameters": "a fox"},
}


@pytest.mark.parametrize("texts", ODD.values(), ids=ODD.keys())
def test_what_is_not_understood_says_nothing(tmp_path: Path, texts: dict[str, object]) -> None:
    """Somebody else's idea of a keyword is no error."""
    assert told(made.png(tmp_path / "a.png", **texts)) is None


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"], ids=["zTXt", "iTXt"])
def test_a_bomb_is_not_unpacked(tmp_path: Path, kind: bytes) -> None:
    """A text of a hundred megabytes of zeros in a hundred kilobytes is left packed."""
    packed = zlib.compress(bytes(25 * LONGEST))
    body = b"parameters\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0") + packed
    whole = made.png(tmp_path / "a.png").read_bytes()
    path = tmp_path / "bomb.png"
    path.write_bytes(whole[:33] + chunk(kind, body) + whole[33:])

    assert texts(path) == {}


def test_thousands_of_texts_are_not_all_read(tmp_path: Path) -> None:
    """A picture may have any number of chunks; the first will do."""
    whole = made.png(tmp_path / "a.png").read_bytes()
    many = b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(5000))
    path = tmp_path / "many.png"
    path.write_bytes(whole[:33] + many + whole[33:])

    assert len(texts(path)) == 64


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_cut_picture_says_what_it_can(tmp_path: Path, suffix: str) -> None:
    """Cut at any byte, it is read as far as it goes, and nothing is raised."""
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        made.png(path, parameters="a fox\nSteps: 1")
    else:
        made.with_exif(path, b"ASCII\0\0\0a fox\nSteps: 1", make="x")
    data = path.read_bytes()

    for end in range(len(data)):
        path.write_bytes(data[:end])
        found = told(path)
        assert found is None or "fox".startswith(found.prompt[2:5])


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        (made.A1111, ".txt", A1111),
        ("a plain caption", ".txt", Told("unknown", "a plain caption")),
        ('{"prompt": "a fox", "seed": 3, "other": {}}', ".json", Told("unknown", "a fox", None, {"seed": 3})),
        ('{"imgnb": 1, "prompt": "a fox", "model": "m"}', ".json", Told("imgnb", "a fox", "m")),
        ("[1]", ".json", None),
        ("{", ".json", None),
        ("  ", ".txt", None),
    ],
    ids=["a1111", "caption", "any json", "imgnb", "list", "broken", "empty"],
)
def test_texts_beside_a_picture(text: str, suffix: str, expected: Told | None) -> None:
    """A caption, parameters, or JSON that says "prompt"."""
    assert told_beside(text, suffix) == expected


@pytest.mark.parametrize("name", ["a\ud800", "a\nb", "\u202ea", "", "n" * 101], ids=ascii)
def test_a_name_that_is_none_is_left_out(name: str) -> None:
    """Parameters are called by short, printable names; the others of the picture are kept."""
    said = json.dumps({"imgnb": 1, "prompt": "a fox", "params": {name: 1, "steps": 3}})

    assert told_beside(said, ".json") == Told("imgnb", "a fox", None, {"steps": 3})


def test_thousands_of_parameters_are_not_all_kept() -> None:
    """A picture has some dozens."""
    found = told_beside(json.dumps({"imgnb": 1, "prompt": "a", "params": {f"p{n}": n for n in range(5000)}}), ".json")

    assert found is not None
    assert len(found.params) == 200


class Scanned(str):
    """A text that counts how often it is gone through."""

    scans = 0

    def find(self, *args: Any) -> int:
        self.scans += 1
        return super().find(*args)


@pytest.mark.parametrize("beginning", ['imgnb:prompt="', "imgnb:model>"], ids=["attribute", "element"])
def test_an_xmp_of_beginnings_is_gone_through_once(beginning: str) -> None:
    """The first value counts; an end that is missing is not looked for at every beginning."""
    text = Scanned('imgnb:prompt="a fox" imgnb:prompt="an owl" ' + beginning.replace("prompt", "model") * 5000)

    found = dict(metadata._xmp_values(text))

    assert found["prompt"] == "a fox"
    assert text.scans <= 3


class Looked(dict[str, Any]):
    """Inputs of a node that count how often they are looked at."""

    looks = 0

    def items(self) -> Any:
        for item in super().items():
            Looked.looks += 1
            yield item


def test_all_walks_through_a_graph_are_short_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph of samplers that lead to one another, and to no text, is given up."""
    monkeypatch.setattr(Looked, "looks", 0)
    links = {f"conditioning_{n}": [str(n), 0] for n in range(60)}
    graph = {str(n): {"inputs": Looked(positive=[str(n - 1), 0], **links)} for n in range(60)}

    assert from_graph(graph) is None
    assert Looked.looks <= 20_001


def test_all_walks_through_a_workflow_are_short_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that was edited."""
    asked: list[object] = []

    class Link(dict[str, Any]):
        def get(self, name: str, default: object = None) -> Any:
            asked.append(name)
            return super().get(name, default)

    inputs = [{"name": "positive", "link": 0}, *(Link(name="more", link=n) for n in range(60))]
    nodes = [{"id": n, "type": "KSampler", "inputs": inputs} for n in range(60)]

    assert from_workflow({"nodes": nodes, "links": [[n, n, 0] for n in range(60)]}) is None
    assert len(asked) < 90_000
