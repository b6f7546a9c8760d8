"""JSON is read alike wherever it is cut, and its long strings never stay in memory."""

import json
import random
import tracemalloc

import pytest

from imgnb.providers.json_stream import CAPTURED_LIMIT, DOCUMENT_LIMIT, SKELETON_LIMIT, JSONStream, StreamBroken

KEYS = frozenset({"b64_json", "result"})

RECORDED = {
    "images": '{"created":1,"data":[{"b64_json":"QUJD","revised_prompt":"a"},{"b64_json":"REVG"}],"usage":{"n":1.5e3}}',
    "whitespace": ' {\r\n\t"b64_json" \n:\t "QUJD" , "x" : [ ] }\n',
    "picture first": '{"b64_json":"QUJD","type":"image_generation.completed"}',
    "response": '{"type":"x","item":{"type":"image_generation_call","result":"QUJD","status":"completed"}}',
    "no strings": '{"b64_json":null,"result":[{"b64_json":5,"result":{"b64_json":true}}]}',
    "strings in a list": '{"b64_json":["QUJD","REVG"],"result":"R0hJ"}',
    "empty string": '{"data":[{"b64_json":"","url":"https://x/y.png"}]}',
    "key in a text": r'{"prompt":"say \"b64_json\":\"QUJD\" or \\","b64_json":"REVG","p":"b64_json","q":":"}',
    "key as a value": '["b64_json","result",{"a":"b64_json","b":"c"}]',
    "escapes": r'{"b64_json":"\/\u002b\u003D\n\r\t\b\f\"\\\\\/\\u0041\u00e9","a":"\/\u00e9\\"}',
    "slashes of PHP": r'{"b64_json":"A\/B\/\/C\\\/D\\/"}',
    "plus of .NET": r'{"b64_json":"A\u002BB\u002B=\\u002B"}',
    "surrogates": r'{"b64_json":"\ud83d\ude00 \ud83d \ude00 \ud83d\n\ud83d\ud83d\ude00\ud83d\\"}',
    "rows of backslashes": '{"b64_json":"' + "\\" * 30 + 'u0041","a":"' + "\\" * 31 + '""}',
    "escaped key": r'{"b64\u005fjson":"QUJD","b64_jso\u006e":"REVG","b64_json\u0020":"x"}',
    "same key twice": '{"b64_json":"QUJD","b64_json":"REVG"}',
    "unicode": '{"b64_json":"ü😀é","prompt":"Schöne 😀"}',
    "bare values": "12",
    "bare string": '"b64_json"',
}


class Text:
    """Keeps what a sink was fed."""

    def __init__(self):
        self.text, self.closed = b"", False

    def feed(self, data):
        assert data, "no fragment is empty"
        self.text += data

    def close(self):
        self.closed = True


def reference(text: str):
    """The same by json.loads: the document, and the captured strings in the order of the text."""
    captured = []

    class Pairs(list):
        pass

    def walk(value):
        if isinstance(value, Pairs):
            return {key: capture(item) if key in KEYS else walk(item) for key, item in value}
        return [walk(item) for item in value] if isinstance(value, list) else value

    def capture(item):
        if not isinstance(item, str) or not item:
            return walk(item)
        captured.append(item.encode("utf-8", "surrogatepass"))
        return len(captured) - 1

    return walk(json.loads(text, object_pairs_hook=Pairs)), captured


def parsed(chunks):
    sinks = []

    def open_sink(key, index, before):
        assert index == len(sinks)
        sinks.append(Text())
        return sinks[-1]

    stream = JSONStream(KEYS, open_sink)
    for chunk in chunks:
        stream.feed(chunk)
    value = stream.close()
    assert all(sink.closed for sink in sinks)
    return value, [sink.text for sink in sinks]


def in_pieces(body: bytes, size: int):
    return [body[i : i + size] for i in range(0, len(body), size)]


def skipping(body: bytes):
    stream = JSONStream(KEYS, lambda key, index, before: None)
    for chunk in in_pieces(body, 16384):
        stream.feed(chunk)
    return stream


@pytest.mark.parametrize("text", RECORDED.values(), ids=RECORDED.keys())
def test_cutting_anywhere_changes_nothing(text):
    """A document cut in two at any byte, or handed out byte by byte, is the document that json.loads reads."""
    wanted, body = reference(text), text.encode()

    assert wanted == parsed([body])
    assert wanted == parsed(in_pieces(body, 1))
    assert all(wanted == parsed([body[:at], body[at:]]) for at in range(len(body)))


class Dice(random.Random):
    """Throws JSON documents of all shapes."""

    words = (
        "a",
        "é",
        r"\/",
        r"\\",
        r"\"",
        r"\n",
        r"\u003d",
        r"\u0041",
        r"\ud83d\ude00",
        r"\ud83d",
        r"\ude00",
        "😀",
        "+",
    )
    traps = ("u0041", r"\\u0041", "{", ":", ",", "b64_json", r"\"b64_json\":\"")
    keys = ('"b64_json"', '"result"', r'"b64\u005fjson"', '"type"', '"b64_jso"')

    def space(self):
        return self.choice(["", "", "", " ", "\n\t ", "\r\n"])

    def text(self):
        return '"' + "".join(self.choices(self.words + self.traps, k=self.choice([0, 1, 3, 9]))) + '"'

    def key(self):
        return self.choice([*self.keys, self.text()])

    def value(self, depth=4):
        if depth < 4 and (not depth or self.random() < 0.4):
            return self.choice([self.text(), self.text(), "null", "true", "-1.5e3", "0"])
        between, items = self.space() + "," + self.space(), range(self.randrange(1 if depth < 4 else 2, 5))
        if self.random() < 0.4:
            return "[" + between.join(self.value(depth - 1) for _ in items) + self.space() + "]"
        colon = self.space() + ":" + self.space()
        return "{" + between.join(self.key() + colon + self.value(depth - 1) for _ in items) + self.space() + "}"


def test_random_documents_are_read_as_json_loads_reads_them():
    """Any document, in chunks of any size, gives what json.loads gives."""
    dice = Dice(3)
    for _ in range(1500):
        text = dice.space() + dice.value() + dice.space()
        wanted, body = reference(text), text.encode()

        assert all(wanted == parsed(in_pieces(body, size)) for size in (len(body), 1, dice.randrange(2, 40))), text


def test_damaged_documents_are_refused_or_read_alike():
    """A document with a byte lost, added or cut off is broken exactly where json.loads finds it broken."""
    dice = Dice(4)
    for _ in range(1500):
        text, mark = dice.value(), dice.choice(['"', "\\", ":", ",", "{", ""])
        at = dice.randrange(len(text))
        text = dice.choice([text[:at] + mark + text[at:], text[:at] + text[at + 1 :], text[:at]])
        body = text.encode()
        try:
            wanted = reference(text)
        except ValueError:
            wanted = None
        for size in (len(body) + 1, 1, dice.randrange(2, 40)):
            try:
                read = parsed(in_pieces(body, size))
            except StreamBroken:
                read = None
            assert wanted == read, text


def test_sink_is_chosen_by_what_came_before():
    """Whoever opens a sink is told the key, the index and the document up to there."""
    told = []
    stream = JSONStream(KEYS, lambda *place: told.append(place))
    stream.feed(b'{"type":"x.partial_image","b64_json":"QUJD","data":{"result":"REVG"}}')

    assert told == [
        ("b64_json", 0, b'{"type":"x.partial_image","b64_json":'),
        ("result", 1, b'{"type":"x.partial_image","b64_json":0,"data":{"result":'),
    ]


def test_empty_string_opens_no_sink():
    """A gateway's `"b64_json": ""` beside a URL stays an empty string."""
    assert parsed([b'{"b64_json": "", "url": "u"}']) == ({"b64_json": "", "url": "u"}, [])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"b64_json":"QUJD', "cut inside a string, after 17 bytes"),
        (b'{"b64_json":"QUJD\\', "cut inside a string"),
        (b'{"b64_json":"QUJD"', "cut after 18 bytes"),
        (b"<html>bad gateway</html>", "broken .*<html>bad gateway"),
        (b"", "cut after 0 bytes"),
        (b'{"b64_json":"\\x"}', "bad escape"),
        (b'{"b64_json":"\\u12"}', "bad escape"),
        (b'{"a":"\xff"}', "cannot be read"),
        (b"[" * 200_000, "cannot be read"),
        (b"9" * 5000, "cannot be read"),
    ],
    ids=["in a picture", "in an escape", "after it", "HTML", "nothing", "escape", "hex", "not UTF-8", "deep", "digits"],
)
def test_broken_document_says_where(body, message):
    """What is no JSON document is refused in one sentence."""
    with pytest.raises(StreamBroken, match=message):
        parsed([body])


@pytest.mark.parametrize(
    "body",
    [b'{"prompt":"' + b"A" * DOCUMENT_LIMIT + b'"}', b"[" * (SKELETON_LIMIT + 1), b" " * (SKELETON_LIMIT + 1)],
    ids=["text", "brackets", "spaces"],
)
def test_skeleton_is_bounded(body):
    """Only captured strings may be large."""
    with pytest.raises(StreamBroken, match="beside its pictures"):
        skipping(body)


def test_number_of_captured_strings_is_bounded():
    """A document of endless small pictures is refused before it has opened endless sinks."""
    with pytest.raises(StreamBroken, match="more than 256 strings under 'result'"):
        skipping(b"[" + b'{"result":"QUJD"},' * (CAPTURED_LIMIT + 1))


@pytest.mark.parametrize(("text", "size"), [(b"QUJD" * 4096, 16384), (b"A\\/\\u002B" * 2048, 16384), (b"QUJD", 1)])
@pytest.mark.parametrize("skipped", [True, False], ids=["skipped", "taken"])
def test_long_string_takes_no_memory(text, size, skipped):
    """Megabytes flow by, in chunks or byte by byte, and little is held."""

    class Counter:
        length = 0

        def feed(self, data):
            self.length += len(data)

        def close(self):
            pass

    counter = Counter()
    stream = JSONStream(KEYS, lambda key, index, before: None if skipped else counter)
    stream.feed(b'{"b64_json":"')
    chunks, times = in_pieces(text, size), (20_000_000 if size > 1 else 400_000) // len(text)
    tracemalloc.start()
    for _ in range(times):
        for chunk in chunks:
            stream.feed(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    stream.feed(b'"}')

    assert stream.close() == {"b64_json": 0}
    assert counter.length == (0 if skipped else len(json.loads(b'"%b"' % text)) * times)
    assert peak < 200_000
