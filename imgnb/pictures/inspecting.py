"""Everything that a picture file says of itself, read without decoding a pixel and without asking anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import RequestInvalid
from .manifests import Manifest, manifest
from .metadata import Told, original, told_by
from .metadata_texts import source_type, texts
from .probe import Picture, probe

EXIF = ("description", "make", "camera", "software", "exif")
"Keywords under which the texts of EXIF are given."


@dataclass(frozen=True)
class Inspected:
    """A file, and what it says."""

    path: Path
    picture: Picture
    byte_count: int
    sha256: str
    told: Told | None
    "How it was made, in the words of the program that made it."
    original: str | None
    "The hash of the picture that it is a copy of, as it says."
    source_type: str | None
    "The IPTC's digital source type, of its XMP; an address."
    manifest: Manifest | None
    texts: Mapping[str, str] = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain JSON values; nothing is cut."""
        seen = asdict(self.picture)
        told = None if self.told is None else {**asdict(self.told), "params": dict(self.told.params)}
        others = {name: text for name, text in self.texts.items() if name not in (*EXIF, "xmp")}
        return {
            "path": str(self.path),
            **seen,
            "bytes": self.byte_count,
            "sha256": self.sha256,
            "made_by": told,
            "original": self.original,
            "digital_source_type": self.source_type,
            "c2pa": None if self.manifest is None else _plain(self.manifest),
            "exif": {name: self.texts[name] for name in EXIF if name in self.texts},
            "xmp": self.texts.get("xmp"),
            "texts": others,
        }


def inspected(path: Path) -> Inspected:
    """What the file says. Raises RequestInvalid where there is no file, ProtocolBroken for what is no picture."""
    if not path.is_file():
        raise RequestInvalid(
            f"there is no file {str(path)!r}", hint="give pictures; a folder is searched by your shell: folder/*"
        )
    try:
        picture, found = probe(path, None, foreign=True), texts(path)
        return Inspected(
            path, picture, path.stat().st_size, _hash(path), told_by(found), original(found), source_type(found),
            manifest(path, picture.media_type), found,
        )  # fmt: skip
    except OSError as exc:
        raise RequestInvalid(f"{path} cannot be read: {exc.strerror}", hint="look who may read it") from exc


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(manifest: Manifest) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(manifest).items()}
