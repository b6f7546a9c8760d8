"""An asset: a stored picture, as a frozen value that knows where its bytes lie and nothing of SQL.

What takes the library to answer (labels, relatives, the recipe) is asked of whoever has it open: see `door.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import BYTES_GONE, AssetNotFound, ImgnbWarning, LibraryError, RequestInvalid
from .door import door
from .shown import Shown

if TYPE_CHECKING:
    from PIL.Image import Image

    from .generation import Generation
    from .labels import Labels
    from .lineage import Lineage

METADATA = ("full", "none")
"What a copy can say of itself; without either, it says what the exact bytes say."

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "image/bmp": "bmp",
    "image/tiff": "tif",
    "image/heic": "heic",
    "image/avif": "avif",
    "application/octet-stream": "bin",
}
MEDIA_TYPES = {f".{extension}": kind for kind, extension in EXTENSIONS.items() if extension != "bin"}
MEDIA_TYPES |= {".jpeg": "image/jpeg", ".tiff": "image/tiff", ".heif": "image/heic"}
"What the ending of a file's name says of its bytes."


@dataclass(frozen=True)
class Asset(Shown):
    """A stored picture, named by the SHA-256 of its bytes, which are exactly those the provider sent."""

    sha256: str
    media_type: str
    byte_count: int
    width: int | None
    "Pixels; None where the bytes could not be read as a picture."
    height: int | None
    has_alpha: bool | None
    frames: int | None
    created_at: str
    "UTC, ISO 8601."
    root: Path = field(repr=False, compare=False)
    "The library's folder."
    alt: str = field(default="", repr=False, compare=False)
    "What to say of it where it cannot be seen: by default the prompt that made it."
    url: str | None = field(default=None, repr=False, compare=False)
    "Where the provider published it, if it did; such links live for hours."
    call_id: str | None = field(default=None, repr=False, compare=False)
    "The image generation call of a conversation that made it."
    changed: float | None = field(default=None, repr=False, compare=False)
    "Of an edit: the share of pixels that differ from its base, 0 to 1."
    drift: float | None = field(default=None, repr=False, compare=False)
    "Of a masked edit: the share of the protected pixels that differ from its base, 0 to 1."
    source: str = field(default="", repr=False, compare=False)
    "Of a picture that no provider sent: what it was given as, or what it was made of here, and how."
    trashed: bool = field(default=False, repr=False, compare=False)
    "Whether it lay in the trash when it was looked up."

    @property
    def path(self) -> Path:
        """Where the bytes lie in the library. They must not be changed there; `save` makes a copy."""
        return blob_path(self.root, self.sha256, self.media_type)

    @property
    def bytes(self) -> bytes:
        """The bytes as the provider sent them."""
        return self._found.read_bytes()

    @property
    def image(self) -> Image:
        """The picture, decoded, as a PIL image (its array has the shape (height, width, channels)).

        Raises ProtocolBroken when the bytes are not a picture or claim more pixels than imgnb decodes.
        """
        from ..pictures import decode
        from ..pictures.foreign_headers import FOREIGN

        return decode(self._found, foreign=self.media_type in FOREIGN)

    @property
    def upright(self) -> Image:
        """The picture, decoded, turned as EXIF asks for: as people see it."""
        from ..pictures.upright import orientation, upright

        image = self.image
        return upright(image, orientation(image))

    def save(self, path: str | Path, metadata: Literal["full", "none"] | None = None) -> Path:
        """Write a copy to `path` and return it; a folder gets the name `<first 12 of the hash>.<ext>`.

        Without `metadata` it is exact. "full" says in the copy how it was made: prompt, parameters, model, route, hash, ids,
        and the IPTC's digital source type; "none" says nothing. Beside that, both hold only what shows the picture: what others
        wrote into it (EXIF with places, comments, workflows) and a C2PA manifest, which seals the exact bytes, are left out.
        Pixels stay as they are. Nothing is half written: the file appears when it is whole. An ImgnbWarning says so where
        the name ends as another format does.

        Raises LibraryError for a target in the library's folder, RequestInvalid for one that ends in a slash and is no
        folder, and, with `metadata`, for a format other than PNG, JPEG and WebP; AssetNotFound where no generation made it
        and "full" has nothing to say, ProtocolBroken for a picture that breaks off.
        """
        from ..files.whole import whole_file
        from .targets import target_of

        target = target_of(path, self.root, f"{self.sha256[:12]}{self.path.suffix}")
        self._warn_of(target)
        with whole_file(target) as temporary:
            self._copy(temporary, metadata)
        return target

    def _warn_of(self, target: Path) -> None:
        """Bytes stay what they are, whatever the name says."""
        import warnings

        named = MEDIA_TYPES.get(target.suffix.lower())
        if named is not None and named != self.media_type:
            warnings.warn(
                f"{target.name} is {self.media_type}, not {named}: a copy has the bytes of the picture, "
                f"whose ending is {self.path.suffix}; asset.image.save({target.name!r}) would convert it",
                ImgnbWarning, stacklevel=3,
            )  # fmt: skip

    def _copy(self, target: Path, metadata: str | None) -> None:
        import shutil

        from ..pictures.metadata_writing import with_record, without_metadata
        from .copies import record_of

        if metadata not in (None, *METADATA):
            raise RequestInvalid(f"metadata is {metadata!r}", hint=f"use {', '.join(METADATA)}", param="metadata")
        if metadata is None:
            shutil.copyfile(self._found, target)
        elif metadata == "none":
            target.write_bytes(without_metadata(self.bytes))
        else:
            target.write_bytes(with_record(self.bytes, record_of(self)))

    @property
    def labels(self) -> Labels:
        """Its names, tags, stars and notes, as they are now."""
        return door(self.root).labels(self)

    @property
    def parents(self) -> tuple[Asset, ...]:
        """What it was made of: references, pictures of the turn that was gone on from, what it was derived from."""
        return tuple(door(self.root).parents(self))

    @property
    def children(self) -> tuple[Asset, ...]:
        """What was made of it."""
        return tuple(door(self.root).children(self))

    def ancestors(self) -> list[Asset]:
        """Everything that it goes back to, the nearest first."""
        return door(self.root).ancestors(self)

    def descendants(self) -> list[Asset]:
        """Everything that goes back to it, the nearest first."""
        return door(self.root).descendants(self)

    def lineage(self, *, limit: int = 60) -> Lineage:
        """The nearest of its relatives and how they hang together; it prints as a tree."""
        return door(self.root).lineage(self, limit=limit)

    def recipe(self, kind: Literal["magic", "python"] = "magic") -> str:
        """How to ask for it once more: the text of a cell, or a line of Python.

        Raises AssetNotFound when no generation made it.
        """
        from .recipe import recipe

        library = door(self.root)
        made_by = library.generation(f"@{self.sha256}")
        original = any(self.sha256 == asset.sha256 for asset in made_by.originals)
        return recipe(made_by, kind, () if original else library.made_as(self))

    def remix(self, prompt: str | None = None, **changes: Any) -> Generation:
        """Ask for it anew, with another prompt, or parameters and options changed. Raises AssetNotFound as `recipe` does."""
        library = door(self.root)
        return library.remix(library.generation(f"@{self.sha256}"), prompt, changes)

    @property
    def _found(self) -> Path:
        if not self.path.is_file():
            raise AssetNotFound(f"the bytes of asset {self.sha256[:12]} are not in {self.root}", hint=BYTES_GONE)
        return self.path

    def __repr__(self) -> str:
        size = f" {self.width}x{self.height}" if self.width else ""
        return f"<Asset {self.sha256[:12]} {self.media_type}{size} {self.byte_count} bytes>"

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return {
            "sha256": self.sha256,
            "media_type": self.media_type,
            "bytes": self.byte_count,
            "width": self.width,
            "height": self.height,
            "has_alpha": self.has_alpha,
            "frames": self.frames,
            "created_at": self.created_at,
            "path": str(self.path),
            **({"url": self.url} if self.url else {}),
            **({"call_id": self.call_id} if self.call_id else {}),
            **({"changed": self.changed} if self.changed is not None else {}),
            **({"drift": self.drift} if self.drift is not None else {}),
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from ..pictures import bundle

        return bundle([self], alt=self.alt or f"imgnb asset {self.sha256[:12]}", facts={"assets": [self.sha256]})


def blob_path(root: Path, sha256: str, media_type: str) -> Path:
    """Where the bytes with this digest and media type lie below the library's folder, and nowhere else."""
    if not (len(sha256) == 64 and sha256.isalnum()):
        raise LibraryError(f"{sha256!r} is no hash, though the library names a picture so", hint="do not trust it")
    return root / "blobs" / sha256[:2] / sha256[2:4] / f"{sha256}.{EXTENSIONS.get(media_type, 'bin')}"
