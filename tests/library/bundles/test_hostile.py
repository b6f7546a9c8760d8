"""Whatever a bundle holds: it comes in whole, or is refused and leaves the library as it was."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from imgnb.errors import BundleRefused, LibraryError, LibraryFull, LibraryReadOnly
from imgnb.library import Budget, Library
from imgnb.library.bundles.limits import DEFAULT

from ..conftest import FOX, draw, png
from .conftest import inside, records_of, tampered

NAMES = {
    "up": "../evil.png",
    "up inside": "blobs/../../evil.png",
    "absolute": "/etc/evil.png",
    "drive": "C:/evil.png",
    "backslash": "blobs\\..\\evil.png",
    "other": "readme.exe",
    "wrong fold": f"blobs/00/00/{'ab' * 32}.png",
    "no hash": "blobs/zz/zz/zz.png",
    "upper case": f"blobs/AB/AB/{'AB' * 32}.png",
    "right to left": "thumbs/\u202egnp.exe",
}


def refused(other: Library, path: Path, match: str, **limits: int) -> BundleRefused:
    """The library refuses, and is as it was."""
    before = inside(other)
    with pytest.raises(BundleRefused, match=match) as caught:
        other.import_(path, limits=replace(DEFAULT, **limits))
    assert inside(other) == before
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_name_leads_out(bundle: Path, other: Library, name: str) -> None:
    """A member that a bundle does not have is refused before anything is unpacked, and cannot drive a terminal."""
    error = refused(other, tampered(bundle, members={name: b"evil"}), "the bundle has a member")

    assert error.message.isprintable()
    assert not list(other.path.parent.glob("**/evil*"))


def test_a_name_with_a_nul_is_refused(bundle: Path, other: Library) -> None:
    """Some programs see the name before the NUL, others all of it."""
    path = tampered(bundle, members={"index.html0": b"evil"})
    path.write_bytes(path.read_bytes().replace(b"index.html0", b"index.html\0"))

    refused(other, path, "NUL byte")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(bundle: Path, other: Library) -> None:
    """One program would read the first, another the last."""
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("index.html", b"other")

    refused(other, bundle, "twice")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO], ids=["link", "pipe"])
def test_links_and_devices_are_refused(bundle: Path, other: Library, kind: int) -> None:
    """A zip can hold what is no file."""
    info = zipfile.ZipInfo(f"thumbs/{'ab' * 32}.jpg")
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(info, "/etc/passwd")

    refused(other, bundle, "link or device")


@pytest.mark.skipif(os.name == "nt", reason="links take rights there")
def test_links_in_a_folder_are_refused(bundle: Path, other: Library, tmp_path: Path) -> None:
    """A blob of an unpacked bundle that leads elsewhere is not read."""
    shutil.unpack_archive(bundle, tmp_path / "unpacked")
    blob = next((tmp_path / "unpacked" / "blobs").rglob("*.png"))
    blob.rename(tmp_path / "elsewhere.png")
    blob.symlink_to(tmp_path / "elsewhere.png")

    refused(other, tmp_path / "unpacked", "is a link")


def test_zeros_without_end_are_refused(bundle: Path, other: Library, tmp_path: Path) -> None:
    """What unpacks to a thousand times its size is stopped while it is read, whatever its header says."""
    name = next(name for name in zipfile.ZipFile(bundle).namelist() if name.startswith("blobs/"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(40 * 1024**2))
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for other_name in source.namelist():
            data = bytes(40 * 1024**2) if other_name == name else source.read(other_name)
            archive.writestr(other_name, data)

    refused(other, bomb, "far more than it takes")


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        ({"members": 3}, "members"),
        ({"picture": 20}, "bytes, more than 20"),
        ({"total": 300}, "more than 300"),
        ({"records": 500}, "records.jsonl has more than 500"),
        ({"line": 100}, "line of records.jsonl"),
    ],
    ids=["members", "picture", "total", "records", "line"],
)
def test_limits_hold(bundle: Path, other: Library, limits: dict[str, int], match: str) -> None:
    """Each limit is one."""
    refused(other, bundle, match, **limits)


def test_a_size_that_lies_is_found_out(bundle: Path, other: Library) -> None:
    """A picture of which the records promise few bytes is counted while it is read."""

    def change(records):
        for record in records:
            if record["record"] == "asset":
                record["bytes"] = 1

    refused(other, tampered(bundle, change), "more than 60 bytes", picture=60)


def test_no_room_is_said_before(bundle: Path, other: Library) -> None:
    """A bundle that does not fit on the disk is not begun."""
    before = inside(other)

    with pytest.raises(LibraryFull):
        other.import_(bundle, limits=replace(DEFAULT, reserve=10**18))

    assert inside(other) == before


def test_a_long_list_of_members_is_not_read(other: Library, tmp_path: Path) -> None:
    """A zip that promises gigabytes of names is refused by its last bytes."""
    path = tmp_path / "names.zip"
    path.write_bytes(b"PK" + bytes(100) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 4_000_000_000, 0, 0))

    refused(other, path, "list of members")


@pytest.mark.parametrize("cut", [0, 10, 1000, -1, -30], ids=str)
def test_a_cut_zip_is_refused(bundle: Path, other: Library, cut: int) -> None:
    """However much of it is missing."""
    bundle.write_bytes(bundle.read_bytes()[:cut])

    refused(other, bundle, "zip")


def test_every_flipped_bit_of_a_picture_is_found(bundle: Path, other: Library) -> None:
    """A blob that is not what its hash says does not come in, nor do those beside it."""
    name = [name for name in zipfile.ZipFile(bundle).namelist() if name.startswith("blobs/")][-1]
    data = bytearray(zipfile.ZipFile(bundle).read(name))
    data[60] ^= 1

    refused(other, tampered(bundle, members={name: bytes(data)}), "are others")
    data = bytearray(bundle.read_bytes())
    data[data.rindex(b"IDAT") + 8] ^= 1
    bundle.write_bytes(data)
    refused(other, bundle, "broken zip")


def test_an_encrypted_member_is_refused(bundle: Path, other: Library) -> None:
    """Nobody is asked for a password."""
    data = bytearray(bundle.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    bundle.write_bytes(data)

    refused(other, bundle, "encrypted")


LINES = {
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "a number": b"NaN",
    "deep": b"[" * 100_000,
    "unknown": b'{"record": "spell"}',
    "empty": b'{"record": "asset"}',
    "kind is a list": b'{"record": ["asset"]}',
    "big number": b'{"record": "asset", "bytes": ' + b"9" * 6000 + b"}",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_line_that_is_no_record_is_refused(bundle: Path, other: Library, line: bytes) -> None:
    """With the number of the line."""
    records = zipfile.ZipFile(bundle).read("records.jsonl")

    refused(other, tampered(bundle, members={"records.jsonl": records + line}), "record")


WRONG = {
    "sha256": ("asset", "sha256", "../../etc/passwd"),
    "media type": ("asset", "media_type", "text/html"),
    "bytes": ("asset", "bytes", "many"),
    "negative": ("asset", "bytes", -5),
    "truth": ("asset", "bytes", True),
    "huge": ("asset", "width", 2**70),
    "surrogate": ("asset", "source", "\ud800"),
    "time": ("asset", "created_at", "yesterday"),
    "tag": ("asset", "tags", [{"tag": "two words", "created_at": "2026-01-01T00:00:00Z"}]),
    "tags": ("asset", "tags", "hero"),
    "rating": ("asset", "rating", {"stars": 9, "created_at": "2026-01-01T00:00:00Z"}),
    "id": ("generation", "id", "../x"),
    "future": ("generation", "id", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
    "status": ("generation", "status", "running"),
    "take": ("generation", "take", 10**9),
    "fingerprint": ("generation", "fingerprint", "import:x"),
    "operation": ("generation", "operation", "edit\nx"),
    "import": ("generation", "operation", "import"),
    "prompt": ("generation", "prompt", "something else"),
    "prompt surrogate": ("generation", "prompt", "a \udcff fox"),
    "params": ("generation", "params", ["size"]),
    "infinite": ("generation", "cost", 1e999),
    "negative cost": ("generation", "cost", -5.0),
    "absurd cost": ("generation", "cost", 1e308),
    "absurd estimate": ("generation", "cost_estimate", 1e9),
    "no day": ("generation", "created_at", "2026-19-39T29:59:69Z"),
    "year 0": ("asset", "created_at", "0000-00-00T00:00:00Z"),
    "before all time": ("asset", "created_at", "0001-01-01T00:00:00+14:00"),
    "to come": ("asset", "created_at", "9999-01-01T00:00:00Z"),
    "far from the id": ("generation", "created_at", "1999-01-01T00:00:00Z"),
    "emptied": ("asset", "emptied_at", "yesterday"),
    "outputs": ("generation", "outputs", [{"position": 0, "asset": "ab" * 32, "meta": {}}]),
    "parts": ("generation", "outputs", {"position": 0}),
    "continues": ("generation", "continues", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "parent": ("derivation", "parent", "ab" * 32),
    "name": ("name", "name", "last"),
    "name's asset": ("name", "asset", "ab" * 32),
}


@pytest.mark.parametrize(("kind", "column", "value"), WRONG.values(), ids=WRONG.keys())
def test_wrong_values_are_refused(bundle: Path, other: Library, kind: str, column: str, value: object) -> None:
    """Of whatever record and column: nothing of the bundle comes in."""

    def change(records):
        record = next(record for record in records if record["record"] == kind)
        record[column] = value

    refused(other, tampered(bundle, change), ".")


def test_a_picture_answers_its_own_request_alone(bundle: Path, other: Library) -> None:
    """A record with the fingerprint of another request does not answer that one; that it had it is said."""
    owl = replace(FOX, prompt="an owl").fingerprint()

    def change(records):
        for record in records:
            if record.get("prompt") == FOX.prompt:
                record["fingerprint"] = owl

    imported = other.import_(tampered(bundle, change))

    assert other.answer(owl) is None
    assert other.answer(FOX.fingerprint()) is not None
    assert "fingerprint" in imported.notes[0]
    assert not other.import_(tampered(bundle, change)).changed
    assert not other.import_(bundle).kept


def test_records_that_are_missing_are_missed(bundle: Path, other: Library) -> None:
    """A record that was cut off, or is there twice, is found by the others or the manifest."""
    refused(
        other,
        tampered(bundle, lambda records: records.remove(next(r for r in records if r["record"] == "generation"))),
        "promised others",
    )
    refused(other, tampered(bundle, lambda records: records.insert(0, records[0])), "twice")
    refused(other, tampered(bundle, lambda records: records.pop(0)), "not in the bundle|in no record")


def test_bytes_must_be_there_and_spoken_of(bundle: Path, other: Library) -> None:
    """A row without its blob is refused, and so is a blob without a row."""
    name = next(name for name in zipfile.ZipFile(bundle).namelist() if name.startswith("blobs/"))

    refused(other, tampered(bundle, members={name: None}), "are not in")
    refused(other, tampered(bundle, members={f"blobs/ab/ab/{'ab' * 32}.png": b"x"}), "is in no record")


@pytest.mark.parametrize(
    ("manifest", "match"),
    [
        ({"version": 2}, "version 2"),
        ({"version": "1"}, "version"),
        ({"format": "zip"}, "no bundle of imgnb"),
        ({"generations": None}, "how much"),
    ],
    ids=["newer", "text", "format", "counts"],
)
def test_the_manifest_is_held_to(bundle: Path, other: Library, manifest: dict[str, object], match: str) -> None:
    """A bundle of a newer imgnb is refused with the way out."""
    refused(other, tampered(bundle, manifest=manifest), match)


def test_a_zip_that_is_no_bundle_is_refused(bundle: Path, other: Library) -> None:
    """Also one without a manifest, or whose manifest is not JSON."""
    refused(other, tampered(bundle, members={"manifest.json": None}), "no manifest.json")
    refused(other, tampered(bundle, members={"manifest.json": b"["}), "not JSON")


def test_the_bytes_say_what_they_are(bundle: Path, other: Library) -> None:
    """A bundle's word on media type and size of a picture is not taken: a script never gets a picture's name."""

    def change(records):
        for record in records:
            if record["record"] == "asset":
                record.update(media_type="image/svg+xml", width=9999)

    path = tampered(bundle, change)
    with zipfile.ZipFile(path) as archive:
        blobs = {name: archive.read(name) for name in archive.namelist() if name.startswith("blobs")}
    other.import_(tampered_names(path, blobs))

    asset = other.find("fox snow")[0].asset
    assert (asset.media_type, asset.width) == ("image/png", 4)
    assert asset.bytes == png(1)


def tampered_names(path: Path, blobs: dict[str, bytes]) -> Path:
    """The bundle with its blobs under the names of SVGs."""
    moved = path.with_name("moved.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(moved, "w") as archive:
        for name in source.namelist():
            archive.writestr(name.replace(".png", ".svg") if name in blobs else name, source.read(name))
    return moved


def test_prompts_of_all_kinds_travel(library: Library, other: Library, tmp_path: Path) -> None:
    """32,000 characters, right-to-left text, emoji, NUL bytes and markup arrive as they were."""
    prompts = ["x" * 32_000, "\u202eשלום 🦊", "a\0b", "</script><script>alert(1)</script>", "'; DROP TABLE asset; --"]
    for number, prompt in enumerate(prompts):
        draw(library, replace(FOX, prompt=prompt), png(number))

    path = library.export("", tmp_path / "odd.zip").path
    other.import_(path)

    assert [generation.prompt for generation in other.find()] == prompts[::-1]
    page = zipfile.ZipFile(path).read("index.html").decode()
    assert page.count("</script>") == 2
    assert "alert(1)</" not in page


def test_a_library_that_is_only_read_takes_nothing(bundle: Path, stocked: Library) -> None:
    """It says so before it reads the bundle."""
    with Library(stocked.path, read_only=True) as reader, pytest.raises(LibraryReadOnly):
        reader.import_(bundle)


def test_what_is_not_there_is_said(other: Library, tmp_path: Path) -> None:
    """A path without a file is an error, not an empty import."""
    with pytest.raises(LibraryError, match="there is no file"):
        other.import_(tmp_path / "missing.zip")


def test_records_hold_no_more_than_they_should(bundle: Path) -> None:
    """Neither session nor number nor what triggers keep is in a record."""
    for record in records_of(bundle):
        assert not {"session", "number", "label_text", "trashed", "kernel"} & set(record), json.dumps(record)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe")
@pytest.mark.parametrize("name", ["bundle.zip", "records.jsonl", "picture.png"])
def test_a_pipe_is_not_waited_for(other: Library, tmp_path: Path, name: str) -> None:
    """What is no file is named, and nobody waits for what never comes."""
    os.mkfifo(tmp_path / name)

    imported = other.import_(tmp_path / name)

    assert "is a pipe" in imported.refused[0][1]
    assert not imported.changed


def test_empty_lines_are_not_read_to_the_end(bundle: Path, other: Library) -> None:
    """A few are passed over; millions say nothing, and are given up early."""
    records = zipfile.ZipFile(bundle).read("records.jsonl")

    refused(other, tampered(bundle, members={"records.jsonl": records + b"\n" * 1000 + b"{"}), "empty lines")
    assert other.import_(tampered(bundle, members={"records.jsonl": records + b"\n\r\n"})).changed


def test_times_of_other_zones_are_those_of_utc(bundle: Path, other: Library) -> None:
    """They are written down in one form, so that they can be sorted."""

    def change(records):
        for record in records:
            if record["record"] == "asset":
                record["created_at"] = "2026-01-01T05:00:00+05:00"

    other.import_(tampered(bundle, change))

    assert other.find("fox snow")[0].asset.created_at == "2026-01-01T00:00:00.000Z"


def test_a_name_twice_is_refused(bundle: Path, other: Library) -> None:
    """A name points to one picture."""
    refused(
        other,
        tampered(bundle, lambda records: records.extend([r for r in records if r["record"] == "name"])),
        "twice",
    )


def test_what_others_have_paid_is_in_no_budget(bundle: Path, other: Library) -> None:
    """However new it is: neither the day's budget is used up by an import, nor what a picture usually costs told by it."""

    def change(records):
        for record in records:
            if record["record"] == "generation":
                record["cost"] = 99_000.0

    other.import_(tampered(bundle, change))

    assert other.balances([Budget(5, "day"), Budget(5, "notebook")], None)[0].spent == 0
    assert other.usual_cost(FOX, "gpt-image-2", "openai") is None
    assert sum(row["cost"] or 0 for row in other.costs(frame=False)) > 0
