"""Event streams are taken apart alike wherever the network cuts them."""

import random
import tracemalloc

import pytest

from imgnb.providers.sse import LINE_LIMIT, End, SSEParser, StreamBroken

RECORDED = {
    "openai": b'event: image_generation.partial_image\ndata: {"b64_json":"QUJD"}\n\n'
    b'event: image_generation.completed\ndata: {"b64_json":"REVG","usage":{}}\n\n',
    "gateway with heartbeats, CRLF and [DONE]": b": ping\r\n\r\ndata:{}\r\n\r\n: ping\r\n\r\ndata: [DONE]\r\n\r\n",
    "old Macintosh": b"event: a\rdata: 1\rdata: 2\r\rdata: 3\r\r",
    "mixed line ends": b"data: 1\r\n\ndata: 2\n\r\ndata: 3\r\r\n\n\r",
    "byte order mark": b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: not a mark\n\n",
    "all fields": b"id: 7\nretry: 1500\nevent: x\ndata:  two spaces\nfoo: bar\ndatabase: no\ndata\ndata:\n\ndata: y\n\n",
    "event without data": b"event: x\nid: 1\n\ndata: z\n\n",
    "name after the data": b"data: 1\nevent: late\n\n",
    "bad retry and id": b"retry: soon\nid: a\0b\ndata: 1\n\n",
    "text": "event: ü\ndata: prompt “😀”\n\n".encode(),
    "left open": b"data: 1\n\nevent: x\ndata: 2\ndata: 3",
    "left open after a line": b"data: 1\n\ndata: 2\n",
    "cut in a field name": b"data: 1\n\ndat",
    "empty": b"",
}


def reference(body: bytes):
    """Whole events by the plainest reading of the standard."""
    events, name, last_id, data = [], None, None, []
    for raw in body.removeprefix(b"\xef\xbb\xbf").splitlines():
        field, _, value = raw.partition(b":")
        value = value.removeprefix(b" ")
        if not raw:
            if data:
                events.append((name, last_id, b"\n".join(data), True))
            name, data = None, []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode() or None
        elif field == b"id" and b"\0" not in value:
            last_id = value.decode()
    return [*events, (name, last_id, b"\n".join(data), False)] if data else events


def parsed(chunks):
    parser, events, data = SSEParser(), [], []
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)] + list(parser.close())
    for piece in pieces:
        if isinstance(piece, End):
            events.append((piece.event, piece.id, b"".join(data), piece.complete))
            data = []
        else:
            assert piece, "no fragment is empty"
            data.append(piece)
    return events


def in_pieces(body: bytes, size: int):
    return [body[i : i + size] for i in range(0, len(body), size)]


@pytest.mark.parametrize("body", RECORDED.values(), ids=RECORDED.keys())
def test_cutting_anywhere_changes_nothing(body):
    """A stream cut in two at any byte, or handed out byte by byte, brings the events that the whole brings."""
    wanted = reference(body)

    assert wanted == parsed([body])
    assert wanted == parsed(in_pieces(body, 1))
    assert all(wanted == parsed([body[:at], body[at:]]) for at in range(len(body)))


def test_random_streams_are_read_as_the_standard_reads_them():
    """Any row of lines and line ends, in any chunks, gives what the plain reference gives."""
    dice = random.Random(8)
    lines = [b"data: a", b"data:b", b"data", b"data:", b"event: e", b"id: 1", b": c", b":", b"", b"", b"x", b"data:  "]
    for _ in range(2000):
        body = b"".join(dice.choice(lines) + dice.choice([b"\n", b"\r", b"\r\n"]) for _ in range(dice.randrange(12)))

        assert reference(body) == parsed([body]) == parsed(in_pieces(body, dice.randrange(1, 9))), body


def test_name_is_known_while_data_comes():
    """The fragments of an event can be told by its name before the event is over."""
    parser = SSEParser()
    seen = [(parser.event, piece) for piece in parser.feed(b"event: partial\ndata: QUJD") if isinstance(piece, bytes)]

    assert seen == [("partial", b"QUJD")]


def test_long_line_flows_without_copies():
    """The inside of a long data line is handed on as the very chunk that came."""
    parser, chunk = SSEParser(), b"A" * 16384
    list(parser.feed(b"data: "))

    assert next(parser.feed(chunk)) is chunk


def test_comments_are_counted():
    """Heartbeats bring no events, but one can see that they came."""
    parser = SSEParser()

    assert list(parser.feed(b": a\n\n:\n\n: " + b"x" * 3 * LINE_LIMIT + b"\n")) == []
    assert parser.comments == 3


def test_retry_is_kept():
    """The wait that a server asks for is kept in milliseconds."""
    parser = SSEParser()
    list(parser.feed(b"retry: 1500\nretry: soon\n"))

    assert parser.retry == 1500


@pytest.mark.parametrize(
    ("body", "pending"),
    [(b"data: 1\n\n", False), (b"data: 1\n\n: hi", False), (b"event: x\n", True), (b"data: 1\n", True), (b"da", True)],
    ids=["ended", "comment", "name only", "data", "half a field"],
)
def test_open_event_is_pending(body, pending):
    """A stream that stops inside an event can be told from one that stops between events."""
    parser = SSEParser()
    list(parser.feed(body))

    assert pending is parser.pending


@pytest.mark.parametrize("size", [1, 1000, 10**6], ids=["byte by byte", "in chunks", "at once"])
def test_endless_field_is_refused(size):
    """A line that is neither data nor comment may not fill memory."""
    with pytest.raises(StreamBroken, match="longer than 65536 bytes"):
        parsed(in_pieces(b"event: " + b"x" * LINE_LIMIT, size))


def test_long_line_takes_no_memory():
    """A line of 20 MB leaves no more than a chunk behind."""
    parser, chunk = SSEParser(), b"A" * 16384
    list(parser.feed(b"data: "))
    tracemalloc.start()
    total = sum(len(piece) for _ in range(1280) for piece in parser.feed(chunk))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert total == 1280 * 16384
    assert peak < 100_000
