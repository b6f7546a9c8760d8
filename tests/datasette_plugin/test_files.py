"""Pictures are served by their hash, whole or in part, once, and as what they are."""

from __future__ import annotations

import os
import threading
from io import BytesIO

import PIL.Image
import pytest

from imgnb.datasette_plugin.sending import Wanted
from imgnb.files.plain import open_plain
from imgnb.library import Library
from imgnb.pictures.svg_clean import version

from ..library.conftest import png
from .conftest import browse

TAG = '"tag"'


def opened(data: bytes) -> PIL.Image.Image:
    image = PIL.Image.open(BytesIO(data))
    image.load()
    return image


def test_the_original_comes_byte_for_byte(served, kept):
    """It may be kept for ever, by this browser alone, and can do nothing when it is opened by itself."""
    answer = served.get(f"/-/imgnb/blob/{kept.drawn}")

    assert answer.content == png(1)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"] == f'"{kept.drawn}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == f'inline; filename="{kept.drawn[:12]}.png"'
    assert answer.headers["content-length"] == str(len(png(1)))


def test_head_says_the_same_without_the_bytes(served, kept):
    """HEAD costs no picture."""
    answer = served.get(f"/-/imgnb/blob/{kept.drawn}", method="HEAD")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(png(1)))


@pytest.mark.parametrize(("kind", "name"), [("blob", "drawn"), ("thumb", "drawn"), ("thumb", "svg")])
def test_what_the_browser_has_is_not_sent_again(served, kept, kind, name):
    """A matching tag, weak or among others, is answered with 304; another one is not."""
    path = f"/-/imgnb/{kind}/{getattr(kept, name)}"
    tag = served.get(path).headers["etag"]

    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = served.get(path, If_None_Match=known)
        assert (answer.status_code, answer.content) == (304, b""), known
    assert served.get(path, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-", (2, 8)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-99", (5, 5)),
        ("bytes=9-9", (9, 1)),
        ("bytes=10-", None),
        ("bytes=-0", None),
        ("", (0, 10)),
        ("bytes=5-2", (0, 10)),
        ("bytes=-", (0, 10)),
        ("bytes=0-1,3-4", (0, 10)),
        ("bytes=a-b", (0, 10)),
        ("bytes=٣-٥", (0, 10)),
        ("items=0-1", (0, 10)),
        ("bytes=" + "9" * 400 + "-", (0, 10)),
    ],
)
def test_ranges_are_those_of_the_rules(asked, found):
    """One range is followed; several, or what is none, get the whole; one beyond the end gets nothing."""
    assert Wanted(range=asked).part(10, TAG) == found


def test_a_range_of_another_version_gets_the_whole():
    """If-Range names the version that the rest is asked of."""
    assert Wanted(range="bytes=2-", if_range=TAG).part(10, TAG) == (2, 8)
    assert Wanted(range="bytes=2-", if_range='"other"').part(10, TAG) == (0, 10)
    assert Wanted(range="bytes=2-", if_range=f"W/{TAG}").part(10, TAG) == (0, 10)
    assert Wanted(method="HEAD", range="bytes=2-").part(10, TAG) == (0, 10)


def test_a_part_is_sent(served, kept):
    """A range comes as 206 with its place, one beyond the end as 416."""
    path, whole = f"/-/imgnb/blob/{kept.drawn}", png(1)

    part = served.get(path, Range="bytes=3-7")
    beyond = served.get(path, Range=f"bytes={len(whole)}-")

    assert (part.status_code, part.content) == (206, whole[3:8])
    assert part.headers["content-range"] == f"bytes 3-7/{len(whole)}"
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


@pytest.mark.parametrize("kind", ["blob", "thumb", "asset"])
@pytest.mark.parametrize(
    "name",
    ["0" * 64, "x", "..%2f..%2flibrary.db", "%2e%2e", "@last", "fox", "A" * 64, "%00", "' or 1=1 --", "0" * 5000, "%d9%a3" * 64],
)  # fmt: skip
def test_what_is_no_hash_is_not_found(served, kind, name):
    """Paths, names, SQL and unknown hashes: a sentence, and nothing of the disk."""
    answer = served.get(f"/-/imgnb/{kind}/{name}")

    assert answer.status_code in (400, 404)
    assert "SQLite" not in answer.text


def test_a_picture_without_its_bytes_is_not_found(served, kept):
    """The original is missed in words, and the small copy in a picture, which nobody keeps."""
    answer = served.get(f"/-/imgnb/blob/{kept.lost}")
    small = served.get(f"/-/imgnb/thumb/{kept.lost}")

    assert (answer.status_code, "not in the library" in answer.text) == (404, True)
    assert (small.status_code, small.headers["cache-control"]) == (200, "no-store")
    assert opened(small.content).width > 100


@pytest.mark.parametrize("name", ["drawn", "webp", "gif"])
def test_small_copies_are_small(served, kept, name):
    """At most 512 pixels a side, the first frame of what moves."""
    answer = served.get(f"/-/imgnb/thumb/{getattr(kept, name)}")

    assert answer.headers["content-type"] in ("image/png", "image/jpeg")
    assert "immutable" in answer.headers["cache-control"]
    assert max(opened(answer.content).size) <= 512


def test_an_svg_is_cleaned_and_its_original_only_saved(served, kept):
    """The small copy has the drawing, no script, and is asked for again after a new cleaner; the original is a file."""
    small = served.get(f"/-/imgnb/thumb/{kept.svg}")
    original = served.get(f"/-/imgnb/blob/{kept.svg}")

    assert small.headers["content-type"].startswith("image/svg+xml")
    assert "<rect" in small.text
    assert "alert" not in small.text
    assert "sandbox" in small.headers["content-security-policy"]
    assert (small.headers["cache-control"], version() in small.headers["etag"]) == ("private, no-cache", True)
    assert original.headers["content-disposition"].startswith("attachment")
    assert "alert" in original.text


def test_a_picture_leads_to_its_page(served, kept):
    """To the generation that made it; what was given leads to what it is part of."""
    drawn = served.get(f"/-/imgnb/asset/{kept.drawn}")
    given = served.get(f"/-/imgnb/asset/{kept.gif}")

    assert (drawn.status_code, drawn.headers["location"]) == (302, f"/-/imgnb/generation/{kept.generation}")
    assert given.headers["location"] == f"/-/imgnb/lineage/{kept.gif}"


def test_many_ask_for_one_small_copy(tmp_path):
    """However many ask at once, all get the same bytes, and the cache holds one file."""
    with Library(tmp_path / "library") as library:
        sha256 = library.add(png(3, 700), source="large").sha256
    with browse(tmp_path / "library") as served:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(served.get(f"/-/imgnb/thumb/{sha256}").content))
            for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(answers) == 12
    assert len(set(answers)) == 1
    assert len(list((tmp_path / "library/thumbs").rglob("*.*"))) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_only_plain_files_are_opened(tmp_path):
    """A link among the blobs leads nowhere, and a pipe does not stop the server."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe", "missing", "."):
        with pytest.raises(FileNotFoundError):
            open_plain(tmp_path / name)
    os.close(open_plain(tmp_path / "secret"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_no_small_copy_is_made_of_what_is_no_picture_of_ours(tmp_path):
    """Pipes hold nobody up, links show nothing of elsewhere, and a changed file is neither sent nor kept."""
    with Library(tmp_path / "library") as library:
        kinds = ("pipe", "link", "flipped", "cut", "cached", "well")
        assets = {kind: library.add(png(number, 600), source=kind) for number, kind in enumerate(kinds)}
    (tmp_path / "elsewhere.png").write_bytes(assets["link"].bytes)
    for kind in ("pipe", "link"):
        assets[kind].path.unlink()
    os.mkfifo(assets["pipe"].path)
    assets["link"].path.symlink_to(tmp_path / "elsewhere.png")
    spoil(assets["flipped"].path, lambda data: data[:-30] + bytes([data[-30] ^ 1]) + data[-29:])
    spoil(assets["cut"].path, lambda data: data[:-30])
    cache = tmp_path / "library/thumbs" / assets["cached"].sha256[:2]
    cache.mkdir(parents=True)
    os.mkfifo(cache / f"{assets['cached'].sha256}-512.jpg")

    with browse(tmp_path / "library") as served:
        for _ in range(2):
            for kind in ("pipe", "link", "flipped", "cut"):
                small = served.get(f"/-/imgnb/thumb/{assets[kind].sha256}")
                assert (small.headers["cache-control"], kind) == ("no-store", kind)
                assert served.get(f"/-/imgnb/blob/{assets[kind].sha256}").status_code == 404
            for kind in ("cached", "well"):
                small = served.get(f"/-/imgnb/thumb/{assets[kind].sha256}")
                assert ("immutable" in small.headers["cache-control"], kind) == (True, kind)
                assert small.headers["content-length"] == str(len(small.content))
        assert served.get(f"/-/imgnb/blob/{assets['well'].sha256}").status_code == 200
        spoil(assets["well"].path, lambda data: bytes([data[0] ^ 1]) + data[1:])
        assert served.get(f"/-/imgnb/blob/{assets['well'].sha256}").status_code == 404


def spoil(path, change):
    """Change a stored file, as a bad disk does."""
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(change(data))
