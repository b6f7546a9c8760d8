"""What is asked, as a frozen value, and its identity.

The value knows nothing of routes, models' limits or storage: what is legal stands in `capabilities.py`, where it
goes is the provider's affair. Parameter names are the OpenAI SDK's (openai 3.52, `types/image_generate_params.py`,
`types/image_edit_params.py` and `ImageGeneration` in `types/responses/tool_param.py`). None means "not given": the provider's default decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

from ..errors import RequestInvalid
from .references import Reference, Role
from .turn import Turn

Operation = Literal["generate", "edit", "converse"]
"What is asked: pictures, pictures from pictures, or whatever the main model of a conversation makes of it."

SHAPING = (
    "model", "n", "size", "quality", "background", "output_format", "output_compression", "complexity",
    "frame_count", "frame_duration_ms", "svg", "input_fidelity", "action", "main_model", "cutout",
)  # fmt: skip
"Parameters that shape the picture: they are part of the fingerprint when the user gave them."

CARRIED = ("moderation", "safety_identifier", "user", "stream", "partial_images")
"Parameters that are sent but do not shape the picture: never part of the fingerprint."

PARAMS = SHAPING + CARRIED
"Every parameter of the Images API, and of the Responses API's image tool, except prompt and files; and our own."

UNSENT = ("cutout",)
"Parameters of imgnb's own, which shape the picture and are never sent."

CONVERSING = ("action", "main_model")
"Parameters that only the Responses API has."


@dataclass(frozen=True)
class ImageRequest:
    """A request for pictures: the rendered prompt, the parameters that were given, and the references in order.

    `extras` are parameters that imgnb does not know (`-p key=value`); they are sent as they are.
    `template` and `variables` say how the prompt came about, for the record.
    """

    prompt: str
    operation: Operation = "generate"
    model: str | None = None
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    moderation: str | None = None
    complexity: str | None = None
    frame_count: int | None = None
    frame_duration_ms: int | None = None
    svg: Mapping[str, Any] | None = field(default=None, hash=False)
    input_fidelity: str | None = None
    action: str | None = None
    main_model: str | None = None
    cutout: bool | None = None
    "True: where there is no transparent background, it is drawn on a flat colour, which is then removed."
    safety_identifier: str | None = None
    user: str | None = None
    stream: bool | None = None
    partial_images: int | None = None
    extras: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    references: tuple[Reference, ...] = ()
    continues: Turn | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    def __post_init__(self) -> None:
        """Take values as plain JSON, copied, and an extra that has the name of a parameter as that parameter.

        Raises RequestInvalid where extras say otherwise than the parameter, or hold a prompt.
        """
        extras = {str(name): _plain(value) for name, value in self.extras.items()}
        for name in PARAMS:
            value = _plain(getattr(self, name))
            if name in extras and value is not None and value != extras[name]:
                raise RequestInvalid(
                    f"{name} is given twice: {value!r} and {extras[name]!r}", hint="leave one out", param=name
                )
            object.__setattr__(self, name, extras.pop(name, value))
        if "prompt" in extras:
            raise RequestInvalid("the prompt is no extra parameter", hint="say what to draw once", param="prompt")
        object.__setattr__(self, "extras", MappingProxyType(extras))

    def __getstate__(self) -> dict[str, Any]:
        """For pickle, which does not know read-only mappings."""
        return {name: dict(v) if isinstance(v, MappingProxyType) else v for name, v in vars(self).items()}

    def params(self) -> dict[str, Any]:
        """The parameters that were given, known ones first, then extras; without prompt and references."""
        given = {name: getattr(self, name) for name in PARAMS if getattr(self, name) is not None}
        return {**given, **self.extras}

    @property
    def images(self) -> tuple[Reference, ...]:
        """The references with role "image", in order."""
        return tuple(reference for reference in self.references if reference.role == "image")

    def reference(self, role: Role) -> Reference | None:
        """The first reference with this role, such as the mask."""
        return next((reference for reference in self.references if reference.role == role), None)

    def canonical(self) -> bytes:
        """The request as canonical JSON in UTF-8: sorted keys, no spaces, no ASCII escapes, only what shapes the picture.

        {"operation", "prompt", "params": {given SHAPING parameters and extras}, "references": [[role, sha256], ...]}
        and, where it goes on from an earlier answer, "continues": [its fingerprint, the hashes of its pictures ...]

        Not in it, because they do not shape the picture or because a new default must not make an old notebook pay
        again: what defaults filled in, route, keys, base URL, timeouts, CARRIED parameters, display options, names, take.
        """
        shaping = {name: getattr(self, name) for name in SHAPING if getattr(self, name) is not None}
        document = {
            "operation": self.operation,
            "prompt": self.prompt,
            "params": {**self.extras, **shaping},
            "references": [[reference.role, reference.sha256] for reference in self.references],
        }
        if self.continues is not None:
            document["continues"] = list(self.continues.identity)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8", "surrogatepass")

    def fingerprint(self) -> str:
        """The request's identity: `r1:` and the SHA-256 of `canonical()` in hex. It never changes for the same request."""
        return "r1:" + hashlib.sha256(self.canonical()).hexdigest()

    def differences(self, other: ImageRequest) -> Iterator[tuple[str, Any, Any]]:
        """What differs from `other` among the things the fingerprint covers, as (name, mine, other's)."""
        names = ("operation", "prompt", *SHAPING)
        for name in names:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                yield name, mine, theirs
        for name in sorted({*self.extras, *other.extras}):
            if self.extras.get(name) != other.extras.get(name):
                yield name, self.extras.get(name), other.extras.get(name)
        mine, theirs = ([(r.role, r.sha256) for r in request.references] for request in (self, other))
        if mine != theirs:
            yield "references", mine, theirs
        mine, theirs = (r.continues and r.continues.identity for r in (self, other))
        if mine != theirs:
            yield "continues", mine, theirs


def _plain(value: Any) -> Any:
    """The value as JSON has it: numpy's numbers are Python's, so that both make the same request."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    return value


FIELDS = tuple(item.name for item in fields(ImageRequest))
