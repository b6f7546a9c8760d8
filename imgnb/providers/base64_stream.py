"""Base64 decoded as it arrives, in blocks, so that neither the text nor the picture is ever whole in memory.

The network hands out 16 kB or less at a time; decoding, hashing and writing cost per call, so what comes is
collected into blocks of 256 kB first.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Callable
from typing import NoReturn

import pybase64

from .sse import StreamBroken

BLOCK = 256 * 1024 // 3 * 4
"How many characters are collected before they are decoded."

PICTURE_LIMIT = 200_000_000
"How many bytes a picture may have: more than any that a provider makes."

_WHITESPACE = b" \t\r\n\f\v"
_TOLERATED = string.ascii_letters.encode() + string.digits.encode() + b"+/" + _WHITESPACE
_DATA_URL = re.compile(rb"\s*data:[^,]{0,200};base64,")
_WRONG = re.compile(rb"[^A-Za-z0-9+/=\s]|=[=\s]*([^=\s])")


class Base64Decoder:
    """Decodes what it is fed and hands it to `write`.

    Whitespace anywhere, a leading `data:image/…;base64,` and left-out padding are tolerated. Padding may be left out
    whole, and only where the last character carries no stray bits: that is how encoders leave it out, while a text
    cut at random mostly has such bits.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.written = 0
        self._write = write
        self._held = bytearray()
        self._position = 0  # of the first held character in all that came
        self._padded = False

    def feed(self, data: bytes) -> None:
        """Take the next characters; raises StreamBroken, with the position, once a block holds something else."""
        self._held += data
        if len(self._held) >= BLOCK:
            self._decode()

    def close(self) -> int:
        """Write the rest and return how many bytes were written in all; raises StreamBroken when the text is cut."""
        self._decode()
        if self._held:
            self._tidy()
            self._pad()
            self._decode()
        return self.written

    def _decode(self) -> None:
        """Write all whole groups of four that are held."""
        if self._padded or not self._decode_held():
            self._tidy()
            if not self._decode_held():
                self._refuse("padding that does not fit", self._held.find(b"="))

    def _decode_held(self) -> bool:
        size = len(self._held) & ~3
        try:
            with memoryview(self._held) as view, view[:size] as whole:
                decoded = pybase64.b64decode(whole, validate=True)
        except binascii.Error:
            return False
        if size:
            self._padded = self._held[size - 1] == ord("=")
            self._position += size
            del self._held[:size]
            self.written += len(decoded)
            if self.written > PICTURE_LIMIT:
                raise StreamBroken(f"a picture has more than {PICTURE_LIMIT:,} bytes")
            self._write(decoded)
        return True

    def _tidy(self) -> None:
        """Drop what is tolerated among what is held, and refuse what is not."""
        prefix = _DATA_URL.match(self._held) if self._position == 0 else None
        if prefix:
            self._drop(self._held[prefix.end() :])
        # Looking for the place is slow, so first whether there is one.
        if self._held.translate(None, _TOLERATED) and (wrong := _WRONG.search(self._held)):
            self._refuse("a character that is not base64", wrong.end() - 1)
        self._drop(self._held.translate(None, _WHITESPACE))
        if self._padded and self._held:
            self._refuse("more text after its padding", 0)

    def _drop(self, kept: bytearray) -> None:
        self._position += len(self._held) - len(kept)
        self._held = kept

    def _pad(self) -> None:
        """Add the padding that an encoder left out, if it was an encoder that did."""
        tail = bytes(self._held)
        padded = tail + b"=" * (-len(tail) % 4)
        if b"=" in tail or len(tail) == 1 or pybase64.b64encode(pybase64.b64decode(padded)) != padded:
            self._refuse("an unfinished last group", 0)
        self._held += padded[len(tail) :]

    def _refuse(self, what: str, offset: int) -> NoReturn:
        shown = bytes(self._held[max(offset, 0) : offset + 12])
        where = f"at character {self._position + max(offset, 0):,}"
        raise StreamBroken(f"the base64 text has {what} {where}" + (f": {shown!r}" if shown else ""))
