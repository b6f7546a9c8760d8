"""Bodies become documents and pictures, whatever their framing and wherever they are cut."""

import base64
import json
import random
import tracemalloc

import pytest

from imgnb.providers.picture_stream import DONE, Document, DocumentStream, Hint, StreamBroken

KEYS = frozenset({"b64_json", "partial_image_b64", "result"})
A, B = (random.Random(seed).randbytes(40) for seed in (1, 2))
TEXT_A, TEXT_B = base64.b64encode(A).decode(), base64.b64encode(B).decode()

SSE = (
    f": ping\r\n\r\nevent: image_generation.partial_image\r\ndata: {json.dumps({'i': 0, 'b64_json': TEXT_A})}\r\n\r\n"
    f"data: {json.dumps({'type': 'image_generation.completed', 'b64_json': TEXT_B, 'usage': {'n': 1}})}\r\n\r\n"
    "data:\r\n\r\ndata: [DONE]\r\n\r\n"
).encode()
SSE_DOCUMENTS = [
    Document("image_generation.partial_image", {"i": 0, "b64_json": 0}, (40,)),
    Document(None, {"type": "image_generation.completed", "b64_json": 0, "usage": {"n": 1}}, (40,)),
    Document(None, DONE),
]
PLAIN = json.dumps({"created": 1, "data": [{"b64_json": TEXT_A}, {"b64_json": TEXT_B}]}).encode()
PLAIN_DOCUMENTS = [Document(None, {"created": 1, "data": [{"b64_json": 0}, {"b64_json": 1}]}, (40, 40))]


def parsed(chunks, *, sse):
    pictures = []

    def open_sink(hint):
        pictures.append(bytearray())
        return pictures[-1].extend

    stream = DocumentStream(sse=sse, captured=KEYS, open_sink=open_sink)
    documents = [document for chunk in chunks for document in stream.feed(chunk)] + list(stream.close())
    return documents, pictures


@pytest.mark.parametrize("declared", [True, False], ids=["declared SSE", "declared JSON"])
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b"\r\n  "], ids=["", "mark", "spaces"])
@pytest.mark.parametrize(
    ("body", "documents"), [(SSE, SSE_DOCUMENTS), (PLAIN, PLAIN_DOCUMENTS)], ids=["is SSE", "is JSON"]
)
def test_body_is_read_as_what_it_is(body, documents, head, declared):
    """Whatever the content type says, and wherever the body is cut, its documents and pictures come out."""
    body = head + body
    cuts = [[body[i : i + 1] for i in range(len(body))], *([body[:at], body[at:]] for at in range(len(body)))]

    assert all((documents, [A, B]) == parsed(chunks, sse=declared) for chunks in cuts)


def test_last_event_needs_no_blank_line():
    """Some gateways end the stream right after the last data; whole JSON counts."""
    assert parsed([SSE.rstrip()], sse=True) == (SSE_DOCUMENTS, [A, B])


@pytest.mark.parametrize("sse", [True, False], ids=["SSE", "JSON"])
def test_cut_document_is_broken(sse):
    """A body that stops inside a document is never taken for a whole one."""
    body = (b"data: " if sse else b"") + PLAIN
    for at in range(1 + body.index(b"{"), len(body)):
        with pytest.raises(StreamBroken, match="cut"):
            parsed([body[:at]], sse=sse)


@pytest.mark.parametrize("body", [b"", b" \n"], ids=["nothing", "spaces"])
def test_empty_body_is_broken_json_and_an_empty_stream(body):
    """A stream may bring no event, but JSON must bring a document."""
    assert parsed([body], sse=True) == ([], [])
    with pytest.raises(StreamBroken, match="empty"):
        parsed([body], sse=False)


def test_text_that_is_no_json_is_shown():
    """An event that holds plain words is refused in a sentence that quotes them."""
    with pytest.raises(StreamBroken, match="upstream is busy"):
        parsed([b"event: error\ndata: upstream is busy\n\n"], sse=True)


def test_bad_base64_is_broken():
    """A picture that is no base64 breaks the stream where it stands."""
    with pytest.raises(StreamBroken, match="not base64 at character 4"):
        parsed([b'{"b64_json":"QUJD*UJD"}'], sse=False)


def test_pictures_can_be_skipped_by_their_hint():
    """Who opens sinks sees the event, the key and what came before, and may pass a picture over."""
    hints, kept = [], bytearray()

    def open_sink(hint):
        hints.append(hint)
        return kept.extend if hint.index else None

    stream = DocumentStream(sse=True, captured=KEYS, open_sink=open_sink)
    (document,) = stream.feed(f'event: e\ndata: {{"a":1,"result":"{TEXT_A}","b64_json":"{TEXT_B}"}}\n\n'.encode())

    assert Document("e", {"a": 1, "result": 0, "b64_json": 1}, (None, 40)) == document
    assert [
        Hint("e", "result", 0, b'{"a":1,"result":'),
        Hint("e", "b64_json", 1, b'{"a":1,"result":0,"b64_json":'),
    ] == hints
    assert kept == B


@pytest.mark.parametrize("skipped", [True, False], ids=["skipped", "written"])
def test_large_picture_takes_no_memory(skipped):
    """A data line of 20 MB in chunks of 16 kB never lies in memory."""
    stream = DocumentStream(sse=True, captured=KEYS, open_sink=lambda hint: None if skipped else len)
    list(stream.feed(b'event: image_generation.completed\ndata: {"b64_json":"'))
    chunk = b"QUJD" * 4096
    tracemalloc.start()
    for _ in range(1280):
        list(stream.feed(chunk))
    (document,) = stream.feed(b'"}\n\n')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (None if skipped else 1280 * 4096 * 3,) == document.captured
    assert peak < 2_000_000
