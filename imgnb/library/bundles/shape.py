"""What may be in a bundle, by name: nothing else is ever looked at, so that no name leads out of the library."""

from __future__ import annotations

import re
import unicodedata

from ...errors import BundleRefused
from ...records.asset import EXTENSIONS

FORMAT = "imgnb-bundle"
VERSION = 1

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"
PAGE = "index.html"
NOTEBOOK = "notebook/"
"Below it lies the notebook that a pack brings, with its lock, and in `files/` the pictures that it reads from files."

_BLOB = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{64})\.([a-z0-9]{1,5})")
_THUMB = re.compile(r"thumbs/[0-9a-f]{64}\.(?:jpg|png)")
_FOLDER = re.compile(r"(?:blobs|thumbs|blobs/[0-9a-f]{2}|blobs/[0-9a-f]{2}/[0-9a-f]{2})/")
_PART = re.compile(r'(?!\.)[^/\\:*?"<>|]{1,200}(?<![. ])')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DEEPEST = 32
_HASH = re.compile(r"[0-9a-f]{64}")


def is_hash(text: object) -> bool:
    """Whether this is a SHA-256 in lower-case hex."""
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def blob_name(sha256: str, media_type: str) -> str:
    """Where a bundle holds the bytes with this hash."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}.{EXTENSIONS.get(media_type, 'bin')}"


def thumb_name(sha256: str, media_type: str) -> str:
    """Where a bundle holds the small copy of the picture with this hash."""
    return f"thumbs/{sha256}.{'png' if media_type == 'image/png' else 'jpg'}"


def check_name(name: str) -> str | None:
    """The hash of the blob that a member of this name is; None for one that is something else.

    Raises BundleRefused for a name that is none of a bundle's.
    """
    if found := _BLOB.fullmatch(name):
        first, second, sha256, _ = found.groups()
        if sha256.startswith(first + second):
            return sha256
    elif (
        name in (MANIFEST, RECORDS, PAGE)
        or _THUMB.fullmatch(name)
        or _FOLDER.fullmatch(name)
        or (name.startswith(NOTEBOOK) and is_relative(name.removesuffix("/")))
    ):
        return None
    raise BundleRefused(f"the bundle has a member {shown(name)}: {_fault(name)}", hint="nothing of it was unpacked")


def is_relative(name: str) -> bool:
    """Whether this names a file below a folder, with `/`, on any system, and not a hidden one."""
    parts = name.split("/")
    return len(parts) <= _DEEPEST and all(
        _PART.fullmatch(part) and not _DEVICE.fullmatch(part) and all(map(_is_plain, part)) for part in parts
    )


def shown(name: str) -> str:
    """A name that others have chosen, safe to print."""
    text = "".join(c if _is_plain(c) else "\ufffd" for c in name)
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _is_plain(letter: str) -> bool:
    return letter.isprintable() and unicodedata.category(letter) not in ("Cf", "Cs")


def _fault(name: str) -> str:
    parts = re.split(r"[/\\]", name)
    if "\0" in name:
        return "its name holds a NUL byte"
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "an absolute path"
    if ".." in parts:
        return "it leads out of the folder"
    if "\\" in name:
        return "its name holds a backslash"
    return "a bundle has none of that name"
