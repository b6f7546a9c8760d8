"""The studio without a page: nobody watches, so that everything is done at once."""

from __future__ import annotations

import ast
import json
import threading
from dataclasses import replace
from itertools import pairwise

import pytest

import imgnb
from imgnb.errors import ImgnbError, PromptInvalid, RequestInvalid
from imgnb.events import Cancel, Failed, Finished, Started
from imgnb.widgets import history
from imgnb.widgets.changes import PAUSE, Changes
from imgnb.widgets.form import Form
from imgnb.widgets.runs import Runs
from imgnb.widgets.studio import Studio


@pytest.fixture
def studio(workspace):
    with Studio("a fox") as studio:
        yield studio


def about(generation):
    """What a page says of a picture."""
    return {"generation": generation.id, "sha256": generation.asset.sha256}


def test_a_prompt_becomes_a_picture_and_an_edit(studio):
    """What is drawn is stored, shown first, and as reference becomes the parent of the next."""
    first = studio.generate()
    studio.on_use({"what": "reference", **about(first)})
    studio.set(prompt="the fox, asleep")
    second = studio.generate()

    assert second.operation == "edit"
    assert second.asset.parents == (first.asset,)
    assert studio.result == second
    assert studio.assets == [second.asset, first.asset]
    assert [one["sha256"] for one in studio.state()["history"]] == [second.asset.sha256, first.asset.sha256]


def test_options_fill_the_form(workspace):
    """Options of `generate` and `edit` stand in the form, also those without a control."""
    picture = imgnb.generate("a cat", show=False)

    studio = imgnb.studio("a fox", images=[picture], size="1024 X 1024", quality="low", moderation="low")

    assert studio.form == {
        "prompt": "a fox", "images": [f"@{picture.asset.sha256}"], "size": "1024x1024", "quality": "low", "moderation": "low",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["sise", "variables", "place"])
def test_other_options_are_refused(workspace, name):
    """An option that there is not, or that is not for a form, is named."""
    with pytest.raises(RequestInvalid, match=name):
        imgnb.studio("a fox", **{name: "x"})


def test_use_all_can_be_undone(studio):
    """Every parameter of a picture goes into the form, and a step back takes all of it away again."""
    studio.set(size="1536x1024", quality="high", n=2)
    made = studio.generate()
    studio.set(prompt="a cat", size=None, quality=None, n=None)
    before = studio.form

    studio.on_use({"what": "all", **about(made)})
    taken = studio.form
    studio.on_undo({})
    undone = studio.form
    studio.on_redo({})

    assert {"prompt": "a fox", "size": "1536x1024", "quality": "high", "n": 2}.items() <= taken.items()
    assert undone == before
    assert studio.form == taken


def test_typing_is_one_step_back(studio):
    """Letters that are typed one after another are taken back together."""
    for text in ("a fox i", "a fox in", "a fox in snow"):
        studio.on_form({"changes": {"prompt": text}, "typed": True})

    studio.on_undo({})

    assert studio.form["prompt"] == "a fox"
    assert not studio.state()["can_undo"]


def test_remix_is_the_same_request_and_another_take(studio):
    """A remix asks anew for the very same."""
    made = studio.generate()

    studio.on_remix(about(made))

    assert studio.result.fingerprint == made.fingerprint
    assert studio.result.take == 2


def test_again_asks_though_it_is_stored(studio):
    """The same form is answered from the library, unless another take is wanted."""
    first, replayed, again = studio.generate(), studio.generate(), studio.generate(again=True)

    assert replayed.id == first.id
    assert again.take == 2


def test_labels_are_the_librarys(studio):
    """Star, rating and name are kept with the asset."""
    made = studio.generate()

    studio.on_star({"on": True, **about(made)})
    studio.on_rate({"stars": 4, **about(made)})
    studio.on_name({"name": "@hero", **about(made)})

    labels = made.asset.labels
    assert (labels.starred, labels.stars, labels.names) == (True, 4, ("hero",))
    assert studio.state()["history"][0]["names"] == ("hero",)


def test_what_went_wrong_stands_in_the_list(studio):
    """A run that failed raises where nobody watches, and is listed with its reason and the way out."""
    studio.set(prompt=" ")
    with pytest.raises(PromptInvalid):
        studio.generate()

    (run,) = studio.state()["runs"]
    assert (run["status"], run["error"], run["hint"]) == ("failed", "the prompt is empty", "say what to draw")


def test_a_picture_that_is_gone_leaves_a_cell(studio):
    """In the trash it leaves the strip; without its bytes the twin still is painted, and looking at it says so."""
    first = studio.generate()
    studio.set(prompt="a cat")
    second = studio.generate()
    studio.workspace.library.trash(first.asset)
    studio._look()
    second.asset.path.unlink()
    for cached in (studio.workspace.library.path / "thumbs").rglob(f"{second.asset.sha256}*"):
        cached.unlink()

    picture, facts = studio.picture()

    assert facts["assets"] == [second.asset.sha256]
    assert len(picture.data) > 500
    with pytest.raises(ImgnbError, match="gone"):
        studio.on_large(about(second))


def test_half_a_surrogate_pair_does_not_reach_the_page(studio):
    """No message can hold it."""
    studio.on_form({"changes": {"prompt": "a fox \ud83d"}})

    json.dumps(studio.state()).encode()
    assert studio.form["prompt"] == "a fox \ufffd"


@pytest.mark.parametrize(
    "changes", [{"n": "2"}, {"n": True}, {"images": "x"}, {"images": ["../../x"]}, {"size": 7}, {"other": 1}], ids=str
)
def test_what_a_page_cannot_mean_is_refused(studio, changes):
    """A message is data of a stranger: what is of the wrong kind changes nothing."""
    with pytest.raises(RequestInvalid):
        studio.on_form({"changes": changes})
    assert studio.form == {"prompt": "a fox"}


def test_fifty_pictures_keep_the_state_small(studio):
    """What goes to the page at each change stays under 60 kB, the twin under 150 kB, with long prompts too."""
    studio.set(n=10)
    for number in range(5):
        studio.set(prompt=f"{number} foxes " + "in the deep snow of the north " * 100)
        studio.generate()

    assert len(studio.state()["history"]) == 50
    assert len(json.dumps(studio.state())) < 60_000
    assert len(studio.picture()[0].data) <= 150_000


class Heard:
    """Who is told of runs, and lets the test wait for them."""

    def __init__(self):
        self.order = []

    def run_changed(self, run):
        pass

    def run_seen(self, run):
        pass

    def run_over(self, run):
        self.order.append((run.order.request.prompt, run.status))


def test_runs_go_one_after_another_and_stop_after_this_one(workspace):
    """The second begins when the first is done; what waits can be taken out, and an error ends only its own run."""
    gate, heard = threading.Event(), Heard()

    def meet(order, cancel: Cancel):
        yield Started("x", "local", order.request)
        gate.wait(20)
        if order.request.prompt == "bad":
            raise ValueError("no")
        yield Failed(PromptInvalid("none")) if cancel.cancelled else Finished(made)

    made = imgnb.generate("a fox", show=False)
    runs = Runs(meet, heard, threaded=True)
    for prompt in ("bad", "good", "dropped"):
        runs.add(workspace.order(workspace.request(prompt)))
    runs.take_out(runs.listed[-1].id)
    gate.set()

    assert runs.wait(20)
    assert heard.order == [("bad", "failed"), ("good", "done")]
    assert [run.status for run in runs.listed] == ["failed", "done", "stopped"]


def test_stop_now_ends_what_runs_and_what_waits(workspace):
    """A run that was stopped is no failure."""
    started, heard = threading.Event(), Heard()

    def meet(order, cancel: Cancel):
        started.set()
        cancel.sleep(20)
        yield Started("x", "local", order.request)

    runs = Runs(meet, heard, threaded=True)
    for prompt in ("one", "two"):
        runs.add(workspace.order(workspace.request(prompt)))
    assert started.wait(20)
    runs.stop(now=True)

    assert runs.wait(20)
    assert heard.order == [("one", "stopped")]
    assert [run.status for run in runs.listed] == ["stopped", "stopped"]


def test_a_run_can_be_stopped_before_it_has_begun(workspace):
    """What stands at the head of the queue is seen to run from the moment it is taken, so that a stop reaches it."""
    heard, met = Heard(), []
    runs = Runs(lambda order, cancel: met.append(order) or (), heard, threaded=True)
    heard.run_changed = lambda run: runs.stop(now=True) if run.status == "running" else None

    runs.add(workspace.order(workspace.request("one")))

    assert runs.wait(20)
    assert heard.order == [("one", "stopped")]
    assert met == []


def test_generating_ends_a_step_of_typing(studio):
    """Each prompt that was drawn can be gone back to."""
    for text in ("a cat", "a dog"):
        studio.on_form({"changes": {"prompt": text}, "typed": True})
        studio.on_generate({})
    studio.on_form({"changes": {"prompt": "a cow"}, "typed": True})

    studio.on_undo({})

    assert studio.form["prompt"] == "a dog"


def test_a_pause_ends_a_step_of_typing():
    """What is typed after a pause is taken back alone."""
    moment = iter((0, 1, 1 + PAUSE))
    changes = Changes(lambda: next(moment))
    forms = [Form(prompt=text) for text in ("", "a", "a fox", "a fox in snow")]
    for before, after in pairwise(forms):
        changes.note(before, after, typed=True)

    assert changes.undo(forms[-1]) == {"prompt": "a fox"}
    assert changes.undo(forms[-2]) == {"prompt": ""}


def test_a_replayed_picture_is_the_newest(studio):
    """What comes from the library has come now, and is counted once."""
    first = studio.generate()
    studio.set(prompt="a cat")
    second = studio.generate()
    studio.set(prompt="a fox")
    studio.generate()

    assert [one["generation"] for one in studio.state()["history"]] == [first.id, second.id]
    assert studio.assets == [first.asset, second.asset]


def test_what_was_made_here_is_not_crowded_out(workspace, monkeypatch):
    """A notebook with more pictures than are shown leaves room for an older one that a studio has replayed."""
    monkeypatch.setattr(history, "MOST", 2)
    old, *_ = made = [imgnb.generate(prompt, show=False) for prompt in ("a fox", "a cat", "a dog")]
    monkeypatch.setattr(history, "_of_notebook", lambda library, notebook: made[:0:-1])

    shown = history.history(workspace.library, {old.id: made[1].created_at + "~"}, "x.ipynb")

    assert {one.generation for one in shown} == {old.id, made[2].id}


def test_what_is_in_the_trash_is_not_among_the_assets(studio):
    """A picture that a cell throws away is no longer one of the studio's, and leaves the strip after that cell."""
    first = studio.generate()
    studio.workspace.library.trash(first.asset)

    studio._cell_ran()

    assert studio.assets == []
    assert studio.state()["history"] == []


def test_none_takes_a_value_back(studio):
    """Also pictures, and what has no control."""
    made = studio.generate()
    studio.set(images=[made], moderation="low")

    studio.set(images=None, moderation=None)

    assert studio.form == {"prompt": "a fox"}
    assert studio.state()["form"]["also"] == ""


def test_a_mode_that_there_is_not_is_refused(studio):
    """Its values are named."""
    with pytest.raises(RequestInvalid, match="bogus") as refused:
        studio.set(mode="bogus")
    assert "replay" in refused.value.hint


def test_the_name_that_was_given_last_is_shown_and_can_be_taken_away(studio):
    """A picture may have several names; without a name, the one that was shown is gone."""
    made = studio.generate()
    for name in ("ant", "zebra"):
        studio.on_name({"name": name, **about(made)})
    shown = studio.state()["history"][0]["names"]

    studio.on_name({"name": "", "was": "zebra", **about(made)})

    assert shown == ("zebra", "ant")
    assert made.asset.labels.names == ("ant",)


def test_a_route_without_pictures_takes_no_reference(studio, monkeypatch):
    """The reason is said, and the form stays as it was."""
    made = studio.generate()
    monkeypatch.setattr(studio, "_offers", replace(studio._offers, no_reference="it takes no pictures"))

    with pytest.raises(RequestInvalid, match="takes no pictures"):
        studio.on_use({"what": "reference", **about(made)})
    assert "images" not in studio.form


def test_the_cells_for_a_mask_name_the_picture_and_quote_the_prompt(studio):
    """Where the studio has no name, the second cell is an edit; a prompt from elsewhere is a text in it and nothing more."""
    made = studio.generate()

    paint, use = studio.on_mask_cells({"sha256": made.asset.sha256, "prompt": '"); import os; {{ x }}'})["cells"]

    assert f'imgnb.mask_painter("@{made.asset.sha256[:12]}")' in paint
    (call,) = ast.parse(use).body
    assert ast.literal_eval(call.value.args[0]) == '"); import os; {{ x }}'
