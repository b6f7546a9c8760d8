"""Answers of the Responses API are read alike wherever they are cut and however their keys are ordered."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from imgnb.providers.answer_reader import MAX_NOTES
from imgnb.providers.responses_reader import ResponsesReader
from imgnb.providers.said import TEXT_LIMIT

from .reading import JSON, SSE, Outcome, in_pieces, read, shuffled

A, B, P, Q = (random.Random(seed).randbytes(20) for seed in range(4))
USAGE = {"input_tokens": 20, "output_tokens": 30, "total_tokens": 50}
TOOL_USAGE = {"image_gen": {"input_tokens": 5, "output_tokens": 40}}
BLOCKED = {
    "code": "moderation_blocked", "type": "image_generation_user_error", "message": "blocked",
    "moderation_details": {"categories": ["violence"], "moderation_stage": "output"},
}  # fmt: skip
Json = dict[str, Any]


def call(number: int, picture: bytes | None, **more: Any) -> Json:
    """An item that the tool has made."""
    result = None if picture is None else base64.b64encode(picture).decode()
    item = {"id": f"ig_{number}", "type": "image_generation_call", "status": "completed", "result": result}
    return {**item, "revised_prompt": f'"output":[ {number}', "size": "1024x1024", **more}


def message(text: str) -> Json:
    """An item in words."""
    return {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def response(*items: Json, status: str = "completed", **more: Any) -> Json:
    """The answer as a whole."""
    tools = [{"type": "image_generation", "model": "gpt-image-2", "partial_images": 2}]
    answer = {"id": "resp_1", "object": "response", "status": status, "model": "gpt-5.5", "tools": tools}
    return {**answer, "output": list(items), "usage": USAGE, "tool_usage": TOOL_USAGE, "error": None, **more}


def begun(kind: str = "response.created") -> Json:
    return {"type": kind, "response": response(status="in_progress", usage=None)}


def partial(index: int, picture: bytes) -> Json:
    text = base64.b64encode(picture).decode()
    at = {"item_id": "ig_1", "output_index": 0, "partial_image_index": index}
    return {"type": "response.image_generation_call.partial_image", **at, "partial_image_b64": text}


def done(item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


def ended(*items: Json, kind: str = "completed", **more: Any) -> Json:
    return {"type": f"response.{kind}", "response": response(*items, status=kind, **more)}


def delta(text: str) -> Json:
    return {"type": "response.output_text.delta", "item_id": "msg_1", "delta": text}


def stream(*events: Json, named: bool = True, between: str = "", end: str = "\n") -> bytes:
    """The events as they are sent."""
    names = [f"event: {event['type']}\n" if named else "" for event in events]
    lines = [f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, events, strict=True)]
    return between.join(lines).replace("\n", end).encode()


def type_last(event: Json) -> Json:
    return {**{key: value for key, value in event.items() if key != "type"}, "type": event["type"]}


def result_first(value: Any) -> Any:
    """The document with every object's longest string, and so its picture, before all else."""
    if isinstance(value, dict):
        kinds = sorted(value, key=lambda key: key != "result")
        return {key: result_first(value[key]) for key in kinds}
    return [result_first(item) for item in value] if isinstance(value, list) else value


DRAWN, SECOND = call(1, A), call(2, B)
WHOLE = (
    begun(),
    {"type": "response.output_item.added", "item": call(1, None, status="in_progress")},
    {"type": "response.image_generation_call.generating", "item_id": "ig_1"},
    partial(0, P),
    partial(1, Q),
    {"type": "response.image_generation_call.completed", "item_id": "ig_1"},
    done(DRAWN),
    ended(DRAWN),
)
FAILED = call(3, None, status="failed", error=BLOCKED)

STREAMS = {
    "as recorded": stream(*WHOLE),
    "types last": stream(*map(type_last, WHOLE)),
    "no names": stream(*WHOLE, named=False),
    "types last, no names": stream(*map(type_last, WHOLE), named=False),
    "results first": stream(*map(result_first, WHOLE)),
    "results first, no names": stream(*map(result_first, map(type_last, WHOLE)), named=False),
    "names that say nothing": stream(*map(type_last, WHOLE), named=False, between="event: message\n"),
    "CRLF": stream(*WHOLE, end="\r\n"),
    "heartbeats": stream(*WHOLE, between=': ping\n\ndata: {"type": "keepalive"}\n\n'),
    "done mark": stream(*WHOLE) + b"data: [DONE]\n\n",
    "no last blank line": stream(*WHOLE).rstrip(),
    "no items": stream(begun(), partial(0, P), ended(DRAWN)),
    "two pictures": stream(partial(0, P), done(DRAWN), partial(0, Q), done(SECOND), ended(DRAWN, SECOND)),
    "two, types last": stream(*map(type_last, (done(DRAWN), done(SECOND), ended(DRAWN, SECOND))), named=False),
    "a second at the end": stream(done(DRAWN), ended(DRAWN, SECOND)),
    "a second at the end, results first": stream(*map(result_first, (done(DRAWN), ended(DRAWN, SECOND)))),
    "ended twice": stream(ended(DRAWN, message("here")), ended(DRAWN, message("here"))),
    "added whole": stream({"type": "response.output_item.added", "item": DRAWN}, done(DRAWN), ended(DRAWN)),
    "a picture and words": stream(done(DRAWN), delta("he"), delta("re"), done(message("here")), ended(DRAWN)),
    "words before a picture": stream(done(message("here")), done(SECOND), ended(message("here"), SECOND)),
    "words alone": stream(begun(), delta("I w"), delta("ill not"), done(message("I will not")), ended()),
    "words in pieces only": stream(begun(), delta("I w"), delta("ill not"), ended()),
    "another tool's result": stream(done({"id": "p_1", "type": "program_output", "result": "!"}), done(DRAWN), ended(DRAWN)),
    "unknown events": stream({"type": "response.mood"}, done(DRAWN), {"type": "response.image_generation_call.mood"}, ended()),
    "a failure beside a picture": stream(done(FAILED), done(DRAWN), ended(FAILED, DRAWN)),
    "a failure alone": stream(done(FAILED), ended(FAILED)),
    "a failure, told at the end": stream(begun(), ended(FAILED)),
    "an error": stream(begun(), {"type": "error", "code": "server_error", "message": "asleep", "param": None}),
    "an error inside": stream(begun(), {"type": "error", "error": {"code": "server_error", "message": "asleep"}}),
    "an error without a type": stream(begun()) + b'data: {"error": {"code": "server_error", "message": "asleep"}}\n\n',
    "an error by name": b'event: error\ndata: {"type": "x", "code": "server_error", "message": "asleep"}\n\n',
    "failed": stream(begun(), ended(kind="failed", error={"code": "server_error", "message": "asleep"})),
    "failed behind a picture": stream(done(DRAWN), ended(DRAWN, kind="failed", error={"code": "server_error"})),
    "incomplete": stream(begun(), ended(kind="incomplete", incomplete_details={"reason": "content_filter"})),
    "incomplete beside a picture": stream(
        done(DRAWN), ended(DRAWN, kind="incomplete", incomplete_details={"reason": "max_output_tokens"})
    ),
}  # fmt: skip

DOCUMENTS = {
    "a picture": json.dumps(response(DRAWN)).encode(),
    "with spaces": json.dumps(response(DRAWN), indent=2).encode(),
    "escaped": json.dumps(response(DRAWN)).replace("/", "\\/").encode(),
    "results first": json.dumps(result_first(response(DRAWN, SECOND))).encode(),
    "two pictures and words": json.dumps(response(message("here"), DRAWN, SECOND)).encode(),
    "words": json.dumps(response(message("I will not"))).encode(),
    "a failure": json.dumps(response(FAILED)).encode(),
    "a failure beside a picture": json.dumps(response(FAILED, DRAWN)).encode(),
    "failed": json.dumps(response(status="failed", error={"code": "server_error", "message": "asleep"})).encode(),
    "without its object": json.dumps({"id": "resp_1", "output": [DRAWN], "usage": USAGE}).encode(),
}

KINDS = {"moderation_blocked": "policy", "content_filter": "policy", "server_error": "server"}
KNOWN = ("created", "output_item.added", "output_text.delta", "completed", "failed", "incomplete", "output_item.done")
CALLS = ("generating", "completed", "partial_image")


def reference(body: bytes) -> Outcome:
    """The same by json and base64, with all in memory; items are told apart by their ids."""
    outcome = Outcome()
    items: dict[str, Json] = {}
    failures: list[Json] = []
    for document in documents(body):
        kind, answer = document.get("type", ""), document.get("response") or document
        if ("error" in (kind, *document) and "output" not in answer) or "code" in document:
            failures.append(document.get("error") or document)
        elif kind.endswith("partial_image"):
            outcome.partials.append(
                (document["partial_image_index"], decoded(document["partial_image_b64"]), len(pictures(items)))
            )
        elif kind.endswith("delta"):
            outcome.deltas.append(document["delta"])
        elif kind.endswith("output_item.done"):
            items[document["item"]["id"]] = document["item"]
        elif answer.get("output") is not None:
            outcome.response_id = answer["id"]
            if kind != "response.created":
                items |= {item["id"]: item for item in answer["output"]}
                conclude(outcome, answer, failures)
        known = {f"response.{name}" for name in KNOWN} | {f"response.image_generation_call.{name}" for name in CALLS}
        outcome.unknown_events += kind not in {*known, "", "error", "keepalive", "x"}
    drawn = [item for item in items.values() if item["type"] == "image_generation_call"]
    refused = [item["error"] for item in drawn if item.get("error")]
    outcome.pictures = list(enumerate(pictures(items)))
    outcome.opened = [index for index, _ in outcome.pictures]
    outcome.partials_received = len(outcome.partials)
    texts = [item["content"][0]["text"] for item in items.values() if item["type"] == "message"]
    outcome.text = "\n\n".join(texts) or "".join(outcome.deltas) or None
    for item in drawn:
        if item["result"]:
            outcome.said.setdefault("size", item["size"])
            outcome.revised_prompt = outcome.revised_prompt or item["revised_prompt"]
    if outcome.pictures:
        outcome.notes = [f"a call beside the picture failed: {error['message']}" for error in refused] + outcome.notes
    elif failed := (failures + refused + [{"code": note.rpartition(" ")[2]} for note in outcome.notes])[:1]:
        outcome.notes = []
        failures = failed
    if failures:
        code, details = failures[0]["code"], failures[0].get("moderation_details")
        told = details and {"categories": details["categories"], "stage": details["moderation_stage"]}
        outcome.failed = (KINDS[code], code, told)
    return outcome


def documents(body: bytes) -> Iterator[Json]:
    text = body.decode().replace("\r\n", "\n")
    if text.startswith("{"):
        yield json.loads(text)
        return
    for event in text.split("\n\n"):
        data = [line.removeprefix("data: ") for line in event.split("\n") if line.startswith("data: {")]
        if data:
            yield json.loads(data[0])


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def pictures(items: Mapping[str, Json]) -> list[bytes]:
    calls = [item for item in items.values() if item["type"] == "image_generation_call" and item["result"]]
    return [decoded(item["result"]) for item in calls]


def conclude(outcome: Outcome, answer: Json, failures: list[Json]) -> None:
    """Take what an answer as a whole says beside its items."""
    outcome.usage = {**answer["usage"], **({"tool_usage": TOOL_USAGE} if "tool_usage" in answer else {})}
    outcome.said |= {"main_model": answer.get("model"), "model": "gpt-image-2" if "tools" in answer else None}
    if answer.get("error"):
        failures.append(answer["error"])
    if "incomplete_details" in answer:
        outcome.notes.append(f"the answer is incomplete: {answer['incomplete_details']['reason']}")


@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS)
def test_streams_are_read_alike_wherever_they_are_cut(body: bytes) -> None:
    """Whole, byte by byte or cut in two, a stream is what json and base64 make of it, and each picture has one sink."""
    wanted = reference(body)

    assert all(wanted == read(ResponsesReader, chunks) for chunks in in_pieces(body))


@pytest.mark.parametrize("body", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents_are_read_alike_wherever_they_are_cut(body: bytes) -> None:
    """So is an answer in one document, whatever its content type says."""
    wanted = reference(body)

    assert all(wanted == read(ResponsesReader, chunks, content_type=JSON) for chunks in in_pieces(body))
    assert wanted == read(ResponsesReader, [body], content_type=SSE)


@pytest.mark.parametrize("named", [True, False], ids=["named", "without names"])
def test_keys_may_come_in_any_order(named: bool) -> None:
    """However keys are ordered at any depth, the same comes out, and a picture that comes again opens no sink."""
    came = (message("here"), DRAWN, SECOND, FAILED)
    events = [begun(), partial(0, P), *map(done, came[:2]), partial(0, Q), *map(done, came[2:]), ended(*came)]
    wanted = reference(stream(*events))
    chance = random.Random(1)

    for _ in range(300):
        body = stream(*(shuffled(event, chance) for event in events), named=named)
        size = chance.randrange(1, 200)
        assert wanted == read(ResponsesReader, [body[at : at + size] for at in range(0, len(body), size)])
    assert wanted.opened == [0, 1]


@pytest.mark.parametrize("chunk", [16_384, 1_000_000], ids=["as from a network", "large"])
@pytest.mark.parametrize(
    "order", [dict, lambda event: type_last(result_first(event))], ids=["as sent", "results first"]
)
def test_what_comes_again_is_not_decoded(order: Any, chunk: int) -> None:
    """The picture in `response.completed` is passed over even where it is no base64 at all."""
    events = [order(done(call(1, A * 10_000))), order(ended(call(1, None, result="*" * 200_000)))]
    body = stream(*events, named=False)

    outcome = read(ResponsesReader, [body[at : at + chunk] for at in range(0, len(body), chunk)])

    assert outcome.pictures == [(0, A * 10_000)]
    assert (outcome.opened, outcome.broken) == ([0], False)


@pytest.mark.parametrize("name", ["as recorded", "types last, no names", "no items"])
def test_partials_nobody_looks_at_are_counted_and_not_decoded(name: str) -> None:
    """Without previews a partial need not even be base64; the picture is the same."""
    garbled = STREAMS[name].replace(base64.b64encode(P), b"*" * 28)
    wanted = reference(STREAMS[name])

    outcome = read(ResponsesReader, [garbled], previews=False)

    assert outcome.partials == []
    assert (outcome.partials_received, outcome.pictures) == (wanted.partials_received, wanted.pictures)
    assert read(ResponsesReader, [garbled], previews=True).broken


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(stream(done(DRAWN), done(SECOND), ended(DRAWN, SECOND)), SSE), (DOCUMENTS["two pictures and words"], JSON)],
    ids=["stream", "document"],
)
def test_a_cut_answer_keeps_the_pictures_that_came_whole(body: bytes, content_type: str) -> None:
    """Wherever it is cut, what came up to its closing quote is there, and nothing of the picture in the middle."""
    ends = [body.index(base64.b64encode(picture)) + 28 for picture in (A, B)]

    for at in range(1, len(body) - 1):
        outcome = read(ResponsesReader, [body[:at]], content_type=content_type)

        assert outcome.pictures == [(0, A), (1, B)][: sum(at > end for end in ends)]


@pytest.mark.parametrize("event", [done, lambda bad: ended(DRAWN, bad)], ids=["item", "ending"])
def test_bad_base64_breaks_the_stream(event: Any) -> None:
    """A picture that is no base64 is none; what came before it stays, and nothing behind it is read."""
    bad = event(call(2, None, result="QUJD*UJD"))

    outcome = read(ResponsesReader, [stream(done(DRAWN), bad, done(SECOND))])

    assert outcome.broken
    assert outcome.pictures == [(0, A)]


def test_a_link_in_place_of_a_picture_is_followed_once() -> None:
    """Some gateways say `result: ""` beside a URL; the ending that says it again adds no picture."""
    linked = call(1, None, result="", url="https://example.org/a.png")

    outcome = read(ResponsesReader, [stream(done(linked), done(FAILED), ended(linked, FAILED))])

    assert outcome.links == [(0, "https://example.org/a.png")]
    assert (outcome.opened, outcome.failed, len(outcome.notes)) == ([], None, 1)


def test_what_nests_without_end_is_still_read() -> None:
    """A document too deep or too long to be looked into when its picture begins is understood at its end, or refused."""
    long = ended(DRAWN, instructions="{" * 1_500_000)
    deep = b'data: {"x": ' + b"[" * 100_000 + b'{"result": "QUJD"}' + b"]" * 100_000 + b"}\n\n"

    assert read(ResponsesReader, [stream(done(DRAWN), long)]).pictures == [(0, A)]
    assert read(ResponsesReader, [deep]).broken


ODD: dict[str, tuple[list[Json], list[bytes]]] = {
    "a picture only at the end, before one that came": ([done(SECOND), ended(DRAWN, SECOND)], [B, A]),
    "no ids": ([done(call(1, A, id=None)), ended(call(1, A, id=None), call(2, B, id=None))], [A, B]),
    "some ids": ([done(call(1, A, id=None)), ended(call(1, A, id=None), SECOND)], [A, B]),
    "one id for all": ([done(call(1, A)), done(call(1, B)), ended(call(1, A), call(1, B))], [A, B]),
    "failed, with its picture": ([done(call(1, A, status="failed")), ended(call(1, A, status="failed"))], [A]),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_every_picture_is_kept_once(case: str) -> None:
    """What an ending repeats is told by its id, and where there is none by its number."""
    events, wanted = ODD[case]

    for chunks in in_pieces(stream(*events)):
        outcome = read(ResponsesReader, chunks)
        assert outcome.pictures == list(enumerate(wanted))
        assert outcome.failed is None


def test_text_is_kept_up_to_a_limit() -> None:
    """A stream that never stops talking fills no memory; a note says that the rest is dropped."""
    words = "and so on " * 10_000

    outcome = read(ResponsesReader, [stream(*[delta(words)] * 30, done(DRAWN))])

    assert 900_000 < len(outcome.text or "") <= TEXT_LIMIT
    assert len("".join(outcome.deltas)) <= TEXT_LIMIT + 1
    assert [note for note in outcome.notes if "rest is dropped" in note]
    assert outcome.pictures == [(0, A)]


def test_notes_are_short_lines() -> None:
    """Whatever a failure says beside a picture, and however often: one line each, cut, and not without end."""
    failures = [call(9, None, error={"message": f"{number}\n" + "long words " * 1000}) for number in range(500)]

    outcome = read(ResponsesReader, [stream(*map(done, failures), done(DRAWN))])

    assert outcome.pictures == [(0, A)]
    assert 0 < len(outcome.notes) <= MAX_NOTES
    assert all("\n" not in note and len(note) <= 500 for note in outcome.notes)
