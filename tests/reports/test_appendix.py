"""The appendix of a kernel: what was answered, told in full, harmless and the same each time."""

from __future__ import annotations

import json

from imgnb import appendix
from imgnb.records.figures import FIGURES, Presentation
from imgnb.reports.appendix import Appendix, Entry
from imgnb.workspace import current

from .elements import Elements

TAGS = {"div", "table", "thead", "tbody", "tr", "th", "td", "img", "bdi", "b", "br", "span", "code"}
HOSTILE = "<script>alert(1)</script> \" onload='x' costs $5 and $10 &amp; \u202edlrow"


def html_of(shown):
    return shown._repr_mimebundle_()[0]["text/html"]


def test_each_generation_stands_there_once_in_order(draw):
    """Answered again, it is not listed again."""
    fox, owl = draw("a fox"), draw("an owl")
    draw("a fox")

    assert [entry.generation for entry in appendix()] == [fox.id, owl.id]
    assert [entry.hashes for entry in appendix()] == [(fox.asset.sha256,), (owl.asset.sha256,)]


def test_it_tells_what_a_picture_is_made_of(draw):
    """Figure, prompt, model, parameters, cost and whole hash are in text and table."""
    fox = draw("a fox", quality="high")
    FIGURES.add(Presentation("The fox", "A red fox", "fox"), fox.id, cell=None, run=1)

    tags = Elements(html_of(appendix()))

    for told in ("Figure 1", "a fox", fox.model, "size 1024x640", "quality high", fox.asset.sha256, "free"):
        assert told in tags.text
    assert [attrs["alt"] for attrs in tags.all("img")] == ["A red fox"]
    assert f"@{fox.asset.sha256[:12]}" in repr(appendix())
    assert json.loads(json.dumps(appendix().to_dict()))["pictures"][0]["caption"] == "The fox"


def test_prompts_are_only_text(draw):
    """No element, attribute or formula comes of a prompt."""
    draw(HOSTILE)

    tags = Elements(html_of(appendix()))

    assert {tag for tag, _ in tags.found} <= TAGS
    assert {name for _, attrs in tags.found for name in attrs} <= {
        "class", "style", "scope", "colspan", "src", "alt", "width", "height"
    }  # fmt: skip
    assert "mathjax_ignore" in tags.found[0][1]["class"]
    assert "<script>alert(1)</script>" in tags.text


def test_it_is_the_same_when_replayed(draw):
    """Nothing that varies from run to run is in what strict nbval compares."""
    draw("a fox")
    first = appendix()._repr_mimebundle_()[0]
    from imgnb.records.session import SESSION

    SESSION.clear()
    assert draw("a fox").replayed

    assert appendix()._repr_mimebundle_()[0] == first


def test_other_notebooks_are_left_out(draw, workspace, shell, monkeypatch):
    """Where the front end tells, only this notebook's own are listed."""
    draw("a fox")
    request = workspace.request("an owl", size="1024x640")
    list(workspace.run(workspace.order(request, place={"notebook": "/elsewhere.ipynb"})))
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", "/here.ipynb")

    assert [entry.prompt for entry in appendix()] == ["a fox"]


def test_costs_are_summed_by_currency():
    """Currencies are not added up, and what has no price is counted."""
    costs = [(0.04, "USD"), (0.02, "USD"), (2.0, "credits"), (None, "")]

    told = Appendix(Entry("a fox", cost=cost, currency=currency, hashes=("a" * 64,)) for cost, currency in costs)

    assert told.totals == {"USD": 0.06, "credits": 2.0}
    assert told.total_told == "4 pictures, 0.0600 USD and 2 credits; 1 without a price"


def test_a_picture_whose_bytes_are_gone_is_listed_all_the_same(draw):
    """The record outlives the file."""
    fox = draw("a fox")
    fox.asset.path.chmod(0o644)
    fox.asset.path.unlink()

    assert "no preview" in Elements(html_of(appendix())).text


def test_the_magic_gives_the_same(shell, draw):
    """`%imagegen appendix` is `imgnb.appendix()`, and draws nothing."""
    draw("a fox")

    assert shell.run_cell("%imagegen appendix").result.to_dict() == appendix().to_dict()
    assert len(current().library) == 1


def test_an_empty_one_says_so():
    """Before the first picture there is nothing to list."""
    assert repr(appendix()) == "no picture yet"
