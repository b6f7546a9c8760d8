"""What a dry run says."""

from __future__ import annotations

from imgnb.display.dry_run import dry_run


def said(workspace, **params):
    request = workspace.request("a fox in the snow", size="1024x640", **params)
    order = workspace.order(request)
    return dry_run(workspace.service.plan(order), workspace.service.answer(order)), order


def test_it_says_where_the_request_would_go_and_what_it_asks(workspace):
    """Route, model, cost, parameters, identity and prompt, a line each."""
    text, order = said(workspace, quality="low")

    rows = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert rows["route"].startswith("local")
    assert rows["would"].startswith("ask")
    assert '"quality": "low"' in rows["parameters"]
    assert rows["fingerprint"] == order.request.fingerprint()
    assert rows["prompt"] == "a fox in the snow"


def test_it_says_what_would_be_replayed(workspace):
    """A stored answer costs nothing."""
    _, order = said(workspace)
    *_, last = workspace.run(order)

    text, _ = said(workspace)

    assert f"replay {last.generation.id}" in text
    assert "nothing: it is in the library" in text
