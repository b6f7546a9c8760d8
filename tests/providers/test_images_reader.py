"""Answers of the Images API, and of gateways that put the pictures elsewhere."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest

from imgnb.providers.images_reader import ImagesReader

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
