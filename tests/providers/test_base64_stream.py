"""Base64 is decoded alike wherever it is cut, and what is not base64 is refused."""

import base64
import random
import tracemalloc

import pytest

from imgnb.providers.base64_stream import BLOCK, Base64Decoder, StreamBroken

TOLERATED = {
    "empty": (b"", b""),
    "whole": (b"QUJD", b"ABC"),
    "padded once": (b"QUJDREU=", b"ABCDE"),
    "padded twice": (b"QUJDRA==", b"ABCD"),
    "padding left out": (b"QUJDREU", b"ABCDE"),
    "both left out": (b"QUJDRA", b"ABCD"),
    "lines": (b"QUJD\r\nREVG\r\nRw==\r\n", b"ABCDEFG"),
    "spaces in odd places": (b" Q U\tJ D\nRA = = \n", b"ABCD"),
    "data URL": (b"data:image/png;base64,QUJDRA==", b"ABCD"),
    "data URL with charset": (b" data:image/svg+xml;charset=utf-8;base64,QUJD", b"ABC"),
    "empty data URL": (b"data:image/png;base64,", b""),
    "only whitespace": (b" \n", b""),
}

REFUSED = {
    "one character left": (b"QUJDR", "unfinished last group at character 4: b'R'"),
    "cut with stray bits": (b"QUJDRV", "unfinished last group at character 4"),
    "half the padding": (b"QUJDRA=", "padding that does not fit|unfinished last group"),
    "padding where none fits": (b"QUJDR===", "padding that does not fit at character 5"),
    "padding only": (b"====", "padding that does not fit at character 0"),
    "more padding": (b"QUJDRA===", "after its padding|padding that does not fit|unfinished"),
    "text after padding": (b"QUJDRA==QUJD", "not base64 at character 8: b'QUJD'|after its padding at character 8"),
    "padding inside": (b"QU=DQUJD", "not base64 at character 3"),
    "foreign character": (b"QUJDREVG!UJD", "not base64 at character 8: b'!UJD'"),
    "URL alphabet": (b"QUJD-_JD", "not base64 at character 4"),
    "not ASCII": (b"QUJDQU\xc3\xa9", "not base64 at character 6"),
    "second data URL": (b"QUJDdata:image/png;base64,QUJD", "not base64 at character 8"),
}


def decoded(chunks):
    out = bytearray()
    decoder = Base64Decoder(out.extend)
    for chunk in chunks:
        decoder.feed(chunk)
    assert decoder.close() == len(out) == decoder.written
    return bytes(out)


def in_pieces(text: bytes, size: int):
    return [text[i : i + size] for i in range(0, len(text), size)]


def all_cuts(text: bytes):
    return [[text], in_pieces(text, 1), *([text[:at], text[at:]] for at in range(len(text)))]


@pytest.fixture(params=[BLOCK, 4, 5], ids=["whole blocks", "blocks of four", "blocks of five"])
def _block(request, monkeypatch):
    """Cuts between blocks fall elsewhere than cuts between chunks."""
    monkeypatch.setattr("imgnb.providers.base64_stream.BLOCK", request.param)


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize(("text", "wanted"), [case for case in TOLERATED.values() if b"data:" not in case[0]], ids=str)
def test_cutting_anywhere_changes_nothing(text, wanted):
    """Text cut in two at any character, or handed out one by one, is decoded as the whole."""
    assert all(wanted == decoded(chunks) for chunks in all_cuts(text))


@pytest.mark.parametrize(("text", "wanted"), TOLERATED.values(), ids=TOLERATED.keys())
def test_usual_liberties_are_tolerated(text, wanted):
    """Line ends, a data URL's head and left-out padding do not matter."""
    assert all(wanted == decoded(chunks) for chunks in all_cuts(text))


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_base64_is_refused(text, message):
    """Text that is cut or holds something else is refused, with the position."""
    for chunks in all_cuts(text):
        with pytest.raises(StreamBroken, match=message):
            decoded(chunks)


def test_position_counts_what_was_dropped():
    """Line ends and a data URL's head in earlier blocks count in the position of a bad character."""
    start = b"data:image/png;base64," + b"QUJD\r\n" * BLOCK

    with pytest.raises(StreamBroken, match=f"not base64 at character {len(start):,}: b'!'"):
        decoded([*in_pieces(start, 16384), b"!"])


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("text", [text for text, _ in REFUSED.values()], ids=REFUSED.keys())
def test_refusal_does_not_depend_on_blocks(text):
    """Whatever the blocks, what is not base64 is refused."""
    for chunks in all_cuts(text):
        with pytest.raises(StreamBroken):
            decoded(chunks)


def test_random_pictures_are_decoded_as_the_standard_library_decodes_them():
    """Bytes of any length, in chunks of any size, come back."""
    dice = random.Random(5)
    for length in [*range(70), BLOCK, BLOCK + 1, 3 * BLOCK - 1]:
        picture = dice.randbytes(length)
        text = base64.b64encode(picture)
        for encoded in (text, text.rstrip(b"="), base64.encodebytes(picture), b"data:image/png;base64," + text):
            assert picture == decoded(in_pieces(encoded, dice.randrange(1, 20 + length // 5)))


def test_writes_are_few_and_large():
    """However small the chunks, what is written comes in blocks."""
    sizes = []
    decoder = Base64Decoder(lambda data: sizes.append(len(data)))
    for _ in range(BLOCK):
        decoder.feed(b"QUJD")
    decoder.close()

    assert sizes == [BLOCK // 4 * 3] * 4


@pytest.mark.parametrize(
    ("chunk", "times"),
    [(b"QUJD" * 4096, 1280), (b"QUJD" * 19 + b"\n", 50_000), (b"A", 400_000), (b"\n", 400_000)],
    ids=["16 kB", "wrapped", "byte by byte", "only line ends"],
)
def test_long_text_takes_no_memory(chunk, times):
    """However much flows by, no more than a few blocks are held."""
    decoder = Base64Decoder(len)
    tracemalloc.start()
    for _ in range(times):
        decoder.feed(chunk)
    decoder.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert decoder.written == len(chunk.strip()) * times // 4 * 3
    assert peak < 2_000_000
