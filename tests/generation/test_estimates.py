"""What a request is expected to cost: the published tables, and what the like has cost in this library."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import event

from imgnb.request.prices import Cost
from imgnb.workspace import Workspace

from ..charging import JSON, answer, openai_like
from ..conftest import OpenWorkspace
from ..library.conftest import png
from ..servers import Canned
from .runs import done, failed, run

SQUARE: dict[str, Any] = {"size": "1024x1024", "quality": "low"}


@pytest.fixture
def workspace(open_workspace: OpenWorkspace, canned: Canned) -> Workspace:
    return open_workspace(**openai_like(canned))


def drawn(workspace: Workspace, canned: Canned, tokens: int, prompt: str, pictures: int = 1, **options: Any) -> None:
    """A generation whose answer counted so many tokens coming out."""
    answer(canned, pictures, usage={"output_tokens": tokens})
    done(run(workspace, prompt, **{**SQUARE, **options}))


def planned(workspace: Workspace, previews: bool = False, **options: Any) -> tuple[Cost, Cost]:
    """Estimate and ceiling of a request that was never made before."""
    request = workspace.request("something new", **{**SQUARE, **options})
    plan = workspace.service.plan(workspace.order(request, previews=previews))
    return plan.estimate, plan.ceiling


def test_without_history_the_tables_say_what_to_expect(workspace: Workspace) -> None:
    """And where size or quality is left to the model, the most that they allow for."""
    assert planned(workspace) == (Cost(0.006, "estimate"), Cost(0.006, "estimate"))
    assert planned(workspace, quality=None, n=2) == (Cost(None, None), Cost(0.422, "estimate"))


def test_history_says_more_than_the_tables(workspace: Workspace, canned: Canned) -> None:
    """The mean of what the like has cost is expected; the dearest of them, or of the tables, is the most."""
    drawn(workspace, canned, 1000, "one")
    drawn(workspace, canned, 2000, "two")

    assert planned(workspace) == (Cost(0.045, "history"), Cost(0.06, "history"))
    assert planned(workspace, n=2) == (Cost(0.09, "history"), Cost(0.12, "history"))


def test_a_history_of_little_does_not_lower_the_most(workspace: Workspace, canned: Canned) -> None:
    """What the model decided last time it may decide otherwise this time."""
    drawn(workspace, canned, 1000, "one", quality=None)

    assert planned(workspace, quality=None) == (Cost(0.03, "history"), Cost(0.211, "estimate"))
    assert planned(workspace, quality="auto") == planned(workspace, quality=None)


@pytest.mark.parametrize(
    "other",
    [{"size": "1536x1024"}, {"quality": "high"}, {"model": "gpt-image-1.5"}, {"quality": None}],
    ids=["size", "quality", "model", "no quality"],
)
def test_only_the_like_counts(workspace: Workspace, canned: Canned, other: dict[str, Any]) -> None:
    """Another size, quality or model has a history of its own."""
    drawn(workspace, canned, 9000, "one", **other)

    assert planned(workspace)[0] == Cost(0.006, "estimate")
    assert planned(workspace, **other)[0].basis == "history"


def test_another_route_has_a_history_of_its_own(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A gateway may count otherwise; the same library knows both."""
    settings = openai_like(canned)
    table = settings["routes"]["paid"]
    workspace = open_workspace(**{**settings, "routes": {"paid": table, "other": table}})
    drawn(workspace, canned, 1000, "one", route="other")

    assert planned(workspace)[0].basis == "estimate"


def test_a_conversation_has_a_history_of_its_own(workspace: Workspace, canned: Canned) -> None:
    """The same picture led by a main model costs that model's tokens, too."""
    drawn(workspace, canned, 1000, "one")
    request = workspace.request("something new", **SQUARE)

    assert workspace.service.plan(workspace.order(request, via="responses")).estimate == Cost(0.006, "estimate")


def test_several_pictures_are_told_apart(workspace: Workspace, canned: Canned) -> None:
    """What four have cost together is four times what one costs."""
    drawn(workspace, canned, 4000, "four", pictures=4, n=4)

    assert planned(workspace)[0] == Cost(0.03, "history")


def test_partials_are_in_the_estimate_and_taken_out_of_history(workspace: Workspace, canned: Canned) -> None:
    """A picture's cost is learnt without its partials, of which the next request may want more or fewer."""
    picture = base64.b64encode(png()).decode()
    events = [{"type": "image_generation.partial_image", "partial_image_index": n, "b64_json": picture} for n in (0, 1)]
    events.append({"type": "image_generation.completed", "b64_json": picture, "usage": {"output_tokens": 1200}})
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    canned.answers["/images/generations"] = (200, {"content-type": "text/event-stream"}, stream)

    assert planned(workspace, partial_images=2)[0] == Cost(0.012, "estimate")
    assert done(run(workspace, **SQUARE, partial_images=2)).cost == 0.036

    assert planned(workspace)[0] == Cost(0.03, "history")
    assert planned(workspace, partial_images=3)[0] == Cost(0.039, "history")
    assert planned(workspace, previews=True)[0] == Cost(0.036, "history")


def test_a_fixed_price_needs_no_history(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """What a route asks for a call is known before."""
    workspace = open_workspace(**openai_like(canned, prices={"*": {"call": 0.5}}))
    drawn(workspace, canned, 9, "one")

    assert planned(workspace, n=4) == (Cost(0.5, "estimate"), Cost(0.5, "estimate"))


def test_only_the_newest_are_looked_at(workspace: Workspace, canned: Canned) -> None:
    """A price that has changed shows within twenty pictures."""
    drawn(workspace, canned, 100_000, "dear")
    for number in range(20):
        drawn(workspace, canned, 1000, f"cheap {number}")

    assert planned(workspace) == (Cost(0.03, "history"), Cost(0.03, "history"))


def test_an_estimate_looks_into_an_index(workspace: Workspace) -> None:
    """However large the library, only the newest of one model and route are read."""
    from imgnb.library import costs

    given = {
        "model": "m", "route": "r", "looked_at": 200, "meant": 20, "operation": "generate", "size": "auto",
        "quality": "auto", "continues": False, "main_model": None,
    }  # fmt: skip
    with workspace.library._store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {costs._LIKE.text}", given).all()

    assert any("generation_priced (model=? AND route=?)" in row[3] for row in plan)
    assert not any(row[3].startswith("SCAN generation") for row in plan)


def test_history_belongs_to_the_route_that_answered(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Not to the one that failed before it."""
    settings = openai_like(canned)
    table = settings["routes"]["paid"]
    routes = {"paid": {**table, "generate_path": "/gone"}, "second": table}
    workspace = open_workspace(**{**settings, "routes": routes}, fallback=("second",))
    canned.answers["/gone"] = (401, JSON, b'{"error": {"message": "no"}}')
    drawn(workspace, canned, 1000, "one")

    request = workspace.request("something new", **SQUARE)
    plans = [workspace.service.plan(workspace.order(request, route=name)) for name in routes]
    assert [plan.estimate for plan in plans] == [Cost(0.006, "estimate"), Cost(0.03, "history")]


def test_tokens_that_brought_no_picture_are_no_history(workspace: Workspace, canned: Canned) -> None:
    """A failure may be counted, too; what a picture costs is not learnt from it."""
    answer(canned, pictures=0, usage={"output_tokens": 9000})
    _, generation = failed(run(workspace, **SQUARE))

    assert (generation.cost, generation.cost_basis) == (0.27, "usage")
    assert planned(workspace)[0] == Cost(0.006, "estimate")


def test_a_replay_asks_for_no_estimate(workspace: Workspace, canned: Canned) -> None:
    """What is in the library is looked up and nothing else."""
    drawn(workspace, canned, 1000, "one")
    said: list[str] = []
    listening = (workspace.library._store.database._engine_here(), "before_cursor_execute")

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(*listening, hear)
    assert done(run(workspace, "one", **SQUARE)).replayed
    event.remove(*listening, hear)

    assert said
    assert not any("generation_priced" in statement for statement in said)
