"""C2PA manifests: whether a file carries one, and what it says, read by c2pa-python where that is installed.

Nothing is fetched: neither a manifest that lies elsewhere, nor lists of whom to trust, nor whether a certificate was
taken back. So a valid signature says that nothing was changed since, and not who is to be believed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

INSTALL = "pip install 'imgnb[provenance]' reads it"
MOST_BYTES = 512 * 1024**2
"Bytes of a file that is given to c2pa-python."
_LONGEST = 16 * 1024**2
_MOST_BLOCKS = 65_536
_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False},
    "core": {"allowed_network_hosts": [], "allow_redirects": False},
}


@dataclass(frozen=True)
class Manifest:
    """What is known of a file's manifest."""

    state: str
    "Valid or Invalid; unread where it could not be read, and `note` says why."
    generator: str = ""
    issuer: str = ""
    "Who signed, by the certificate, which nobody has vouched for."
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    "Codes of what does not hold: a hash that differs, a signature that is not right."
    note: str = ""
    store: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    "All that c2pa-python says."


def manifest(path: Path, media_type: str) -> Manifest | None:
    """The manifest of a picture; None where it carries none."""
    if path.stat().st_size > MOST_BYTES:
        return Manifest("unread", note=f"more than {MOST_BYTES:,} bytes are not looked through")
    try:
        import c2pa
    except ImportError:
        return Manifest("unread", note=f"a manifest is there; {INSTALL}") if carries_one(path) else None
    try:
        with (
            path.open("rb") as file,
            c2pa.Context.from_dict(_SETTINGS) as context,
            c2pa.Reader(media_type, file, context=context) as reader,
        ):
            said = reader.json()
    except c2pa.C2paError as exc:
        return _unread(exc, path)
    return _manifest(said)


def carries_one(path: Path) -> bool:
    """Whether a manifest stands in a PNG, JPEG or WebP, by the names of its blocks alone."""
    with path.open("rb") as file:
        head = file.read(12)
        walk = _png if head.startswith(b"\x89PNG") else _jpeg if head.startswith(b"\xff\xd8") else _webp
        known = head.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
        try:
            return known and any(walk(file))
        except struct.error:
            return False


def _unread(error: Exception, path: Path) -> Manifest | None:
    name = type(error).__name__
    if name.endswith(("ManifestNotFound", "NotSupported")) and not carries_one(path):
        return None
    if name.endswith("RemoteManifest") or str(error).startswith("Remote"):
        return Manifest("unread", note="its manifest lies on a server, which is not asked")
    return Manifest("unread", note=f"a manifest is there that cannot be read: {str(error)[:300]}")


def _manifest(said: str) -> Manifest:
    store = json.loads(said) if len(said) <= _LONGEST else {}
    if not store:
        return Manifest("unread", note=f"a manifest is there of more than {_LONGEST:,} characters")
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    done = list(_actions(active))
    made_with = active.get("claim_generator_info") or [{"name": active.get("claim_generator", "")}]
    results = store.get("validation_results", {}).get("activeManifest", {})
    return Manifest(
        state=str(store.get("validation_state", "unread")),
        generator=" ".join(str(made_with[0].get(name, "")) for name in ("name", "version")).strip(),
        issuer=str(active.get("signature_info", {}).get("issuer", "")),
        actions=tuple(str(action.get("action")) for action in done),
        source_types=tuple(str(action["digitalSourceType"]) for action in done if "digitalSourceType" in action),
        failures=tuple(str(failure.get("code")) for failure in results.get("failure", [])),
        store=store,
    )


def _actions(active: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What was done, as the maker says; other assertions may hold anything."""
    for one in active.get("assertions", []):
        if str(one.get("label", "")).startswith("c2pa.actions") and isinstance(one.get("data"), dict):
            yield from (action for action in one["data"].get("actions", []) if isinstance(action, dict))


def _png(file: BinaryIO) -> Iterator[bool]:
    file.seek(8)
    for _ in range(_MOST_BLOCKS):
        length, name = struct.unpack(">I4s", file.read(8))
        yield name == b"caBX"
        file.seek(length + 4, 1)


def _jpeg(file: BinaryIO) -> Iterator[bool]:
    file.seek(2)
    for _ in range(_MOST_BLOCKS):
        marker, length = struct.unpack(">HH", file.read(4))
        if marker in (0xFFDA, 0xFFD9) or marker < 0xFF00 or length < 2:
            return
        yield marker == 0xFFEB and b"jumb" in file.read(min(64, length - 2))
        file.seek(0 if marker != 0xFFEB else -min(64, length - 2), 1)
        file.seek(length - 2, 1)


def _webp(file: BinaryIO) -> Iterator[bool]:
    file.seek(12)
    for _ in range(_MOST_BLOCKS):
        name, length = struct.unpack("<4sI", file.read(8))
        yield name == b"C2PA"
        file.seek(length + (length & 1), 1)
