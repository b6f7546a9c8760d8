"""Pages are plain modules that stand alone: nothing is fetched, and no text becomes HTML."""

from __future__ import annotations

import re

import pytest

from imgnb.widgets import pages

STATIC = pages.PLACES[0]
FILES = sorted(file.name for file in STATIC.iterdir() if file.name.endswith((".js", ".css")))
PAGES = [name.removesuffix(".js") for name in FILES if "\nexport default" in (STATIC / name).read_text("utf-8")]
TO_HTML = r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function|DOMParser|srcdoc)\b"
ASIDE = r"/\*.*?\*/|@(?:keyframes|font-face)[^{]*\{(?:[^{}]*\{[^}]*\})*[^}]*\}"
"Comments, and blocks whose inside are no rules."
FETCHED = r"@import|(?<![.\w])fetch\([^)]*\)(?!\s*\{)|(?:window|globalThis)\.fetch|XMLHttpRequest|new WebSocket|sendBeacon|\burl\((?!\s*[\"']?(?:data:|#))"
NAMESPACE = "http://www.w3.org/"


@pytest.mark.parametrize("page", [*PAGES, "panel"])
def test_every_import_is_resolved(page):
    """What is put together imports nothing and exports one thing: what the front end draws."""
    text = pages.esm(page)

    assert not re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE)
    exported = re.findall(r"^export .*", text, re.MULTILINE)
    assert len([line for line in exported if line.startswith("export default")]) == (page != "panel")


@pytest.mark.parametrize("page", PAGES)
def test_what_is_imported_is_exported(page):
    """A name that a module takes from another is one that the other gives."""
    for text in [(STATIC / f"{name}.js").read_text("utf-8") for name in [page, *pages._needed(page)]]:
        for names, module in pages._IMPORT.findall(text):
            given = pages._EXPORT.findall((STATIC / f"{module}.js").read_text("utf-8"))
            assert {name.strip() for name in names.split(",")} <= set(given)


@pytest.mark.parametrize("file", FILES)
def test_no_text_becomes_html(file):
    """Prompts may hold anything."""
    assert not re.search(TO_HTML, (STATIC / file).read_text("utf-8"))


@pytest.mark.parametrize("file", FILES)
def test_nothing_comes_from_elsewhere(file):
    """They work where there is no network."""
    text = (STATIC / file).read_text("utf-8")

    assert [found for found in re.findall(r"https?://[^\s\"')]+", text) if not found.startswith(NAMESPACE)] == []
    assert not re.search(FETCHED, text)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith(".css")])
def test_styles_stay_on_their_page(file):
    """No rule reaches what is not imgnb's."""
    text = re.sub(ASIDE, "", (STATIC / file).read_text("utf-8"), flags=re.DOTALL)

    rules = [rule.strip() for rule in re.findall(r"([^{};]+)\{", text)]
    assert [rule for rule in rules if not rule.startswith(("@", "from", "to")) and "imgnb-" not in rule] == []


def test_a_page_that_is_not_there():
    """It is said which."""
    with pytest.raises(FileNotFoundError, match=r"nowhere\.js"):
        pages.esm("nowhere")


def test_a_page_styles_only_itself():
    """Front ends keep every style: the gallery's grid must not reach the studio's of the same name."""
    shared = (STATIC / "panel.css").read_text("utf-8")

    for name in ("gallery", "mask_painter"):
        assert pages.css(name).startswith(f"{shared}@scope (.imgnb-host-{name.replace('_', '-')}) {{")
        assert pages.css(name).rstrip().endswith("}")
