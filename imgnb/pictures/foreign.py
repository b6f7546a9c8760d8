"""What bytes are that should have been a picture, in words a person can act on."""

from __future__ import annotations

import codecs
import re

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"II+\0", "a TIFF picture"),
    (b"MM\0+", "a TIFF picture"),
    (b"\0\0\1\0", "an icon"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"RIFF", "a RIFF file that is not WebP"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_BRANDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture", b"heic": "a HEIC picture", b"heix": "a HEIC picture"}
_BRANDS |= {b"mif1": "a HEIF picture", b"msf1": "a HEIF picture"}
_ASK_FOR_PNG = "imgnb reads PNG, JPEG, WebP, GIF and SVG: ask for output_format png, jpeg or webp, or convert it first"
_CONVERT = "imgnb takes PNG, JPEG, WebP, GIF, SVG, BMP, TIFF, HEIC and AVIF: convert it to PNG first"
_ENCODED = "the bytes are still encoded: decode the base64 first"
_EMPTY = "the answer was empty; ask for the picture again"
_WORDS = "the provider sent words where a picture belongs: its answer is in the generation's record"
_OF_PEOPLE = {_ASK_FOR_PNG: _CONVERT, _EMPTY: "the file is empty: give one with a picture", _WORDS: _CONVERT}
"What to do about it where a person gave the bytes."


def looks_like(head: bytes, foreign: bool = False) -> tuple[str, str]:
    """Return what the bytes look like ("an HTML page", "JSON", "text") and what to do about it.

    `foreign` says that a person gave them, not a provider.
    """
    what, hint = _looks_like(head)
    return what, (_OF_PEOPLE.get(hint, hint) if foreign else hint)


def _looks_like(head: bytes) -> tuple[str, str]:
    if not head:
        return "nothing at all", _EMPTY
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video"), _ASK_FOR_PNG
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name, _ASK_FOR_PNG
    text = _as_text(head)
    if text is None:
        return f"bytes of an unknown kind, beginning {head[:8].hex(' ')}", _ASK_FOR_PNG
    return _text(text)


def _as_text(head: bytes) -> str | None:
    try:
        # Not final: the last character may be cut in two.
        text, _ = codecs.utf_8_decode(head.removeprefix(codecs.BOM_UTF8), "strict", False)
    except UnicodeDecodeError:
        return None
    control = sum(character < " " and character not in "\t\n\r\f\x1b" for character in text)
    return None if control else text.lstrip()


def _text(text: str) -> tuple[str, str]:
    start = re.sub(r"\A(?:<!--.*?-->\s*)+", "", text, flags=re.DOTALL)[:1024].lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script", "<title")):
        return "an HTML page", "a login, proxy or error page answered in the API's place: check the route's base URL"
    if start.startswith(("{", "[")):
        return "JSON", _WORDS
    if start.startswith("data:image/"):
        return "a data URL", _ENCODED
    if start.startswith(("ivborw0kggo", "/9j/", "uklgr", "r0lgod")):
        return "a picture in base64", _ENCODED
    if start.startswith("<"):
        return "XML or HTML", "check the route's base URL, and that the answer is a picture"
    return "text", _WORDS
