"""Thumbnails stand where hashes of pictures stand, in libraries; other databases are left alone."""

from __future__ import annotations

import re
import sqlite3

import pytest

from imgnb.library import Library

from ..library.conftest import FOX, draw, png
from .conftest import CONFIG


def images(html: str) -> list[str]:
    return re.findall(r'<img loading="lazy"[^>]*?src="([^"]*)"', html)


@pytest.fixture
def get(kept, by_hand):
    return by_hand(kept.root / "library.db")


def test_a_hash_in_a_view_is_shown(get, kept):
    """With its size, so that the page does not jump, its prompt, and a link to its page."""
    html = get("/library/gallery").text

    assert images(html) == [f"/-/imgnb/thumb/{kept.drawn}"]
    assert f'href="/-/imgnb/asset/{kept.drawn}"' in html
    assert f'alt="{FOX.prompt}"' in html
    assert re.search(r'<img[^>]* width="4" height="4"', html)


def test_a_foreign_key_is_shown(get, kept):
    """Datasette gives some of them a label; the picture is seen all the same."""
    assert f"/-/imgnb/thumb/{kept.drawn}" in images(get("/library/output").text)


def test_a_key_is_shown_beside_it(get, kept):
    """No plugin is asked about a key that links to its row; the next column has the picture, and its own value."""
    html = get("/library/asset").text

    assert {f"/-/imgnb/thumb/{sha}" for sha in (kept.drawn, kept.webp, kept.gif, kept.svg)} <= set(images(html))
    assert "</a>image/webp" in html


def test_a_hash_in_a_query_is_shown(by_hand, kept):
    """Whatever it is called there."""
    query = {"sql": f"select '{kept.gif}' as whatever"}
    config = {"databases": {"library": {"queries": {"mine": query}}}}
    html = by_hand(kept.root / "library.db", **{CONFIG: config})("/library/mine").text

    assert images(html) == [f"/-/imgnb/thumb/{kept.gif}"]


def test_other_values_stay_as_they_are(get, kept):
    """Unknown hashes, hashes of prompts, JSON and long texts."""
    html = get("/library/generation").text

    assert images(html) == []
    assert get("/library/gallery.json?_shape=array").json()[0]["asset"] == kept.drawn


def test_what_is_written_in_a_prompt_is_text(tmp_path, by_hand):
    """A prompt cannot leave its attribute."""
    from dataclasses import replace

    evil = '"><script>alert(1)</script>\x00‮' + "x" * 5000
    with Library(tmp_path / "library") as library:
        draw(library, replace(FOX, prompt=evil), png(5))
    html = by_hand(tmp_path / "library/library.db")("/library/gallery").text

    assert len(images(html)) == 1
    assert "<script>alert" not in html
    assert "x" * 300 not in re.search('alt="([^"]*)"', html)[1]


def test_another_database_is_left_alone(tmp_path, by_hand, kept):
    """imgnb is installed with many Datasettes: no picture, no menu, no gate, even for a file of the same name."""
    for name in ("other.db", "library.db"):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute("create table t (sha256 text, generation text)")
            connection.execute("insert into t values (?, ?)", [kept.drawn, kept.drawn])
        connection.close()
        get = by_hand(tmp_path / name)
        answer = get(f"/{name.removesuffix('.db')}/t")

        assert answer.status_code == 200
        assert kept.drawn in answer.text
        assert images(answer.text) == []
    assert "/-/imgnb" not in by_hand(tmp_path / "other.db")("/").text
    assert by_hand(tmp_path / "other.db")(f"/-/imgnb/blob/{kept.drawn}").status_code == 404


def test_pictures_are_found_in_every_library_that_is_served(kept, tmp_path, by_hand):
    """The pages show the first one, thumbnails stand in all."""
    with Library(tmp_path / "library") as library:
        second = draw(library, FOX, png(9)).asset.sha256
    get = by_hand(kept.root / "library.db", tmp_path / "library/library.db")

    assert images(get("/library_2/gallery").text) == [f"/-/imgnb/thumb/{second}"]
    assert get(f"/-/imgnb/blob/{second}").content == png(9)
    assert get(f"/-/imgnb/blob/{kept.drawn}").content == png(1)
