"""The check of a request against what its model and route take, before anything is sent.

A known impossibility raises, with the way out; what imgnb does not know passes through with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..errors import ModelRetired, PromptInvalid, RequestInvalid, SizeUnsupported
from .capabilities import Capabilities
from .image_request import PARAMS, ImageRequest
from .references import Reference
from .rules import Rules, check_way, ratio_notes
from .sizes import broken_rule, format_size, nearest_size, parse_size

_TEXTS = (
    "model", "quality", "background", "output_format", "moderation", "complexity", "input_fidelity",
    "safety_identifier", "user", "action", "main_model",
)  # fmt: skip
_NUMBERS = ("n", "partial_images", "output_compression", "frame_count", "frame_duration_ms")
_OPERATION_ONLY = {"input_fidelity": "edit"}
_FORMAT_ONLY = {"frame_count": "gif", "frame_duration_ms": "gif", "svg": "svg"}


def check(
    request: ImageRequest,
    model: str,
    facts: Capabilities,
    *,
    rules: Rules = Rules(),  # noqa: B008 - it is frozen
    any_model: bool = False,
) -> tuple[str, ...]:
    """Warnings for a request that may be sent to this model; RequestInvalid or a kind of it for one that may not."""
    _check_prompt(request, facts)
    _check_types(request)
    _check_numbers(request, facts)
    _check_retired(model, facts)
    _check_format(request, facts)
    check_way(request, facts, rules)
    _check_references(request, facts)
    warnings = [*_unknown_extras(request), *_large_mask(request, facts), *ratio_notes(request, rules)]
    table = facts.model(model)
    if table is not None:
        odd = list(_check_model(request, model, table, facts, sized=not rules.ratios))
    else:
        odd = [*_unknown_model(model, facts), *_odd_choices(request, facts)]
    return (*warnings, *(() if any_model else odd))


def _check_prompt(request: ImageRequest, facts: Capabilities) -> None:
    if not isinstance(request.prompt, str) or not request.prompt.strip():
        raise PromptInvalid("the prompt is empty", hint="say what to draw", param="prompt")
    try:
        request.prompt.encode()
    except UnicodeEncodeError as exc:
        raise PromptInvalid(
            f"the prompt holds half a surrogate pair at character {exc.start + 1}, which is no text",
            hint="take the broken character out",
            param="prompt",
        ) from exc
    limit = facts.limits["prompt_characters"]
    if len(request.prompt) > limit:
        raise PromptInvalid(
            f"the prompt has {len(request.prompt):,} characters, the limit is {limit:,}",
            hint=f"shorten it by {len(request.prompt) - limit:,}",
            param="prompt",
        )


def _check_types(request: ImageRequest) -> None:
    for name in _TEXTS:
        if not isinstance(value := getattr(request, name), str | None):
            raise RequestInvalid(f"{name} is {value!r}", hint="give text, in quotes", param=name)
    if not isinstance(request.size, str | None):
        raise SizeUnsupported(
            f"size {request.size!r} is not WIDTHxHEIGHT", hint='give text, such as "1024x1024"', param="size"
        )
    if not isinstance(request.stream, bool | None):
        raise RequestInvalid(f"stream is {request.stream!r}", hint="use True or False", param="stream")
    if not isinstance(request.svg, Mapping | None):
        raise RequestInvalid(f"svg is {request.svg!r}", hint='give a table such as {"model": "..."}', param="svg")


def _check_numbers(request: ImageRequest, facts: Capabilities) -> None:
    for name in _NUMBERS:
        value = getattr(request, name)
        low, high = facts.limits.get(name, (1, 10))
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise RequestInvalid(f"{name} is {value!r}", hint=f"use a whole number from {low} to {high}", param=name)


def _check_retired(model: str, facts: Capabilities) -> None:
    if found := facts.facts["retired"].get(model):
        raise ModelRetired(
            f"model {model!r} was shut down on {found['on']}",
            hint=f"use {' or '.join(found['use'])}",
            param="model",
        )


def _check_format(request: ImageRequest, facts: Capabilities) -> None:
    name = request.output_format or "png"
    rule = facts.facts["formats"].get(name)
    if rule is None:
        return
    if request.background == "transparent" and not rule.get("alpha", True):
        raise RequestInvalid(
            f"background 'transparent' cannot be stored as {name}",
            hint="use --output-format png or webp",
            param="background",
        )
    for param in rule.get("refuses", ()):
        given = request.reference("mask") if param == "mask" else getattr(request, param)
        if given is not None and given is not False and (given != 0 or param == "output_compression"):
            way = "use jpeg or webp" if param == "output_compression" else "use png"
            raise RequestInvalid(
                f"{param} cannot be used with output_format {name!r}", hint=f"leave it out, or {way}", param=param
            )
    if (request.n or 1) > rule.get("max_n", 10):
        raise RequestInvalid(f"n is {request.n}, but {name} comes one at a time", hint="leave n out", param="n")
    for param, only in _FORMAT_ONLY.items():
        if getattr(request, param) is not None and name != only:
            raise RequestInvalid(
                f"{param} is only for {only}", hint=f"use --output-format {only} or leave it out", param=param
            )


def _check_references(request: ImageRequest, facts: Capabilities) -> None:
    if request.operation == "edit" and not (request.images or request.continues):
        raise RequestInvalid("an edit needs at least one image", hint="name one, such as @last", param="image")
    if request.operation == "generate" and request.references:
        raise RequestInvalid("references need the operation 'edit'", hint="use edit", param="image")
    if len(request.images) > facts.limits["images"]:
        raise RequestInvalid(
            f"{len(request.images)} images are given",
            hint=f"at most {facts.limits['images']} are taken",
            param="image",
        )
    for image in request.references:
        if image.bytes >= facts.limits["image_bytes"]:
            raise RequestInvalid(
                f"{image.source or image.sha256[:12]} has {image.bytes:,} bytes",
                hint=f"an image must have fewer than {facts.limits['image_bytes']:,}",
                param=image.role,
            )
    for image in request.images:
        if image.media_type not in facts.limits["image_types"]:
            raise RequestInvalid(
                f"{image.source or image.sha256[:12]} is {image.media_type}",
                hint=f"images are {', '.join(facts.limits['image_types'])}: convert it first",
                param="image",
            )
    mask, markup = request.reference("mask"), request.reference("markup")
    if mask and markup:
        raise RequestInvalid("mask and markup cannot be used together", hint="leave one out", param="markup")
    base = next(iter(request.images or (request.continues.pictures if request.continues else ())), None)
    for overlay in filter(None, (mask, markup)):
        if base is None:
            raise RequestInvalid(f"the {overlay.role} needs a picture", hint="name one first", param=overlay.role)
        _check_overlay(overlay, base)


def _check_overlay(overlay: Reference, base: Reference) -> None:
    if overlay.media_type != "image/png" or overlay.has_alpha is False:
        raise RequestInvalid(
            f"the {overlay.role} must be a PNG with an alpha channel, this is {overlay.media_type}"
            + ("" if overlay.media_type != "image/png" else " without one"),
            hint="alpha 0 marks what is to be edited" if overlay.role == "mask" else "draw on transparency",
            param=overlay.role,
        )
    if (overlay.width, overlay.height) != (base.width, base.height):
        raise RequestInvalid(
            f"the {overlay.role} is {overlay.width}x{overlay.height}, the first image {base.width}x{base.height}",
            hint=f"make the {overlay.role} {base.width}x{base.height}",
            param=overlay.role,
        )


def _unknown_extras(request: ImageRequest) -> Iterator[str]:
    for name in request.extras:
        yield f"parameter {name!r} is not known here and is sent as it is{_meant(name, PARAMS)}"


def _large_mask(request: ImageRequest, facts: Capabilities) -> Iterator[str]:
    mask, safe = request.reference("mask"), facts.limits["mask_bytes"]
    if mask and mask.bytes >= safe:
        yield f"the mask has {mask.bytes:,} bytes and may be refused: fewer than {safe:,} are always taken"


def _unknown_model(model: str, facts: Capabilities) -> Iterator[str]:
    yield f"model {model!r} is not known here and is sent as it is{_meant(model, facts.models)}"


def _odd_choices(request: ImageRequest, facts: Capabilities) -> Iterator[str]:
    for param, offered in facts.facts["choices"].items():
        value = getattr(request, param)
        if value is not None and value not in offered:
            yield f"{param} {value!r} is not known here and is sent as it is{_meant(str(value), offered)}"


def _meant(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check_model(
    request: ImageRequest, model: str, table: Mapping[str, Any], facts: Capabilities, *, sized: bool
) -> Iterator[str]:
    _check_choices(request, table, facts)
    for param in table.get("refuses", ()):
        if request.reference(param) if param in ("mask", "markup") else getattr(request, param, None) is not None:
            raise RequestInvalid(f"{model} does not take {param}", hint=facts.who_takes(param), param=param)
    if request.input_fidelity is not None and not table.get("input_fidelity", (request.input_fidelity,)):
        raise RequestInvalid(f"{model} does not take input_fidelity", hint="leave it out", param="input_fidelity")
    warnings = list(_check_size(request, model, facts)) if sized else []
    if request.background == "transparent":
        if table.get("transparent", "yes") == "no":
            raise RequestInvalid(
                f"{model} has no transparent background", hint=facts.who_takes("transparent"), param="background"
            )
        if table.get("transparent") == "preview":
            warnings.append(f"transparent backgrounds are in preview for {model}: not every account has them")
    return iter(warnings)


def _check_choices(request: ImageRequest, table: Mapping[str, Any], facts: Capabilities) -> None:
    for param in facts.facts["choices"]:
        value = getattr(request, param)
        general = tuple(facts.facts["choices"][param])
        offered = tuple(table.get(param, general)) or general
        if value is None or value in offered:
            continue
        close = get_close_matches(str(value), offered, 1)
        others = facts.models_with(param, value)
        hint = f"did you mean {close[0]!r}? " if close else ""
        hint += f"use {', '.join(offered)}" + (f", or a model that has it: {', '.join(others)}" if others else "")
        raise RequestInvalid(f"{param} {value!r} is not offered", hint=hint, param=param)
    for param, operation in _OPERATION_ONLY.items():
        if getattr(request, param) is not None and request.operation not in (operation, "converse"):
            raise RequestInvalid(f"{param} is only for {operation}s", hint="leave it out", param=param)


def _check_size(request: ImageRequest, model: str, facts: Capabilities) -> Iterator[str]:
    rule = facts.size_rule(model)
    if request.size is None or request.size == "auto" or rule is None:
        return
    size = parse_size(request.size)
    if size is None:
        raise SizeUnsupported(
            f"size {request.size!r} is not WIDTHxHEIGHT",
            hint=f"use auto, or for instance {rule['usual'][0]}",
            param="size",
        )
    if reason := broken_rule(size, rule):
        near = format_size(nearest_size(size, rule))
        raise SizeUnsupported(
            f"size {request.size!r} {reason}, which {model} does not take",
            hint=f"the nearest legal size is {near}",
            param="size",
        )
    if size[0] * size[1] > rule.get("experimental_above", size[0] * size[1]):
        yield f"size {request.size} is experimental: above {rule['experimental_above']:,} pixels answers vary more"
