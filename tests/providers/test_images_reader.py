"""Answers of the Images API, and of gateways that put the pictures elsewhere."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest

from imgnb.providers.answer_reader import AnswerReader
from imgnb.providers.chat_reader import ChatReader
from imgnb.providers.images_reader import ImagesReader
from imgnb.providers.json_stream import CAPTURED_LIMIT
from imgnb.providers.responses_reader import ResponsesReader

from .reading import JSON, Outcome, in_pieces, read, shuffled

A, B = (random.Random(seed).randbytes(20) for seed in (1, 2))
TEXT_A, TEXT_B = base64.b64encode(A).decode(), base64.b64encode(B).decode()


def envelope(code: object, images: object, **more: Any) -> bytes:
    """The answer of a gateway whose pictures are at data.images."""
    return json.dumps({"code": code, "message": "as it is", "data": {"images": images}, **more}).encode()


def enveloped(body: bytes, chunks: list[bytes] | None = None) -> Outcome:
    return read(ImagesReader, chunks or [body], content_type=JSON, results="data.images")


@pytest.mark.parametrize("code", [0, "0", None, 200, ""], ids=repr)
def test_an_envelope_without_a_failure_holds_pictures(code: object) -> None:
    """As links or as base64, wherever the answer is cut."""
    links = envelope(code, [{"url": "https://x.org/a.png"}, {"url": "https://x.org/b.png"}])
    inside = envelope(code, [{"b64_json": TEXT_A}, {"b64_json": TEXT_B}])

    for chunks in in_pieces(links):
        outcome = enveloped(links, chunks)
        assert outcome.links == [(0, "https://x.org/a.png"), (1, "https://x.org/b.png")]
        assert (outcome.failed, outcome.opened) == (None, [])
    for chunks in in_pieces(inside):
        outcome = enveloped(inside, chunks)
        assert outcome.pictures == [(0, A), (1, B)]
        assert (outcome.failed, outcome.opened) == (None, [0, 1])


@pytest.mark.parametrize("images", [[], None], ids=repr)
@pytest.mark.parametrize(
    ("code", "kind"),
    [(1001, "validation"), (-1, "validation"), ("insufficient_quota", "billing"), ("moderation_blocked", "policy")],
    ids=repr,
)
def test_a_code_in_the_envelope_is_a_failure(code: object, kind: str, images: object) -> None:
    """Though the status is 200: its code decides the kind, wherever the answer is cut."""
    body = envelope(code, images)

    for chunks in in_pieces(body):
        outcome = enveloped(body, chunks)
        assert outcome.failed == (kind, str(code), None)
        assert (outcome.links, outcome.pictures) == ([], [])


def test_pictures_beside_a_code_are_kept() -> None:
    """What came may be paid for, whatever the code beside it says."""
    assert enveloped(envelope(7, [{"b64_json": TEXT_A}])).pictures == [(0, A)]


@pytest.mark.parametrize(
    "name", ["", "event: message\n", "event: image_generation.x\n"], ids=["none", "message", "odd"]
)
def test_keys_of_events_may_come_in_any_order(name: str) -> None:
    """A partial is never taken for a picture, nor the other way round, however little the event's name says."""
    partial = {"type": "image_generation.partial_image", "b64_json": TEXT_A, "partial_image_index": 0}
    finished = {"type": "image_generation.completed", "b64_json": TEXT_B, "usage": {"type": "x", "input_tokens": 1}}
    chance = random.Random(1)

    for _ in range(50):
        events = (f"{name}data: {json.dumps(shuffled(event, chance))}\n\n" for event in (partial, finished))
        outcome = read(ImagesReader, ["".join(events).encode()])
        assert outcome.partials == [(0, A, 0)]
        assert (outcome.pictures, outcome.opened) == ([(0, B)], [0])


@pytest.mark.parametrize("type_", ["image", "list"])
def test_an_answer_may_say_a_type_of_its_own(type_: str) -> None:
    """Where the pictures are where they belong, they are taken."""
    body = json.dumps({"type": type_, "data": [{"b64_json": TEXT_A}]}).encode()

    assert read(ImagesReader, [body], content_type=JSON).pictures == [(0, A)]


def test_an_event_without_a_name_is_what_its_content_says() -> None:
    """`message` is what the standard calls an event without a name, so that it is no unknown one."""
    body = f'event: message\ndata: {{"b64_json": "{TEXT_A}"}}\n\n'.encode()

    outcome = read(ImagesReader, [body])

    assert (outcome.pictures, outcome.unknown_events) == ([(0, A)], 0)


@pytest.mark.parametrize("odd", [0, 1, -1, -2, 7, True, False, 1e999, 0.0, None, [], {}, 10**30], ids=repr)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_what_stands_in_place_of_a_picture_is_none(odd: object, first: bool) -> None:
    """A number in the body is no picture's place, or is it once: each picture comes out once, whatever is beside it."""
    items = [{"b64_json": odd}, {"b64_json": TEXT_A}] if first else [{"b64_json": TEXT_A}, {"b64_json": odd}]
    partial = f"data: {json.dumps({'type': 'x.partial_image', 'b64_json': odd, 'partial_image_index': odd})}\n\n"

    assert read(ImagesReader, [json.dumps({"data": items}).encode()], content_type=JSON).pictures == [(0, A)]
    assert not read(ImagesReader, [partial.encode()]).broken


def test_links_have_a_limit() -> None:
    """An answer of more links than any has is broken, and pictures that came whole are kept."""
    items: list[Any] = [{"url": f"https://x.org/{number}"} for number in range(CAPTURED_LIMIT + 1)]

    def answer(items: list[Any]) -> Outcome:
        return read(ImagesReader, [json.dumps({"data": items}).encode()], content_type=JSON)

    assert (len(answer(items[1:]).links), answer(items[1:]).broken) == (CAPTURED_LIMIT, False)
    for wanted in (answer([*items, {"b64_json": TEXT_A}]), answer([{"b64_json": TEXT_A}, *items])):
        assert wanted.broken
        assert [picture for _, picture in wanted.pictures] == [A]


HOSTILE = (None, True, -1, 10**400, 1e999, "x", "", [], [[]], {}, {"x": []}, [{}], {"url": 1}, "\ud800")
PATHS = (
    "type", "data", "url", "error", "code", "message", "b64_json", "usage", "svg_usage", "partial_image_index", "response",
    "item", "output", "content", "choices", "delta", "images", "image_url", "refusal", "status", "incomplete_details", "tools",
    "id", "result", "text", "finish_reason", "moderation_details", "categories", "revised_prompt", "model", "param",
)  # fmt: skip
KINDS = ("", "error", "x.partial_image", "x.completed", "response.completed", "response.output_item.done",
         "response.image_generation_call.partial_image", "response.output_text.delta", "image_generation_call", "message")  # fmt: skip


@pytest.mark.parametrize("kind", [ImagesReader, ResponsesReader, ChatReader])
def test_no_document_is_a_traceback(kind: type[AnswerReader]) -> None:
    """Whatever a body is made of, it is read or it is broken: no other error comes of it."""
    chance = random.Random(1)

    def made(depth: int) -> Any:
        if depth == 0 or chance.random() < 0.2:
            return chance.choice([*HOSTILE, TEXT_A, "https://x.org"])
        if chance.random() < 0.3:
            return [made(depth - 1) for _ in range(chance.randrange(4))]
        table = {key: made(depth - 1) for key in chance.sample(PATHS, 6)}
        return {**table, "type": chance.choice(KINDS)} if chance.random() < 0.8 else table

    for _ in range(300):
        body = "".join(f"data: {json.dumps(made(5))}\n\n" for _ in range(3))
        outcome = read(kind, [body.encode()])
        assert len(outcome.pictures) == len({index for index, _ in outcome.pictures})


class Surprised(ImagesReader):
    """A reader that has not thought of something."""

    def _sorted(self, *_: Any) -> Any:
        raise KeyError("unheard of")


def test_what_nobody_thought_of_costs_no_picture() -> None:
    """A document that cannot be understood is broken, and its pictures are kept."""
    outcome = read(Surprised, [json.dumps({"data": [{"b64_json": TEXT_A}, {"b64_json": TEXT_B}]}).encode()])

    assert outcome.broken
    assert outcome.pictures == [(0, A), (1, B)]
