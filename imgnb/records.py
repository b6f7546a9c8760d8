"""What the library gives back: generations and assets, as frozen values.

They know where the bytes lie and nothing of SQL. The library makes them; everybody may read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import BYTES_GONE, AssetNotFound, LibraryError

if TYPE_CHECKING:
    from PIL.Image import Image

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


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Asset:
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
        from .pictures import decode
        from .pictures.foreign_headers import FOREIGN

        return decode(self._found, foreign=self.media_type in FOREIGN)

    def save(self, path: str | Path) -> Path:
        """Write an exact copy of the bytes to `path` and return it; a folder gets the name `<first 12 of the hash>.<ext>`.

        Nothing is half written: the file appears under its name when it is whole.
        """
        import os
        import shutil

        target = Path(path).expanduser()
        if target.is_dir():
            target = target / f"{self.sha256[:12]}{self.path.suffix}"
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(self._found, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return target

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
        from .pictures import bundle

        return bundle([self], alt=self.alt or f"imgnb asset {self.sha256[:12]}", facts={"assets": [self.sha256]})


@dataclass(frozen=True)
class Input:
    """A picture that went into a generation: in which role, and as what the user named it.

    `sent` is the hash of its conversion, where the route was given that in its stead.
    """

    asset: Asset
    role: str
    source: str = ""
    sent: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        sent = {"sent": self.sent} if self.sent else {}
        return {**self.asset.to_dict(), "role": self.role, "source": self.source, **sent}


@dataclass(frozen=True)
class AttemptRecord:
    """One HTTP call of a generation, as it went."""

    number: int
    route: str
    endpoint: str
    started_at: str
    base_url: str = ""
    seconds: float | None = None
    status: int | None = None
    error_kind: str | None = None
    error_message: str | None = None
    retry_reason: str | None = None
    wait: float = 0.0
    request_id: str | None = None
    streamed: bool | None = None


@dataclass(frozen=True)
class Generation:
    """A request's life in the library. Times are UTC in ISO 8601, durations in seconds, cost in `currency`."""

    id: str
    fingerprint: str
    take: int | None
    status: str
    "running, succeeded, failed, cancelled or interrupted."
    operation: str
    prompt: str
    route: str
    model: str
    "The model that was asked for, defaults filled in."
    created_at: str
    assets: tuple[Asset, ...] = ()
    "Its pictures; where one was composited or cut out, what came of that."
    originals: tuple[Asset, ...] = ()
    "Its pictures as the provider sent them."
    inputs: tuple[Input, ...] = ()
    "The pictures that went in, in order; `references` are their assets."
    params: Mapping[str, Any] = field(default_factory=_nothing, hash=False)
    "Parameters as the user gave them."
    effective: Mapping[str, Any] = field(default_factory=_nothing, hash=False)
    "size, quality, background, output_format, n as they came: the provider's word, corrected by the bytes."
    mismatches: tuple[str, ...] = ()
    "One sentence for each thing that came otherwise than asked."
    route_owner: str = ""
    base_url: str = ""
    endpoint: str = ""
    dialect: str = ""
    main_model: str | None = None
    "The model that led the conversation, over the Responses API."
    continues: str | None = None
    "The id of the generation that this one goes on from."
    continued_by: str | None = None
    "How the server was reminded of it: previous_response_id, image_generation_call or upload."
    response_id: str | None = None
    model_answered: str | None = None
    prompt_sha256: str = ""
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=_nothing, hash=False)
    revised_prompt: str | None = None
    text: str | None = None
    partials_asked: int = 0
    partials_received: int = 0
    request_id: str | None = None
    http_status: int | None = None
    usage: Mapping[str, Any] | None = field(default=None, hash=False)
    cost: float | None = None
    cost_basis: str | None = None
    '"usage" (what the provider counted), "call", "picture" (the route\'s price for one), "estimate", "free", or None.'
    cost_estimate: float | None = None
    "What was to be expected before it was sent."
    currency: str = "USD"
    billing_note: str | None = None
    "Set where a run that brought no picture may have been billed all the same."
    seconds: float | None = None
    seconds_to_first_byte: float | None = None
    seconds_to_first_partial: float | None = None
    error_kind: str | None = None
    error_code: str | None = None
    error_param: str | None = None
    error_message: str | None = None
    error_details: Mapping[str, Any] | None = field(default=None, hash=False)
    "What else the provider said of it: moderation categories and the stage that blocked."
    unknown_events: int = 0
    "Events of the stream that imgnb does not know, and passed over."
    streamed: bool | None = None
    attempts: tuple[AttemptRecord, ...] = ()
    notes: tuple[str, ...] = ()
    "What was done otherwise than asked on the way: streaming turned down, a fallback, a recovery."
    notebook: str | None = None
    cell_id: str | None = None
    kernel: str | None = None
    imgnb_version: str = ""
    replayed: bool = field(default=False, compare=False)
    "True when this very call was answered from the library."

    def __getstate__(self) -> dict[str, Any]:
        """For pickle, as when a process pool returns a generation: it does not know read-only mappings."""
        return {name: dict(v) if isinstance(v, MappingProxyType) else v for name, v in vars(self).items()}

    def __repr__(self) -> str:
        prompt = " ".join(self.prompt.split())
        shown = prompt if len(prompt) <= 50 else prompt[:47] + "..."
        pictures = f" {len(self.assets)} pictures" if len(self.assets) > 1 else ""
        return f"<Generation {self.id} {self.status}{pictures} {shown!r}>"

    @property
    def references(self) -> tuple[Asset, ...]:
        """The pictures that went in, in order."""
        return tuple(item.asset for item in self.inputs)

    @property
    def asset(self) -> Asset:
        """The first picture. Raises AssetNotFound when the generation has none."""
        if not self.assets:
            raise AssetNotFound(
                f"generation {self.id} has no picture: it {self.status}",
                hint=self.error_message or (f"it says: {self.text[:200]}" if self.text else "see its record"),
            )
        return self.assets[0]

    @property
    def image(self) -> Image:
        """The first picture, decoded, as a PIL image."""
        return self.asset.image

    @property
    def facts(self) -> dict[str, Any]:
        """What a notebook's output metadata says of this generation: everything that varies from run to run."""
        facts: dict[str, Any] = {
            "generation": self.id,
            "fingerprint": self.fingerprint,
            "take": self.take,
            "status": self.status,
            "assets": [asset.sha256 for asset in self.assets],
            "route": self.route,
            "model": self.model_answered or self.model,
            "size": self.effective.get("size"),
            "seconds": self.seconds,
            "cost": self.cost,
            "currency": self.currency if self.cost is not None else None,
            "replayed": self.replayed,
            "mismatches": list(self.mismatches),
        }
        return {key: value for key, value in facts.items() if value not in (None, [])}

    def to_dict(self) -> dict[str, Any]:
        """The whole record as plain JSON values."""
        from dataclasses import fields

        record: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("assets", "originals", "inputs"):
                value = [one.to_dict() for one in value]
            elif item.name == "attempts":
                value = [{f.name: getattr(attempt, f.name) for f in fields(attempt)} for attempt in value]
            elif isinstance(value, Mapping):
                value = dict(value)
            elif isinstance(value, tuple):
                value = list(value)
            record["references" if item.name == "inputs" else item.name] = value
        return record

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from .pictures import bundle, bundle_of, strip

        if not self.assets and self.text:
            return bundle_of(strip(f"answered in words: {self.text}", "note"), alt=self.prompt, facts=self.facts)
        return bundle(self.assets, alt=self.prompt, facts=self.facts)


def blob_path(root: Path, sha256: str, media_type: str) -> Path:
    """Where the bytes with this digest and media type lie below the library's folder, and nowhere else."""
    if not (len(sha256) == 64 and sha256.isalnum()):
        raise LibraryError(f"{sha256!r} is no hash, though the library names a picture so", hint="do not trust it")
    return root / "blobs" / sha256[:2] / sha256[2:4] / f"{sha256}.{EXTENSIONS.get(media_type, 'bin')}"
