"""What an answer has cost: as the provider counted, by the route's price, or as estimated where nobody counted."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from imgnb.records import Generation
from imgnb.workspace import Workspace

from ..charging import JSON, answer, openai_like
from ..conftest import OpenWorkspace
from ..library.conftest import png
from ..servers import Canned
from .runs import done, failed, run
from .usages import answers

CENT = Decimal("0.01")


@pytest.fixture
def paid(open_workspace: OpenWorkspace, canned: Canned) -> Workspace:
    return open_workspace(**openai_like(canned))


def cost(generation: Generation) -> tuple[float | None, str | None, str]:
    return generation.cost, generation.cost_basis, generation.currency


def test_200_answers_cost_what_an_independent_price_map_says(paid: Workspace, canned: Canned) -> None:
    """Each recorded cost, and the sum that the library adds up, agree with genai-prices, to the cent and beyond it."""
    mine, theirs = Decimal(0), Decimal(0)
    for number, recorded in enumerate(answers(200)):
        canned.answers = {recorded.path: recorded.http(number)}
        options = {"size": None, "quality": None, **recorded.options}
        via = options.pop("via", None)
        request = paid.request(f"picture {number}", **options)
        generation = done(list(paid.run(paid.order(request, via=via))))
        expected = recorded.independent_cost()
        assert (generation.cost_basis, generation.currency, len(generation.assets)) == (
            "usage",
            "USD",
            recorded.pictures,
        )
        assert abs(Decimal(str(generation.cost)) - expected) <= Decimal("0.000001"), recorded
        mine, theirs = mine + Decimal(str(generation.cost)), theirs + expected

    added_up = paid.library.costs("day", frame=False)

    assert sum(row["generations"] for row in added_up) == 200
    assert sum(row["without_price"] for row in added_up) == 0
    assert mine.quantize(CENT) == theirs.quantize(CENT) > 1
    assert Decimal(str(sum(row["cost"] for row in added_up))).quantize(CENT) == theirs.quantize(CENT)


def test_the_author_of_an_svg_is_paid_beside_the_picture(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """`svg_usage` names the model that wrote; its tokens cost what that model's do."""
    workspace = open_workspace(**openai_like(canned))
    drawn = {"input_tokens": 100, "output_tokens": 1000, "total_tokens": 1100}
    wrote = {
        "model": "gpt-5.4",
        "input_tokens": 2000,
        "output_tokens": 4000,
        "reasoning_tokens": 500,
        "total_tokens": 6000,
    }
    answer(canned, usage=drawn, svg_usage=wrote)

    generation = done(run(workspace, model="gpt-image-2.6-flare"))

    assert cost(generation) == (pytest.approx(0.0005 + 0.03 + 0.005 + 0.06), "usage", "USD")


def test_tokens_without_a_price_are_named(paid: Workspace, canned: Canned) -> None:
    """What is known of the cost is kept, and the record says whose tokens are not in it."""
    answer(canned, usage={"output_tokens": 1000}, svg_usage={"model": "gpt-9", "input_tokens": 5, "output_tokens": 5})

    generation = done(run(paid))

    assert cost(generation) == (0.03, "usage", "USD")
    assert "the tokens of gpt-9 are not in the cost: their price is not known" in generation.notes


def test_words_alone_cost_what_the_main_model_asks(paid: Workspace, canned: Canned) -> None:
    """A conversation's answer without a picture: its tokens are the main model's, whether or not tools are counted."""
    body = {
        "object": "response", "id": "resp_1", "status": "completed", "model": "gpt-5.5", "usage": {"output_tokens": 1000},
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "no"}]}],
    }  # fmt: skip
    canned.answers["/responses"] = (200, JSON, json.dumps(body).encode())

    generation = done(list(paid.run(paid.order(paid.request("what do you see?", converse=True)))))

    assert cost(generation) == (0.03, "usage", "USD")


def test_a_picture_that_the_tool_did_not_count_is_estimated(paid: Workspace, canned: Canned) -> None:
    """The main model's tokens are priced, the picture as the tables say, and the record calls it an estimate."""
    drawn = {"type": "image_generation_call", "id": "ig_1", "result": base64.b64encode(png()).decode()}
    body = {
        "object": "response",
        "id": "resp_1",
        "model": "gpt-5.5",
        "output": [drawn],
        "usage": {"output_tokens": 1000},
    }
    canned.answers["/responses"] = (200, JSON, json.dumps(body).encode())

    request = paid.request("a fox", size="1024x1024", quality="low")
    generation = done(list(paid.run(paid.order(request, via="responses"))))

    assert cost(generation) == (0.036, "estimate", "USD")


def test_without_usage_the_record_holds_an_estimate(paid: Workspace, canned: Canned) -> None:
    """Of the pictures that came, in the size and quality that the provider says it chose."""
    answer(canned, pictures=1, size="1536x1024", quality="medium")

    generation = done(run(paid, size="auto", quality=None, n=2))

    assert cost(generation) == (0.041, "estimate", "USD")


@pytest.mark.parametrize(
    ("price", "quality", "expected"),
    [
        ({"call": 0.03}, "low", (0.03, "call", "USD")),
        ({"picture": {"low": 2, "high": 12}, "currency": "credits"}, "low", (4.0, "picture", "credits")),
        ({"picture": {"low": 2, "high": 12}, "currency": "credits"}, None, (24.0, "estimate", "credits")),
    ],
    ids=["by call", "by picture", "by picture, the dearest where nobody said which"],
)
def test_a_routes_own_price_comes_before_any_count(
    open_workspace: OpenWorkspace, canned: Canned, price: dict[str, Any], quality: str | None, expected: tuple[Any, ...]
) -> None:
    """A gateway's contract is its own, whatever tokens it reports."""
    workspace = open_workspace(**openai_like(canned, prices={"*": price}))
    answer(canned, pictures=2, usage={"output_tokens": 10**6})

    assert cost(done(run(workspace, n=2, quality=quality))) == expected


def test_a_failure_that_nobody_charged_has_no_cost_in_its_own_currency(
    open_workspace: OpenWorkspace, canned: Canned
) -> None:
    """No amount, and the currency is still the route's: what it may have cost is not mistaken for USD."""
    price = {"picture": {"low": 2}, "currency": "credits"}
    workspace = open_workspace(**openai_like(canned, prices={"*": price}))
    canned.answers["/images/generations"] = (400, JSON, b'{"error": {"message": "no"}}')

    _, generation = failed(run(workspace))

    assert cost(generation) == (None, None, "credits")


def test_a_failure_that_was_counted_has_been_paid(paid: Workspace, canned: Canned) -> None:
    """Tokens are charged whether or not a picture came of them."""
    answer(canned, pictures=0, usage={"output_tokens": 1000})

    _, generation = failed(run(paid))

    assert cost(generation) == (0.03, "usage", "USD")
    assert generation.usage == {"output_tokens": 1000}
