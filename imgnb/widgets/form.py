"""What is set in a studio's form, as a frozen value: what the page and Python put into it, and what is asked of it.

What may be chosen stands in `offers.py`. Whatever the form has no control for (`also`) goes along unseen by its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, get_args

from ..config import Mode
from ..errors import RequestInvalid
from ..generation.plan import HOW
from ..records import Generation
from ..request import PARAMS
from ..request.capabilities import normal_size

LONGEST = 200_000
"Characters of a text that a page may send: more than any prompt may have, so that its length is what is complained of."

_TEXTS = ("prompt", "route", "model", "size", "quality", "output_format", "background", "mode", "mask")
_NUMBERS = ("n", "partial_images", "take")
CHOSEN = ("model", "size", "quality", "output_format", "background", "n", "partial_images")
"Parameters of the request that the form has controls for."

ALSO = (*(name for name in PARAMS if name not in CHOSEN), "extras", "via", "fallback", "composite", "markup", "mask_fit",
        "mask_invert", "force", "image_input")  # fmt: skip
"What goes along where it was given, without a control."


@dataclass(frozen=True)
class Form:
    """What is to be drawn, and how; None where nothing was said. `images` and `mask` are hashes of assets."""

    prompt: str = ""
    route: str | None = None
    model: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    background: str | None = None
    n: int | None = None
    partial_images: int | None = None
    take: int | None = None
    mode: str | None = None
    images: tuple[str, ...] = ()
    mask: str | None = None
    also: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def having(self, changes: Mapping[str, Any]) -> Form:
        """The form with these changes, as a page or a user gives them. Raises RequestInvalid for what cannot be."""
        return replace(self, **{name: _read(name, value) for name, value in changes.items()})

    def options(self) -> dict[str, Any]:
        """What `generate` is to be given beside the prompt."""
        given: dict[str, Any] = {name: getattr(self, name) for name in (*CHOSEN, "route", "take", "mode")}
        if self.images:
            given["images"] = [f"@{sha256}" for sha256 in self.images]
        if self.mask:
            given["mask"] = f"@{self.mask}"
        return {name: value for name, value in {**self.also, **given}.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """The form as plain JSON values, for the page; of what goes along only the words."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("images", "also")}
        also = ", ".join(f"{name} {str(value)[:60]}" for name, value in self.also.items())
        return {**plain, "images": list(self.images), "also": also}


NAMES = tuple(item.name for item in fields(Form))

NOT_ASKED = ("variables", "continues", "show", "caption", "alt", "figure")
"Options of `generate` that no form has."


def of_generation(generation: Generation) -> dict[str, Any]:
    """The changes that make a form ask for what a generation asked for: every parameter, its pictures, its route."""
    params = generation.params
    by_role = {
        role: [item.asset.sha256 for item in generation.inputs if item.role == role]
        for role in ("image", "mask", "markup")
    }
    also: dict[str, Any] = {name: value for name, value in params.items() if name in ALSO}
    if extras := {name: value for name, value in params.items() if name not in PARAMS}:
        also["extras"] = extras
    if by_role["markup"]:
        also["markup"] = f"@{by_role['markup'][0]}"
    if generation.dialect != "images":
        also["via"] = generation.dialect
    return {
        "prompt": generation.prompt,
        "route": generation.route,
        **{name: params.get(name) for name in CHOSEN if name != "partial_images"},
        "take": None,
        "images": by_role["image"],
        "mask": next(iter(by_role["mask"]), None),
        "also": also,
    }


def readable(text: str) -> str:
    """The text without halves of surrogate pairs, which no file and no message can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def sorted_out(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of `generate` and `edit` as what a form has controls for, and what goes along."""
    known = {name: value for name, value in options.items() if name in NAMES and name != "also"}
    also = {name: value for name, value in options.items() if name in ALSO}
    for name in options:
        if name not in known and name not in also:
            why = "is not for a studio" if name in HOW or name in NOT_ASKED else "is not known"
            raise RequestInvalid(
                f"the option {name!r} {why}", hint=f"a studio takes {', '.join((*NAMES[:-1], *ALSO))}", param=name
            )
    return known, also


def _read(name: str, value: Any) -> Any:
    if name not in NAMES:
        raise RequestInvalid(f"a form has no {name!r}", hint=f"it has {', '.join(NAMES)}", param=name)
    if name == "also":
        return MappingProxyType(dict(value))
    if name == "images":
        return _hashes(() if value is None else value)
    if name == "prompt":
        return _text(name, "" if value is None else value)
    if value is None or value == "":
        return None
    if name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
            raise RequestInvalid(f"{name} is {value!r}", hint="give a whole number", param=name)
        return value
    if name == "mask":
        return _hash(value)
    if name == "mode" and value not in get_args(Mode):
        raise RequestInvalid(f"mode is {str(value)[:60]!r}", hint=f"use {', '.join(get_args(Mode))}", param=name)
    return normal_size(_text(name, value)) if name == "size" else _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise RequestInvalid(f"{name} is {str(value)[:60]!r}", hint="give text", param=name)
    return readable(value)


def _hashes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise RequestInvalid(f"images is {value!r}", hint="give a list of hashes", param="images")
    return tuple(dict.fromkeys(_hash(item) for item in value))


def _hash(value: Any) -> str:
    if not (isinstance(value, str) and len(value) == 64 and value.isalnum()):
        raise RequestInvalid(f"{str(value)[:80]!r} is no hash of a picture", hint="choose one", param="image")
    return value
