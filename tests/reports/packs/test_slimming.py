"""Heavy notebooks become light without losing anything, and heavy again to the byte."""

from __future__ import annotations

import json
import resource
from base64 import b64decode, b64encode, encodebytes
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.errors import AssetNotFound, NotebookInvalid
from imgnb.reports.notebook_text import NotebookText
from imgnb.reports.slimming import slim, undo
from imgnb.workspace import Workspace

from ...pictures.sample_pictures import encoded, noise
from .travelling import code, drawn, draws, read, write

BIG = noise(size=(1400, 700))


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    frames = BytesIO()
    BIG.save(frames, "GIF", save_all=True, append_images=[BIG.rotate(180)])
    turned = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    BIG.save(turned, "JPEG", quality=95, exif=exif)
    return {
        "image/png": encoded(BIG, "PNG"),
        "image/jpeg": turned.getvalue(),
        "image/webp": encoded(BIG, "WEBP", lossless=True),
        "image/gif": frames.getvalue(),
    }


def shown(kind: str, data: bytes | str | list[str], **metadata: Any) -> dict[str, Any]:
    written = b64encode(data).decode() if isinstance(data, bytes) else data
    return {"data": {kind: written, "text/plain": ["<Figure>"]}, "metadata": metadata, "output_type": "display_data"}


@pytest.fixture
def heavy(home: Workspace, tmp_path: Path, pictures: dict[str, bytes]) -> Path:
    """A notebook of others with a picture of each kind, one of them attached, and letters of all the world."""
    cells = [
        code(f"plot('ü😀 <{n}>')", shown(kind, data), id=f"c{n}") for n, (kind, data) in enumerate(pictures.items())
    ]
    attached = {"drawing.png": {"image/png": b64encode(pictures["image/png"]).decode()}}
    note = {
        "attachments": attached,
        "cell_type": "markdown",
        "id": "note",
        "metadata": {},
        "source": ["![](attachment:drawing.png)"],
    }
    return write(tmp_path / "heavy.ipynb", [*cells, note])


def test_previews_stay_and_the_bytes_are_in_the_library(
    home: Workspace, heavy: Path, pictures: dict[str, bytes]
) -> None:
    """Each in its place, no larger than a preview, with where it came from."""
    before = heavy.stat().st_size

    done = slim(heavy, home.library)

    assert (done.pictures, done.before, done.after) == (5, before, heavy.stat().st_size)
    assert done.after < 5 * 200_000 + 10_000 < before
    *cells, note = read(heavy)
    for cell, data in zip(cells, pictures.values(), strict=True):
        output = cell["outputs"][0]
        small = b64decode(output["data"]["image/jpeg"])
        assert len(small) <= 150_000
        assert max(Image.open(BytesIO(small)).size) <= 1024
        (record,) = output["metadata"]["imgnb"]["slim"]
        asset = home.library.asset(f"@{record['sha256']}")
        assert asset.bytes == data
        assert asset.source == f"heavy.ipynb cell {cell['id']}"
    assert note["attachments"]["drawing.png"].keys() == {"image/jpeg"}


def test_pictures_are_shown_as_large_as_before(home: Workspace, heavy: Path) -> None:
    """In their own pixels, turned as EXIF turns them; a size that was given stays."""
    cells = read(heavy)
    cells[0]["outputs"][0]["metadata"] = {"image/png": {"width": 333}, "needs_background": "light"}
    write(heavy, cells)

    slim(heavy, home.library)

    png, jpeg, *_ = (cell["outputs"][0]["metadata"] for cell in read(heavy)[:4])
    assert png["image/jpeg"] == {"width": 333}
    assert jpeg["image/jpeg"] == {"width": 700, "height": 1400}
    assert png["needs_background"] == "light"


STYLES: dict[str, dict[str, Any]] = {
    "Jupyter": {},
    "two spaces": {"indent": 2},
    "tabs": {"indent": "\t"},
    "ASCII": {"ensure_ascii": True},
    "compact": {"indent": None, "separators": (",", ":")},
    "one line": {"indent": None},
    "unsorted": {"sort_keys": False},
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_undo_gives_the_very_text(home: Workspace, heavy: Path, style: dict[str, Any]) -> None:
    """Whatever program wrote it."""
    write(heavy, read(heavy), **style)
    before = heavy.read_bytes()

    assert slim(heavy, home.library).pictures == 5
    assert len(heavy.read_bytes()) < len(before)
    assert undo(heavy, home.library).pictures == 5

    assert heavy.read_bytes() == before
    assert undo(heavy, home.library).pictures == 0


@pytest.mark.parametrize(
    "metadata", [{}, {"imgnb": {}}, {"tags": ["a"]}, None], ids=["empty", "ours", "others", "none"]
)
def test_undo_of_several_in_one_cell_gives_the_very_text(home, tmp_path, pictures, metadata) -> None:
    """Attachments share the metadata of their cell; it is there, or is not, as before."""
    attached = {f"{n}.png": {"image/png": b64encode(pictures["image/png"]).decode()} for n in range(3)}
    note = {"attachments": attached, "cell_type": "markdown", "id": "note", "source": ["text"]}
    path = write(tmp_path / "note.ipynb", [note if metadata is None else {**note, "metadata": metadata}])
    before = path.read_bytes()

    assert slim(path, home.library).pictures == 3
    undo(path, home.library)

    assert path.read_bytes() == before


TEXTS = {
    "Colab": lambda text: text.replace("<", "\\u003c").replace(">", "\\u003e").replace("=", "\\u003d"),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "slashes": lambda text: text.replace("/", "\\/"),
    "no end": str.rstrip,
    "a mark": lambda text: "\ufeff" + text,
}


@pytest.mark.parametrize("change", TEXTS.values(), ids=TEXTS.keys())
def test_undo_keeps_escapes_and_ends(home: Workspace, heavy: Path, change: Any) -> None:
    """The content always; the text, where JSON has one way to write it like that."""
    heavy.write_bytes(change(heavy.read_text(encoding="utf-8")).encode())
    before = heavy.read_bytes()

    assert slim(heavy, home.library).pictures == 5
    undo(heavy, home.library)

    assert json.loads(heavy.read_text(encoding="utf-8-sig")) == json.loads(before.decode("utf-8-sig"))
    if change is not TEXTS["slashes"]:
        assert heavy.read_bytes() == before


@pytest.mark.parametrize("lines", [False, True], ids=["text", "list"])
@pytest.mark.parametrize("end", [True, False], ids=["ended", "open"])
def test_line_breaks_come_back(
    home: Workspace, tmp_path: Path, pictures: dict[str, bytes], lines: bool, end: bool
) -> None:
    """Older programs broke base64 after 76 letters."""
    text = encodebytes(pictures["image/png"]).decode()
    text = text if end else text.rstrip("\n")
    path = write(tmp_path / "old.ipynb", [code("x", shown("image/png", text.splitlines(True) if lines else text))])
    before = path.read_bytes()

    assert slim(path, home.library).pictures == 1
    undo(path, home.library)

    assert path.read_bytes() == before


def test_again_changes_nothing(home: Workspace, heavy: Path) -> None:
    """Previews are not made of previews, however little may stay."""
    slim(heavy, home.library)
    before = heavy.read_bytes()

    assert slim(heavy, home.library, over=1000).pictures == 0
    assert heavy.read_bytes() == before


def test_what_would_not_get_smaller_stays(home: Workspace, tmp_path: Path, pictures: dict[str, bytes]) -> None:
    """Small pictures, drawings, what is none, and what is written oddly; the file is not touched."""
    odd = b64encode(pictures["image/png"]).decode()
    cells = [
        code("a", shown("image/png", encoded(Image.new("RGB", (8, 8)), "PNG")), id="small"),
        code("b", shown("image/svg+xml", "<svg>" + " " * 300_000 + "</svg>"), id="svg"),
        code("c", shown("image/png", b"no picture" * 100_000), id="none"),
        code("d", shown("image/png", odd[:50_001] + "\n" + odd[50_001:100_000] + "\n" + odd[100_000:]), id="odd"),
    ]
    path = write(tmp_path / "light.ipynb", cells)
    before = path.read_bytes()

    done = slim(path, home.library)

    assert done.pictures == 0
    assert [cell for cell, _ in done.kept] == ["none", "odd"]
    assert path.read_bytes() == before


PNG_URI = "data:image/png;base64," + "A" * 300_000
WITHIN: dict[str, tuple[str, int]] = {
    "a picture": (f'<p>x</p><img alt="a" src="{PNG_URI}"/><b>y</b>', len(PNG_URI)),
    "two, in other letters": (
        f"<img src='{PNG_URI.replace('data:i', 'DATA:I')}'><img src={PNG_URI}>",
        2 * len(PNG_URI),
    ),
    "a background": (f"<style>p {{ background: url({PNG_URI}) }}</style>", len(PNG_URI)),
    "a page within": (f'<iframe srcdoc="&lt;img src=&quot;{PNG_URI}&quot;&gt; and more"></iframe>', len(PNG_URI)),
    "drawings": ("<svg><path/></svg><p>x</p><SVG width='3'></SVG >", 18 + 22),
    "a picture in a drawing": (f'<svg ><image href="{PNG_URI}"/></svg>', len(PNG_URI) + 28),
    "one that is not closed": ("<svg>" * 10_000, 0),
    "what only speaks of it": ("<p>data:image/png is no picture, nor is &lt;svg></p><svgs></svgs>", 0),
    "a file": ('<img src="plot.png">', 0),
}


@pytest.mark.parametrize("lines", [False, True], ids=["text", "list"])
@pytest.mark.parametrize(("html", "size"), WITHIN.values(), ids=WITHIN.keys())
def test_what_is_left_within_html_is_counted(
    home: Workspace, tmp_path: Path, html: str, size: int, lines: bool
) -> None:
    """Nothing is moved, and nothing is hidden: how many bytes stay, and in which cells."""
    text = [html[at : at + 1000] for at in range(0, len(html), 1000)] if lines else html
    cells = [code("a", shown("text/html", text), id="a"), code("b", shown("text/plain", html), id="b")]
    path = write(tmp_path / "within.ipynb", cells)
    before = path.read_bytes()

    done = slim(path, home.library)

    assert (done.pictures, done.kept, done.within) == (0, [], [("a", size)] if size else [])
    assert path.read_bytes() == before


def test_what_is_left_is_counted_by_cell(run_command: Any, home: Workspace, tmp_path: Path) -> None:
    """Drawings, Markdown and attachments, too; in a shell it is one sentence for each notebook."""
    drawing = "<svg>" + "ü" * 500 + "</svg>"
    note = {"cell_type": "markdown", "id": "note", "metadata": {}, "source": [f"![x]({PNG_URI})\n", "text"]}
    attached = {**note, "id": "drawn", "source": [], "attachments": {"a.svg": {"image/svg+xml": [drawing, "\n"]}}}
    outputs = [shown("image/svg+xml", drawing), shown("text/markdown", f"![]({PNG_URI})")]
    path = write(tmp_path / "within.ipynb", [code("x", *outputs, id="x"), note, attached, code("y", id="y")])

    status, out, err = run_command("slim", str(path))
    (told,) = json.loads(run_command("slim", str(path), "--json")[1])

    assert told["within"] == [["x", len(PNG_URI) + 1011], ["note", len(PNG_URI)], ["drawn", 1012]]
    assert (status, out.endswith("nothing to slim\n")) == (0, True)
    assert err == (
        f"imgnb: {path}: SVG and pictures within HTML or Markdown stay as they are, 602 kB in cells x, note, drawn\n"
    )


def test_our_own_full_pictures_are_slimmed(home: Workspace, tmp_path: Path) -> None:
    """What imgnb says of them stays; the library has them already."""
    path = write(tmp_path / "full.ipynb", [draws(drawn(home, "a fox"), "fox", embed="full")])
    before = path.read_bytes()
    facts = read(path)[0]["outputs"][0]["metadata"]["imgnb"]

    assert slim(path, home.library, over=1000).pictures == 1

    assert read(path)[0]["outputs"][0]["metadata"]["imgnb"].items() >= facts.items()
    assert home.library.stats()["generations"] == {"succeeded": 1}
    undo(path, home.library)
    assert path.read_bytes() == before


def test_undo_refuses_what_the_library_has_not(home: Workspace, heavy: Path) -> None:
    """It says which, and changes nothing."""
    slim(heavy, home.library)
    before = heavy.read_bytes()
    record = read(heavy)[1]["outputs"][0]["metadata"]["imgnb"]["slim"][0]
    home.library.asset(f"@{record['sha256']}").path.write_bytes(b"other")

    with pytest.raises(AssetNotFound, match=rf"1 pictures of .*@{record['sha256'][:12]} \(cell c1\)"):
        undo(heavy, home.library)

    assert heavy.read_bytes() == before


def test_what_was_done_in_between_stays(home: Workspace, heavy: Path) -> None:
    """A cell that was run again has another output; the others come back."""
    slim(heavy, home.library)
    cells = read(heavy)
    cells[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["new\n"]}]
    write(heavy, cells)

    assert undo(heavy, home.library).pictures == 4
    assert read(heavy)[0]["outputs"] == cells[0]["outputs"]


def test_a_notebook_that_others_save_meanwhile_is_theirs(home: Workspace, heavy: Path) -> None:
    """It is not written over."""
    opened = NotebookText(heavy)
    theirs = heavy.read_bytes() + b"\n"
    heavy.write_bytes(theirs)

    with pytest.raises(NotebookInvalid, match="was changed while it was worked on"):
        opened.write()

    assert heavy.read_bytes() == theirs
    assert not list(heavy.parent.glob(".*.part"))


def test_a_full_disk_leaves_the_file_as_it_was(home: Workspace, heavy: Path) -> None:
    """A limit on the size of files does what a full disk does."""
    slim(heavy, home.library)
    before, limits = heavy.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 1000, limits[1]))
    try:
        with pytest.raises(NotebookInvalid, match="cannot be written"):
            undo(heavy, home.library)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert heavy.read_bytes() == before
    assert not list(heavy.parent.glob(".*.part"))


HOSTILE: dict[str, Any] = {
    "no list": 5,
    "no record": [5],
    "no hash": [{"sha256": "../../etc/passwd", "key": "image/png", "shown": "image/jpeg"}],
    "another kind": [{"sha256": "ab" * 32, "key": "text/html", "shown": "image/jpeg"}],
    "a list for a type": [{"sha256": "ab" * 32, "key": "image/png", "shown": ["image/jpeg"]}],
    "a list for a key": [{"sha256": "ab" * 32, "key": ["image/png"], "shown": "image/jpeg"}],
    "the text": [{"sha256": "ab" * 32, "key": "image/png", "shown": "text/plain"}],
    "two for one": [{"sha256": "ab" * 32, "key": "image/png", "shown": "image/jpeg"}] * 2,
    "a table for an end": [{"sha256": "ab" * 32, "key": "image/png", "shown": "image/jpeg", "end": {}}],
    "endless": [{"sha256": "ab" * 32, "key": "image/png", "shown": "image/jpeg", "wrap": -1}],
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_makes_no_sense_is_passed_over(home: Workspace, tmp_path: Path, said: Any) -> None:
    """A notebook may be anybody's."""
    path = write(tmp_path / "odd.ipynb", [code("x", shown("image/jpeg", b"x", imgnb={"slim": said}))])
    before = path.read_bytes()

    done = undo(path, home.library)
    again = slim(path, home.library, over=0)

    assert (done.pictures, again.pictures, path.read_bytes()) == (0, 0, before)
    assert done.kept == again.kept == [("0", "what its metadata says of it under imgnb.slim makes no sense")]


def test_a_picture_that_came_beside_is_not_written_over(home: Workspace, heavy: Path) -> None:
    """What a record would bring back has its place taken."""
    slim(heavy, home.library)
    cells = read(heavy)
    cells[0]["outputs"][0]["data"]["image/png"] = "AAAA"
    write(heavy, cells)

    done = undo(heavy, home.library)

    assert (done.pictures, [cell for cell, _ in done.kept]) == (4, ["c0"])
    assert read(heavy)[0] == cells[0]


def test_it_can_be_said_in_a_shell(run_command: Any, home: Workspace, heavy: Path, tmp_path: Path) -> None:
    """Of several notebooks, each is told; one that is none makes the status 1."""
    (tmp_path / "none.ipynb").write_text("no json", encoding="utf-8")
    odd = shown("image/png", encoded(BIG, "PNG"), imgnb={"slim": [{"shown": []}]})
    write(tmp_path / "odd.ipynb", [code("x", odd, id="odd")])

    status, out, err = run_command("slim", *(str(tmp_path / f"{one}.ipynb") for one in ("none", "odd")), str(heavy))
    assert status == 1
    assert "5 pictures in the library" in out
    assert "a picture of cell odd stays as it is" in err
    assert run_command("slim", str(tmp_path / "odd.ipynb"), "--undo")[0] == 1
    assert "none.ipynb is not a notebook" in err
    assert run_command("slim", str(heavy), "--over", "1MB")[1].endswith("nothing to slim\n")
    (told,) = json.loads(run_command("slim", str(heavy), "--undo", "--json")[1])
    assert (told["pictures"], told["after"]) == (5, heavy.stat().st_size)
    assert run_command("slim", str(heavy), "--over", "much")[0] == 1
