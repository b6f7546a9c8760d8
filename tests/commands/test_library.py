"""The library in a shell: pictures go into edits by name, are put in order, and tell where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.commands.labels import ACTS

from .conftest import Run

SMALL = ("--size", "1024x640", "--quality", "low", "--route", "local")


@pytest.fixture
def hero(run: Run) -> Run:
    """The command line, with two pictures in the library: @hero, and @fox that was made of it."""
    assert run("generate", "a lighthouse", "--name", "hero", *SMALL)[0] == 0
    assert (
        run("edit", "a red fox", "@hero", "--mask", "box:0,0,50%,100%", "--composite", "--name", "fox", *SMALL)[0] == 0
    )
    return run


def document(run: Run, *arguments: str) -> Any:
    status, out, _ = run(*arguments, "--json")
    assert status == 0
    return json.loads(out)


def test_labels_are_given_taken_and_told(hero: Run) -> None:
    """Each act says in a sentence what is now true."""
    said = [
        hero(*words)[1].strip()
        for words in (
            ("tag", "@hero", "sea", "calm"),
            ("untag", "@hero", "sea"),
            ("rate", "@hero", "4"),
            ("note", "@hero", "too", "dark"),
            ("star", "@hero"),
            ("unstar", "@hero"),
            ("rate", "@hero", "none"),
        )
    ]

    assert said == [
        "@hero has the tags calm, sea",
        "@hero has the tags calm",
        "@hero has 4 of 5 stars",
        "@hero has 1 note",
        "@hero is starred",
        "@hero is not starred",
        "@hero has no rating",
    ]
    assert document(hero, "ls", "--tags") == {"calm": 1}
    assert set(document(hero, "ls", "--names")) == {"hero", "fox"}


def test_a_name_that_moves_keeps_what_it_meant(hero: Run) -> None:
    """It says so, and ~1 leads there."""
    before = document(hero, "show", "@hero")["sha256"]

    said = hero("name", "@fox", "hero")[1]

    assert "@hero~1" in said
    assert document(hero, "show", "@hero~1")["sha256"] == before
    hero("unname", "hero")
    assert hero("show", "@hero")[0] == 1


def test_what_is_thrown_away_comes_back(hero: Run) -> None:
    """It is not listed meanwhile, and its bytes stay."""
    assert "restore" in hero("rm", "@fox")[1]

    assert len(document(hero, "ls")) == 1
    assert len(document(hero, "ls", "--trash")) == 2  # the composite, and the provider's own picture
    assert "brought back" in hero("restore", "@last")[1]
    assert len(document(hero, "ls")) == 2
    assert hero("restore", "@last")[0] == 1


def test_what_was_said_of_a_picture_is_shown_and_found(hero: Run) -> None:
    """Labels stand in `show`, and tags and names are looked for."""
    for words in (("star", "@hero"), ("rate", "@hero", "4"), ("note", "@hero", "too dark")):
        hero(*words)

    shown = document(hero, "show", "@hero")

    assert (shown["names"], shown["tags"], shown["stars"], shown["notes"]) == (["hero"], ["star"], 4, ["too dark"])
    assert "too dark" in hero("show", "@hero")[1]
    assert [found["prompt"] for found in document(hero, "find", "--tag", "star")] == ["a lighthouse"]
    assert [found["prompt"] for found in document(hero, "find", "--name", "fox")] == ["a red fox"]


@pytest.mark.parametrize("stars", ["", "0", "12", "many"])
def test_a_rating_is_one_to_five(hero: Run, stars: str) -> None:
    """Anything else is told so."""
    status, _, err = hero("rate", "@hero", stars)

    assert (status, "1 to 5" in err) == (1, True)


def test_lineage_is_text_mermaid_json_or_a_picture(hero: Run, tmp_path: Path) -> None:
    """All tell of the same pictures."""
    text = hero("lineage", "@fox")[1]
    mermaid = hero("lineage", "@fox", "--mermaid")[1]
    told = document(hero, "lineage", "@fox")
    hero("lineage", "@fox", "--save", str(tmp_path / "tree.jpg"))

    assert "hero" in text
    assert "fox" in text
    assert mermaid.startswith("flowchart")
    assert len(told["assets"]) == 4  # base, mask, answer, composite
    assert {link["role"] for link in told["links"]} == {"image", "mask", "composite"}
    with Image.open(tmp_path / "tree.jpg") as image:
        assert image.format == "JPEG"
    hero("lineage", "@fox", "--save", str(tmp_path / "tree.png"))
    with Image.open(tmp_path / "tree.png") as image:
        assert image.format == "PNG"
    assert hero("lineage", "@fox", "--save", str(tmp_path))[0] == 1


def test_a_recipe_makes_the_same_again(hero: Run) -> None:
    """As a magic and as Python."""
    magic, python = hero("recipe", "@fox")[1], hero("recipe", "@fox", "--python")[1]

    assert magic.startswith("%%imageedit @")
    assert "--composite" in magic
    assert magic.endswith("a red fox\n")
    assert "composite=True" in python
    compile(python, "recipe", "exec")


@pytest.mark.parametrize("which", ["--heat-map", "--mask"])
def test_what_an_edit_did_is_written_as_a_picture(hero: Run, tmp_path: Path, which: str) -> None:
    """It needs a place, as it is not in the library."""
    status, _, err = hero("show", "@fox", which)
    saved = hero("show", "@fox", which, "--save", str(tmp_path / "map.png"))

    assert (status, "--save" in err) == (1, True)
    assert saved[0] == 0
    with Image.open(tmp_path / "map.png") as image:
        assert image.size == (1024, 640)


def test_asked_and_came_stand_side_by_side(hero: Run) -> None:
    """What `show` prints of a generation ends with them."""
    generation = document(hero, "ls")[0]["id"]

    out = hero("show", f"@{generation}")[1]

    (line,) = (line for line in out.splitlines() if line.startswith("size "))
    assert line.split() == ["size", "1024x640", "1024x640"]


@pytest.mark.parametrize("verb", ACTS)
def test_acts_on_unknown_pictures_name_the_nearest(hero: Run, verb: str) -> None:
    """The way out is in the error."""
    words = ["4"] if ACTS[verb].fewest else []

    status, _, err = hero(verb, "@heroo", *words)

    assert status == 1
    assert "@hero" in err


def test_a_mask_in_words_that_make_none_is_refused(hero: Run) -> None:
    """Nothing is sent, and the error says how a box is written."""
    status, _, err = hero("edit", "x", "@hero", "--mask", "box:1,2,3", *SMALL)

    assert status == 1
    assert "left,top,right,bottom" in err


def test_a_copy_says_what_it_is_to_say(hero: Run, tmp_path: Path) -> None:
    """`--metadata` goes with `--save`: all, or nothing; alone it is refused."""
    from imgnb.pictures.metadata_texts import texts

    for metadata in ("full", "none"):
        hero("show", "@hero", "--save", str(tmp_path / f"{metadata}.png"), "--metadata", metadata)
    status, _, err = hero("show", "@hero", "--metadata", "full")

    assert {"imgnb", "xmp"} <= set(texts(tmp_path / "full.png"))
    assert texts(tmp_path / "none.png") == {}
    assert status == 1
    assert "--save" in err


@pytest.mark.parametrize(
    "words",
    [
        ("show", "@hero"), ("show", "@hero", "--metadata", "full"), ("show", "@fox", "--heat-map"),
        ("show", "@fox", "--mask"), ("lineage", "@fox"), ("generate", "an owl", *SMALL),
    ],
    ids=["copy", "full", "heat map", "mask", "lineage", "drawn"],
)  # fmt: skip
def test_no_command_writes_into_the_library_or_a_missing_folder(hero: Run, tmp_path: Path, words: Any) -> None:
    """Whatever is written, by whichever way: all is as it was, also what would have been paid for."""
    blob = Path(document(hero, "show", "@hero")["path"])
    (tmp_path / "link.png").symlink_to(blob)
    before, count = blob.read_bytes(), len(hero("ls")[1].splitlines())

    for target in (str(blob), str(tmp_path / "link.png"), f"{tmp_path}/no folder/"):
        status, _, err = hero(*words, "--save", target)

        assert status == 1
        assert "save outside of its folder" in err or "no folder" in err
    assert blob.read_bytes() == before
    assert len(hero("ls")[1].splitlines()) == count
    assert not (tmp_path / "no folder").exists()


def test_show_says_where_the_copy_went(hero: Run, tmp_path: Path) -> None:
    """A folder gets a name that one does not know; an ending that belies the bytes is told, and nothing else is."""
    _, out, err = hero("show", "@hero", "--save", f"{tmp_path}/")
    _, _, warned = hero("show", "@hero", "--save", str(tmp_path / "hero.jpg"))

    (copy,) = tmp_path.glob("*.png")
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("saved ")] == [str(copy)]
    assert err == ""
    assert warned.startswith("imgnb: hero.jpg is image/png")
