"""One output from first to last, with real events of the embedded engine and a real shell's publisher."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import PIL.Image
import pytest

from imgnb.display.cell_output import CellOutput
from imgnb.errors import Cancelled, ConnectionFailed
from imgnb.events import Attempt, Failed, Finished, Partial, Progress, Replayed, Started


def drawn(workspace, **params):
    """A request and its events, as the embedded engine makes them."""
    request = workspace.request("a fox\nin  the snow", **{"size": "1024x640", "partial_images": 2, **params})
    return request, list(workspace.run(workspace.order(request, previews=True)))


def played(request, events, **options):
    """An output that was shown these events, and painted after each as it is while time passes."""
    output = CellOutput(request, live=True, **options)
    for event in events:
        output.show(event)
        if not isinstance(event, Finished | Replayed | Failed):
            output.tick()
    return output


def stages(shown):
    return list(dict.fromkeys(output["metadata"]["imgnb"]["stage"] for output in shown))


def sizes(shown):
    return {
        (output["metadata"][kind]["width"], output["metadata"][kind]["height"])
        for output in shown
        for kind in output["data"]
        if kind != "text/plain"
    }


def picture(output):
    kind = next(kind for kind in output["data"] if kind != "text/plain")
    return PIL.Image.open(BytesIO(b64decode(output["data"][kind])))


def test_one_output_goes_from_waiting_to_final(workspace, shown):
    """The same two keys, the same text, the same size; only picture and metadata change."""
    played(*drawn(workspace))

    assert {tuple(sorted(output["data"])) for output in shown} == {("image/jpeg", "text/plain")}
    assert {output["data"]["text/plain"] for output in shown} == {"a fox in the snow"}
    assert stages(shown) == ["waiting", "partial", "final"]
    assert sizes(shown) == {(640, 400)}


def test_it_is_opened_once_and_updated(workspace, shown):
    """One display id; the first message opens, all others update."""
    played(*drawn(workspace))

    assert [output["update"] for output in shown] == [False] + [True] * (len(shown) - 1)
    assert len({output["transient"]["display_id"] for output in shown}) == 1


def test_unfinished_pictures_have_the_pixels_they_are_shown_in(workspace, shown):
    """Fewer would blur the words, more would only be sent."""
    played(*drawn(workspace))

    assert {picture(output).size for output in shown[:-1]} == {(640, 400)}
    assert picture(shown[-1]).size == (1024, 640)


def test_what_waits_is_painted_anew(workspace, shown):
    """Another stage is another picture."""
    request, _ = drawn(workspace)
    output = CellOutput(request, live=True)
    for event in (
        Started("01", "openai", request),
        Progress("waiting"),
        Attempt(2, "openai", "x", retry_reason="rate_limit"),
    ):
        output.show(event)
        output.tick()

    assert len({shown_now["data"]["image/jpeg"] for shown_now in shown}) == 3


def test_headless_shows_the_end_only(workspace, shown):
    """No placeholder, no partials, no display id: what strict nbval compares."""
    request, events = drawn(workspace)
    output = CellOutput(request, live=False)
    for event in events:
        output.show(event)
        if not isinstance(event, Finished):
            output.tick()

    (only,) = shown
    assert not only["update"]
    assert not only["transient"]
    assert only["metadata"]["imgnb"]["stage"] == "final"


def test_a_replay_is_never_announced(workspace, shown):
    """What is there at once opens no placeholder."""
    request, _ = drawn(workspace)
    _, events = drawn(workspace)
    played(request, events)

    assert [type(event) for event in events] == [Replayed]
    assert stages(shown) == ["final"]
    assert shown[0]["metadata"]["imgnb"]["replayed"]


@pytest.mark.parametrize(
    ("error", "stage"),
    [
        (Cancelled("cancelled after 3.0 s"), "cancelled"),
        (ConnectionFailed("it broke"), "failed"),
        (OSError(), "failed"),
    ],
    ids=["cancelled", "failed", "unexpected"],
)
def test_a_run_without_a_picture_leaves_a_strip(workspace, shown, error, stage):
    """In place of the grey page, with the same keys, and the generation it belongs to."""
    request, _ = drawn(workspace)

    played(request, [Started("01ABC", "openai", request), Failed(error)])

    assert stages(shown) == ["waiting", stage]
    assert set(shown[-1]["data"]) == {"image/jpeg", "text/plain"}
    assert shown[-1]["metadata"]["image/jpeg"]["height"] == 48
    assert shown[-1]["metadata"]["imgnb"]["generation"] == "01ABC"


def test_what_was_not_announced_leaves_nothing(workspace, shown):
    """A request that is refused at once is only the error's own message."""
    request, _ = drawn(workspace)

    played(request, [Failed(ConnectionFailed("it broke"))])

    assert shown == []


def test_transparent_from_first_to_last(workspace, shown):
    """Where there will be alpha, the placeholder is a PNG already."""
    played(*drawn(workspace, background="transparent"))

    assert {tuple(sorted(output["data"])) for output in shown} == {("image/png", "text/plain")}
    assert stages(shown) == ["waiting", "partial", "final"]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_sheet_keeps_its_shape(workspace, shown, count):
    """Several pictures are announced, sharpen and end in the shape of their sheet."""
    played(*drawn(workspace, n=count))

    assert stages(shown) == ["waiting", "partial", "final"]
    assert len(sizes(shown)) == 1


def test_a_partial_shows_the_size_that_was_left_open(workspace, shown):
    """`auto` is taken for a square until the model shows what it chose."""
    request, _ = drawn(workspace, size="auto")
    wide = BytesIO()
    PIL.Image.new("RGB", (1536, 1024), "teal").save(wide, "PNG")

    played(request, [Started("01", "openai", request), Partial(0, wide.getvalue())])

    assert [output["metadata"]["image/jpeg"]["width"] for output in shown] == [512, 640]
    assert picture(shown[-1]).size == (640, 427)


def test_an_unreadable_partial_is_passed_over(workspace, shown):
    """It is no reason to stop, nor to show less than before."""
    request, _ = drawn(workspace)

    played(request, [Started("01", "openai", request), Partial(0, b"no picture")])

    assert len(shown) == 2


def test_a_huge_number_of_pictures_does_not_fill_the_memory(workspace, shown):
    """A request that is about to be refused may be painted before."""
    request = workspace.request("a fox", n=1_000_000_000, size="1024x1024")

    CellOutput(request, live=True).tick()

    assert len(shown) == 1


def test_embedding_nothing_leaves_a_note(workspace, shown):
    """`--embed none` keeps the notebook small: a strip that names the picture."""
    request, events = drawn(workspace)

    played(request, events, embed="none")

    assert shown[-1]["metadata"]["image/jpeg"]["height"] == 48
    assert shown[-1]["metadata"]["imgnb"]["stage"] == "final"


def test_what_has_not_changed_is_not_sent_again(workspace, shown):
    """A finished picture that is shown again, as after a late interrupt, is one message."""
    request, events = drawn(workspace)
    output = played(request, events)
    sent = len(shown)

    output.show(events[-1])

    assert len(shown) == sent
