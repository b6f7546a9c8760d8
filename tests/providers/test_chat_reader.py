"""A chat's Markdown links are pictures, all else is text, in one document or in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imgnb.providers.chat_reader import ChatReader
from imgnb.providers.said import TEXT_LIMIT

from .reading import JSON, SSE, in_pieces, read

Json = dict[str, Any]
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
COUNTED = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
ANSWERS: dict[str, tuple[str, list[str], str | None]] = {
    "a link": ("![image](https://x.org/a.png)", ["https://x.org/a.png"], None),
    "words around": ("Here: ![a fox!](https://x.org/a.png) - done", ["https://x.org/a.png"], "Here:  - done"),
    "two, one twice": ("![](u1) ![](u2)\n![](u1)", ["u1", "u2"], None),
    "angle brackets and title": ('![a](< https://x.org/a.png>)![b](<u2> "title")', ["u2"], "![a](< https://x.org/a.png>)"),
    "parentheses": ("![a](https://x.org/a_(1).png)", ["https://x.org/a_(1).png"], None),
    "an unfinished one before": ("![a ![b](u1)", ["u1"], "![a"),
    "a link that is no picture": ("see [this](https://x.org)", [], "see [this](https://x.org)"),
    "nothing": ("", [], None),
}  # fmt: skip


def document(content: str) -> bytes:
    """The answer as one document."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"id": "chat_1", "model": "gpt-image-2-vip", "choices": [choice], "usage": USAGE}).encode()


def stream(content: str) -> bytes:
    """The answer as a stream, three characters at a time."""
    deltas = [{"role": "assistant"}, *({"content": content[at : at + 3]} for at in range(0, len(content), 3)), {}]
    head: dict[str, Any] = {"id": "chat_1", "model": "gpt-image-2-vip"}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({**head, "choices": [], "usage": USAGE})
    return (
        b": ping\n\n" + b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
    )


@pytest.mark.parametrize(("content", "urls", "text"), ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(("sent", "content_type"), [(document, JSON), (stream, SSE)], ids=["document", "stream"])
def test_answers_are_read_alike_wherever_they_are_cut(
    sent: Any, content_type: str, content: str, urls: list[str], text: str | None
) -> None:
    """Each link counts once, in order; what is left of the answer is its text."""
    for chunks in in_pieces(sent(content)):
        outcome = read(ChatReader, chunks, content_type=content_type)

        assert outcome.links == list(enumerate(urls))
        assert (outcome.text, outcome.usage, outcome.response_id) == (text, COUNTED, "chat_1")
        assert outcome.said == {"model": "gpt-image-2-vip"}
        assert (outcome.failed, outcome.opened) == (None, [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "asleep", "code": "server_error"}}',
        b'data: {"error": {"message": "asleep", "code": "server_error"}}\n\n',
        b'event: error\ndata: {"message": "asleep", "code": "server_error"}\n\n',
    ],
    ids=["document", "in a stream", "by name"],
)
def test_an_error_in_the_body_is_a_failure(body: bytes) -> None:
    """However it comes, with HTTP 200 or in mid-stream."""
    assert read(ChatReader, [body]).failed == ("server", "server_error", None)


@pytest.mark.parametrize("text", ["![", "![](", "![](x ", "![](x(", "![]( <", "![](x())", "()", " "])
@pytest.mark.parametrize("begins", ["", "![", "![](", "![](x"])
def test_a_long_answer_of_brackets_is_read_in_one_go(begins: str, text: str) -> None:
    """Its links are looked for in time that grows with its length only; otherwise this would take hours."""
    content = begins + text * (1_000_000 // len(text))

    outcome = read(ChatReader, [document(content)], content_type=JSON)

    assert ("x()" in [url for _, url in outcome.links]) == (text == "![](x())")


def chat(message: Any, finish_reason: str = "stop") -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]}).encode()


DATA = "data:image/png;base64,QUJD"
PARTS: dict[str, tuple[Json, list[str], str | None]] = {
    "parts": (
        {"content": [{"type": "text", "text": "here"}, {"type": "image_url", "image_url": {"url": "https://x.org/a"}}]},
        ["https://x.org/a"],
        "here",
    ),
    "a bare URL": ({"content": [{"type": "image_url", "image_url": DATA}]}, [DATA], None),
    "beside the words": ({"content": "here", "images": [{"image_url": {"url": DATA}}]}, [DATA], "here"),
    "in Markdown": ({"content": f"![image]({DATA})"}, [DATA], None),
    "nonsense": ({"content": [7, None, [], {"text": 7, "image_url": {"url": {}}}]}, [], None),
}


@pytest.mark.parametrize(("message", "urls", "text"), PARTS.values(), ids=PARTS)
def test_content_may_come_in_parts(message: Json, urls: list[str], text: str | None) -> None:
    """Pictures that stand beside the words count as those in Markdown do."""
    outcome = read(ChatReader, [chat(message)], content_type=JSON)

    assert ([url for _, url in outcome.links], outcome.text) == (urls, text)


@pytest.mark.parametrize(
    ("message", "finish", "said"),
    [({"content": None, "refusal": "I will not"}, "stop", "I will not"), ({"content": ""}, "content_filter", "filter"),
     ({"content": [{"type": "refusal", "refusal": "I will not"}]}, "stop", "I will not")],
    ids=["refusal", "filter", "part"],
)  # fmt: skip
def test_a_refusal_alone_is_a_refusal(message: Json, finish: str, said: str) -> None:
    """Of the policy's kind; beside a picture or words it is a note."""
    alone = read(ChatReader, [chat(message, finish)], content_type=JSON)
    beside = read(ChatReader, [chat({**message, "images": [{"image_url": "https://x.org/a"}]}, finish)])

    assert alone.failed == ("policy", "content_filter", None)
    assert (beside.failed, len(beside.links)) == (None, 1)
    assert said in beside.notes[0]


def test_text_is_kept_up_to_a_limit() -> None:
    """What is gathered over a stream has an end, and a picture in it is no text."""
    picture = f"![image](data:image/png;base64,{'QUJD' * 400_000})"

    outcome = read(ChatReader, [stream_of(picture, *["and so on " * 10_000] * 30)])

    assert len(outcome.links[0][1]) > 1_600_000
    assert 900_000 < len(outcome.text or "") <= TEXT_LIMIT
    assert "rest is dropped" in outcome.notes[0]


def stream_of(*pieces: str) -> bytes:
    chunks = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)


def test_a_picture_of_many_megabytes_may_stand_in_a_link() -> None:
    """A document may be long where its strings are."""
    link = f"data:image/png;base64,{'QUJD' * 2_000_000}"

    assert read(ChatReader, [chat({"content": f"![image]({link})"})]).links == [(0, link)]
