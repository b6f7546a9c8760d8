"""Who answers a request, and what a record says afterwards."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imgnb.errors import AssetNotFound, Cancelled, PromptInvalid, RequestInvalid
from imgnb.events import Answered, Cancel, Image
from imgnb.library import Accepted, Claim, Library, Outcome
from imgnb.records import AttemptRecord
from imgnb.request import ImageRequest, Reference
from imgnb.request.turn import Turn

from .conftest import FOX, ORIGIN, SUCCESS, arrive, draw, png
from .processes import Child, child

LOCAL = replace(ORIGIN, route="local", route_owner="local", base_url="")
GATEWAY = replace(ORIGIN, route="gateway", route_owner="gateway")
PRINT = FOX.fingerprint()


def ask(library: Library, origin=ORIGIN, *, any_route: bool = True, take: int | None = None) -> Claim:
    routes = None if any_route else (origin.route,)
    return library.claim(FOX, origin, Accepted(routes, take=take, sketches=origin.route_owner == "local"))


def test_a_stored_success_answers_the_same_request(library: Library) -> None:
    """What was drawn once is found again by its fingerprint, bytes and all."""
    drawn = draw(library)

    assert library.answer(PRINT) == drawn
    assert ask(library).answer == drawn
    assert drawn.asset.bytes == png()


def test_without_a_route_the_newest_real_one_answers(library: Library) -> None:
    """A colleague without a key gets the author's picture, whatever route drew it."""
    first, second = draw(library), draw(library, FOX, png(2), origin=GATEWAY)

    assert library.answer(PRINT) == second
    assert library.answer(PRINT, Accepted(("openai",))) == first
    assert library.answer(PRINT, Accepted(("other",))) is None


def test_a_sketch_never_stands_in_for_a_real_picture(library: Library) -> None:
    """A local sketch answers only when sketches are asked for and no real answer is there."""
    sketch = draw(library, FOX, png(3), origin=LOCAL)

    assert library.answer(PRINT) is None
    assert ask(library, ORIGIN).generation_id is not None
    assert library.answer(PRINT, Accepted(sketches=True)) == sketch
    assert library.answer(PRINT, Accepted(("local",), sketches=True)) == sketch
    assert library.answer(PRINT, Accepted(("local",))) is None

    real = draw(library)
    assert library.answer(PRINT, Accepted(sketches=True)) == real


def test_takes_are_numbered_by_fingerprint_and_route(library: Library) -> None:
    """A take gets the wanted number if that is free, else the next one."""
    takes = [draw(library, take=take).take for take in (None, None, 7, 7, None)]

    assert takes == [1, 2, 7, 8, 9]
    assert draw(library, origin=GATEWAY).take == 1
    found = library.answer(PRINT, Accepted(("openai",), take=7))
    assert found is not None
    assert found.take == 7
    assert library.answer(PRINT, Accepted(("openai",), take=3)) is None


def test_an_answer_whose_picture_is_gone_is_no_answer(library: Library) -> None:
    """Without all its bytes on the disk a success does not count; an older whole one does."""
    older, newer = draw(library), draw(library, FOX, png(2))
    newer.asset.path.write_bytes(png(2)[:-1])

    assert library.answer(PRINT) == older
    newer.asset.path.unlink()

    assert library.answer(PRINT) == older
    older.asset.path.unlink()
    assert library.answer(PRINT) is None


def test_a_take_whose_picture_is_gone_is_paid_for_once_more_and_not_each_time(library: Library) -> None:
    """What was drawn in its place got another number, and answers for it until it is back."""
    gone = draw(library, FOX, png(1), take=1)
    gone.asset.path.unlink()
    id = ask(library, take=1).generation_id
    assert id is not None
    arrive(library, id, png(2))
    instead = library.finish(id, SUCCESS)

    assert instead.take == 2
    assert ask(library, take=1).answer == ask(library, take=2).answer == instead
    gone.asset.path.write_bytes(png(1))
    assert ask(library, take=1).answer == gone


@pytest.mark.parametrize("take", [0, -1, 10**30, 2**63 - 1])
def test_a_take_is_a_number_that_others_can_follow(library: Library, take: int) -> None:
    """Nothing is drawn under a number after which no take could be filed."""
    for way in (lambda: library.answer(PRINT, Accepted(take=take)), lambda: ask(library, take=take)):
        with pytest.raises(RequestInvalid, match="take"):
            way()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_only_a_success_answers(library: Library, status: str) -> None:
    """What failed or was cancelled is recorded with its pictures, has no take, and is drawn again."""
    id = ask(library).generation_id
    assert id is not None
    arrive(library, id, png())

    ended = library.finish(id, Outcome(status, error_kind="server", error_message="it broke"))  # type: ignore[arg-type]

    assert (ended.status, ended.take, ended.error_message) == (status, None, "it broke")
    assert ended.asset.bytes == png()
    assert ask(library).generation_id is not None


def test_the_same_request_is_drawn_once_at_a_time(library: Library, reopen: Callable[[], Library]) -> None:
    """While one kernel draws, another that asks for the same is told to wait, and then gets the answer."""
    other = reopen()
    id = ask(library).generation_id
    assert id is not None

    assert ask(other) == ask(library) == Claim(busy=id)
    assert not other.wait(id, Cancel(), timeout=0)
    assert ask(other, GATEWAY, any_route=False).generation_id is not None

    arrive(library, id, png())
    finished = library.finish(id, SUCCESS)
    assert other.wait(id, Cancel(), timeout=0)
    assert ask(other).answer == finished


def test_nobody_waits_for_a_sketch_who_wants_a_real_picture(library: Library) -> None:
    """A local run that is going on does not keep a real request waiting; the other way round it does."""
    sketch = ask(library, LOCAL).generation_id
    assert sketch is not None

    real = ask(library, ORIGIN).generation_id
    assert real is not None
    assert ask(library, LOCAL).busy == real


def test_another_take_does_not_wait(library: Library) -> None:
    """Only somebody who draws the take that is wanted is waited for."""
    draw(library)
    second = ask(library, take=2).generation_id
    assert second is not None

    assert ask(library, take=2).busy == second
    assert ask(library, take=3).generation_id is not None


def test_live_always_draws(library: Library) -> None:
    """Without replay a claim is a new generation, whatever is stored or running."""
    draw(library)
    ids = {library.claim(FOX, ORIGIN, replay=False).generation_id for _ in range(3)}

    assert None not in ids
    assert len(ids) == 3


def test_processes_that_ask_for_the_same_pay_once(tmp_path: Path) -> None:
    """Four kernels open the library and ask at the same moment: one draws, all get its picture."""

    def act(say: Callable[[str], None]) -> None:
        with Library(tmp_path / "library") as library:
            while (claim := ask(library)).busy:
                library.wait(claim.busy, Cancel(), timeout=20)
            if claim.generation_id:
                arrive(library, claim.generation_id, png())
                library.finish(claim.generation_id, SUCCESS)
                say("paid")
            say(library.answer(PRINT).id)

    lines = [line for kernel in [Child(act) for _ in range(4)] for line in kernel.end()[1]]

    assert lines.count("paid") == 1
    assert len(lines) == 5
    assert len(set(lines)) == 2


def test_threads_that_ask_for_the_same_pay_once(library: Library) -> None:
    """The same within one kernel."""
    claims: list[Claim] = []
    threads = [threading.Thread(target=lambda: claims.append(ask(library))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([claim for claim in claims if claim.generation_id]) == 1
    assert len({claim.generation_id or claim.busy for claim in claims}) == 1


def test_a_dead_kernel_is_not_waited_for(library: Library) -> None:
    """Who asks while another draws and is killed is free to draw; what the dead one had drawn answers at once."""

    def act(say: Callable[[str], None]) -> None:
        other = Library(library.path)
        id = ask(other).generation_id
        assert id is not None
        say(id)
        threading.Event().wait()

    with child(act) as kernel:
        dead = kernel.hear()
        assert ask(library).busy == dead
    assert library.wait(dead, Cancel(), timeout=0)
    assert ask(library).generation_id is not None
    assert library.generation(dead).status == "interrupted"


def test_waiting_can_be_cancelled(library: Library) -> None:
    """A cancel handle ends the wait for another kernel."""
    id = ask(library).generation_id
    assert id is not None
    cancel = Cancel()
    cancel.cancel()

    with pytest.raises(Cancelled):
        library.wait(id, cancel, timeout=60)


def test_everything_that_was_said_is_in_the_record(library: Library) -> None:
    """Request, origin, attempts, answer and outcome come back as they were given."""
    reference = library.add(png(9), source="sketch.png")
    request = ImageRequest(
        "a fox, {{ mood }}",
        "edit",
        model="gpt-image-2",
        n=2,
        svg={"model": "x"},
        extras={"seed": 7},
        references=(Reference(reference.sha256, reference.media_type, reference.path, source="sketch.png"),),
        template="a fox",
        variables={"mood": "sad"},
    )
    origin = replace(ORIGIN, notebook="fox.ipynb", cell_id="c1", kernel="k1", partials_asked=2, cost_estimate=0.1)
    id = library.claim(request, origin, replay=False).generation_id
    assert id is not None
    failed = AttemptRecord(1, "openai", "images/edits", "2026-11-21T00:00:00Z", status=500, error_kind="server")
    library.record_attempt(id, replace(failed, status=None, error_kind=None))
    library.record_attempt(id, failed)
    arrive(library, id, png(1), png(1))
    answered = Answered(
        {"size": "4x4"}, {"total_tokens": 9}, "gpt-image-2-x", 200, "req_1", "a sad fox", "done", 1, 0.5, 0.7
    )

    made = library.finish(
        id, Outcome("succeeded", answered, {"size": "4x4"}, ("too small",), ("no stream",), 0.2, "usage")
    )

    assert made == library.generation(id)
    assert (made.prompt, made.operation, made.model, made.model_answered) == (
        request.prompt,
        "edit",
        ORIGIN.model,
        "gpt-image-2-x",
    )
    assert [asset.sha256 for asset in made.references] == [reference.sha256]
    assert [asset.bytes for asset in made.assets] == [png(1), png(1)]
    assert made.attempts == (failed,)
    assert made.params == request.params()
    assert made.effective == {"size": "4x4"}
    assert made.usage == {"total_tokens": 9}
    assert (made.mismatches, made.notes) == (("too small",), ("no stream",))
    assert (made.cost, made.cost_basis, made.currency) == (0.2, "usage", "USD")
    assert (made.revised_prompt, made.text, made.request_id) == ("a sad fox", "done", "req_1")
    assert (made.notebook, made.cell_id, made.kernel, made.partials_asked) == ("fox.ipynb", "c1", "k1", 2)
    assert (made.seconds_to_first_byte, made.seconds_to_first_partial, made.partials_received) == (0.5, 0.7, 1)
    assert (made.template, made.variables) == ("a fox", {"mood": "sad"})
    again = library.stored_request(made)
    assert list(request.differences(again)) == []
    assert again.fingerprint() == made.fingerprint
    assert again.references[0].path.read_bytes() == png(9)


def test_finishing_again_changes_nothing(library: Library) -> None:
    """Filing can be repeated."""
    made = draw(library)

    assert library.finish(made.id, Outcome("failed", error_kind="server")) == made


def test_the_picture_of_a_broken_attempt_stays_behind_the_one_that_counts(library: Library) -> None:
    """When a retry draws the same index again, the later picture takes the place and the earlier comes last."""
    id = ask(library).generation_id
    assert id is not None
    for data in (png(1), png(2)):
        arrive(library, id, data)
    arrive(library, id, png(2), png(3))

    assert [asset.bytes for asset in library.finish(id, SUCCESS).assets] == [png(2), png(3), png(1)]


def test_what_was_kept_by_nobody_is_filed_all_the_same(library: Library) -> None:
    """A picture that had arrived when the run was cancelled belongs to it, kept or not; half a picture goes."""
    id = ask(library).generation_id
    assert id is not None
    open_sink = library.open_sink(id)
    whole, finished, half = open_sink(0), open_sink(1), open_sink(2)
    finished.write(png(1))
    finished.finish()
    half.write(png(2)[:60])
    whole.discard()

    cancelled = library.finish(id, Outcome("cancelled"))

    half.discard()
    assert [asset.bytes for asset in cancelled.assets] == [png(1)]


def test_bytes_that_are_no_picture_are_kept_too(library: Library) -> None:
    """What the provider sent is there to be looked at, without a width."""
    id = ask(library).generation_id
    assert id is not None
    sink = library.open_sink(id)(0)
    sink.write(b"<html>no</html>")

    asset = library.keep(id, Image(0, sink.finish()))

    assert (asset.media_type, asset.width, asset.bytes) == ("application/octet-stream", None, b"<html>no</html>")
    assert library.finish(id, Outcome("failed")).asset.sha256 == asset.sha256


def test_a_reference_must_be_in_the_library(library: Library) -> None:
    """A request with a picture that is not stored is refused, and leaves no row."""
    stranger = Reference("0" * 64, "image/png", Path("x.png"))

    with pytest.raises(AssetNotFound, match="reference"):
        library.claim(replace(FOX, references=(stranger,)), ORIGIN, replay=False)
    assert len(library) == 0


def test_a_reference_must_have_its_bytes(library: Library) -> None:
    """A picture whose file is gone is named before anything is sent, and when it is read."""
    asset = library.add(png(9), source="x")
    request = replace(FOX, references=(Reference(asset.sha256, asset.media_type, asset.path, source="@hero"),))
    asset.path.unlink()

    for way in (lambda: library.claim(request, ORIGIN, replay=False), lambda: asset.bytes):
        with pytest.raises(AssetNotFound, match=r"bytes of .* not in"):
            way()


def test_no_picture_is_lost_to_broken_text(library: Library) -> None:
    """Half surrogate pairs in a provider's answer, a file's name or a variable are written down, as escapes."""
    origin = replace(ORIGIN, notebook="/home/\udcff.ipynb")
    request = replace(FOX, variables={"mood": "\ud83e"})
    id = library.claim(request, origin, replay=False).generation_id
    assert id is not None
    attempt = AttemptRecord(1, "openai", "images", "2026-11-21T00:00:00Z", error_message="\ud83e")
    library.record_attempt(id, attempt)
    sink = library.open_sink(id)(0)
    sink.write(png())
    library.keep(id, Image(0, sink.finish(), {"said \ud83e": "\ud83e"}))

    answered = Answered({"size": "\ud83e"}, revised_prompt="é \ud83e", text="\udc80", request_id="\ud83e")
    made = library.finish(id, replace(SUCCESS, answered=answered, notes=("\ud83e",)))

    assert (made.status, made.asset.bytes) == ("succeeded", png())
    assert (made.notebook, made.revised_prompt) == ("/home/\\udcff.ipynb", "é \\ud83e")
    assert library.add(png(), source="\ud83e") == made.asset


def test_broken_text_is_refused_in_our_words(library: Library) -> None:
    """Half a surrogate pair is no text that could be stored."""
    with pytest.raises(PromptInvalid):
        library.claim(ImageRequest("fox \ud83e"), ORIGIN, replay=False)


def test_a_forked_kernel_is_another_session(library: Library) -> None:
    """A child that goes on with its parent's library leaves the parent's rows alone, whoever dies first."""
    id = ask(library).generation_id
    assert id is not None

    def act(say: Callable[[str], None]) -> None:
        say(str(ask(library).busy))
        say(draw(library, ImageRequest("a bear")).status)
        library.close()

    status, lines = Child(act).end()

    assert (status, lines) == (0, [id, "succeeded"])
    with Library(library.path) as other:
        assert other.generation(id).status == "running"
    arrive(library, id, png())
    assert library.finish(id, SUCCESS).status == "succeeded"


def test_a_generation_is_a_value(library: Library) -> None:
    """It can be counted in a set, be the key of a dict, and come back from a process pool."""
    made = draw(library)

    assert {made, library.generation(made.id)} == {made}
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def test_a_conversation_may_be_longer_than_anybody_recurses(library: Library) -> None:
    """Turns are told in a row, however many; those beyond the longest are cut off at the beginning."""
    turn = None
    for number in range(3000):
        turn = Turn(f"g{number}", "r1:x", f"turn {number}", earlier=turn)

    assert turn is not None
    assert [found.prompt for found in turn.chain()][::2999] == ["turn 0", "turn 2999"]
    assert turn.pictures == ()


def test_a_picture_that_turns_out_to_be_another_one_is_filed_once(library: Library) -> None:
    """Bytes that came first and are the second picture in the end have one row, in their place."""
    id = library.claim(FOX, ORIGIN).generation_id
    assert id is not None
    open_sink = library.open_sink(id)
    spooled = []
    for index, data in enumerate((png(1), png(2))):
        sink = open_sink(index)
        sink.write(data)
        spooled.append(sink.finish())
    library.keep(id, Image(1, spooled[0]))
    library.keep(id, Image(0, spooled[1]))

    assert [asset.bytes for asset in library.finish(id, SUCCESS).assets] == [png(2), png(1)]
