"""A generation: a request's life in the library, with its pictures, what went in, and every call, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ..errors import AssetNotFound
from .asset import Asset
from .door import door
from .shown import Shown

if TYPE_CHECKING:
    from PIL.Image import Image

    from .lineage import Lineage


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


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
class Generation(Shown):
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
    provenance: Mapping[str, Any] = field(default_factory=_nothing, hash=False)
    "front_end, execution_count, git (commit, dirty) of the notebook's folder, packages (name: version), as far as known."
    root: Path | None = field(default=None, repr=False, compare=False)
    "The library's folder."
    alt: str = field(default="", repr=False, compare=False)
    "What this call was told to say of it where it cannot be seen; by default the prompt."
    caption: str = field(default="", repr=False, compare=False)
    "What stands below it wherever it is shown: the line of a figure that no cell has printed."
    replayed: bool = field(default=False, compare=False)
    "True when this very call was answered from the library."
    pinned: bool = field(default=False, compare=False)
    "True when a lock says that this is the answer."

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

    def lineage(self, *, limit: int = 60) -> Lineage:
        """The relatives of its first picture, the nearest first, and how they hang together; it prints as a tree."""
        return door(self.asset.root).lineage(self, limit=limit)

    def recipe(self, kind: Literal["magic", "python"] = "magic") -> str:
        """How to ask for it once more: the text of a cell, or a line of Python."""
        from .recipe import recipe

        derived = next((asset for asset in self.assets if asset not in self.originals), None)
        return recipe(self, kind, () if derived is None else door(derived.root).made_as(derived))

    def remix(self, prompt: str | None = None, **changes: Any) -> Generation:
        """Ask for it anew, with another prompt, or parameters and options changed."""
        return door(self.root or self.asset.root).remix(self, prompt, changes)

    def comparison(self) -> tuple[tuple[str, Any, Any], ...]:
        """Asked and effective parameters side by side: (name, asked, came), None where nothing was given or said."""
        names = dict.fromkeys((*self.params, *self.effective))
        return tuple((name, self.params.get(name), self.effective.get(name)) for name in names)

    def heat_map(self, n: int = 1) -> Image:
        """How the n-th picture of an edit, as the provider sent it, differs from its base: what a mask protects glows.

        Raises AssetNotFound where there is no such picture, or nothing that it could be held against.
        """
        from ..pictures.differing import heat_map

        if not 1 <= n <= len(self.originals):
            raise AssetNotFound(f"generation {self.id} has {len(self.originals)} pictures, not a number {n}")
        mask = next((item.asset for item in self.inputs if item.role == "mask"), None)
        return heat_map(self._base.upright, self.originals[n - 1].upright, mask.upright if mask else None)

    def mask_over_base(self) -> Image:
        """The mask over the picture that it lay on: what was protected is dimmed. AssetNotFound where there was none."""
        from ..pictures.masks import over

        mask = next((item.asset for item in self.inputs if item.role == "mask"), None)
        if mask is None:
            raise AssetNotFound(f"generation {self.id} had no mask", hint="give one to an edit with --mask")
        return over(self._base.upright, mask.upright)

    @property
    def _base(self) -> Asset:
        """The picture that was edited: the first that was given, else the one that the conversation was about."""
        given = next((item.asset for item in self.inputs if item.role == "image"), None)
        before = given or next(iter(self.originals[0].parents if self.originals else ()), None)
        if before is None:
            raise AssetNotFound(f"generation {self.id} was not made from a picture", hint="an edit is")
        return before

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
            "pinned": self.pinned or None,
            "drift": self.originals[0].drift if self.originals else None,
            "mismatches": list(self.mismatches),
        }
        return {key: value for key, value in facts.items() if value not in (None, [])}

    def to_dict(self) -> dict[str, Any]:
        """The whole record as plain JSON values."""
        from dataclasses import fields

        record: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("root", "alt", "caption"):
                continue
            if item.name == "originals" and value == self.assets:
                continue
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
        from ..pictures import bundle, bundle_of, strip

        given = self.alt or self._alt_of_figure
        alt, facts = given or self.prompt, self.facts | ({"alt": given} if given else {})
        if not self.assets and self.text:
            return bundle_of(strip(f"answered in words: {self.text}", "note"), alt=alt, facts=facts)
        return bundle(self.assets, alt=alt, facts=facts)

    @property
    def _alt_of_figure(self) -> str:
        """The alt text with which this process last showed it as a figure; caption and number are for once."""
        from .figures import FIGURES

        shown = [figure.presentation.alt for figure in FIGURES if figure.generation == self.id]
        return shown[-1] if shown else ""
