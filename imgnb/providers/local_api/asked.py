"""What a form asks for, as a checked request: the refusals of the models and of the dialect, in the provider's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ImgnbError, ModelRetired, ProtocolBroken, RequestInvalid, SizeUnsupported
from ...pictures import probe
from ...request import ImageRequest, Reference
from ...request.capabilities import Capabilities
from ...request.checks import check
from ...request.image_request import PARAMS, UNSENT
from ...request.sizes import broken_rule, parse_size
from .dialects import Dialect
from .replies import Refused

KINDS: Mapping[str, type] = {
    **dict.fromkeys(("n", "partial_images", "output_compression", "frame_count", "frame_duration_ms"), int),
    "stream": bool,
    "svg": dict,
}
"What a parameter must be; every other one is text."


def asked(
    values: Mapping[str, Any],
    images: Sequence[bytes] = (),
    mask: bytes | None = None,
    markup: bytes | None = None,
    *,
    edits: bool = False,
) -> ImageRequest:
    """The request that these values and pictures make. Raises Refused for what is not even of the right type."""
    mine = {*PARAMS} - {*UNSENT}
    known = {name: value for name, value in values.items() if name in mine and value is not None}
    for name, value in (*known.items(), ("prompt", values.get("prompt", ""))):
        kind = KINDS.get(name, str)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refused(400, f"{name} must be {kind.__name__}, not {type(value).__name__}", name, "invalid_type")
    overlays = (("mask", mask), ("markup", markup))
    pictures = [("image", data) for data in images] + [(role, data) for role, data in overlays if data is not None]
    return ImageRequest(
        values.get("prompt", ""),
        operation="edit" if edits else "generate",
        references=tuple(_reference(role, data) for role, data in pictures),
        **known,
    )


def check_asked(request: ImageRequest, model: str, facts: Capabilities, dialect: Dialect) -> None:
    """Raise Refused for what the model does not take, or this provider does not."""
    if dialect.models is not None and model not in dialect.models:
        raise Refused(404, f"model {model!r} does not exist or is not enabled", "model", "model_not_found")
    try:
        check(request, model, facts, any_model=True)
        if facts.model(model) is None:
            _check_size(request, facts)
    except ModelRetired as exc:
        raise Refused(404, _in_one_line(exc), "model", "model_not_found") from exc
    except RequestInvalid as exc:
        raise Refused(400, _in_one_line(exc), exc.param, "invalid_value") from exc
    _check_dialect(request, model, facts, dialect)


def _check_dialect(request: ImageRequest, model: str, facts: Capabilities, dialect: Dialect) -> None:
    clear = dialect.transparent_models
    if request.background == "transparent" and clear is not None and model not in clear:
        raise Refused(400, f"{model} has no transparent background here: use {clear[0]}", "background", "invalid_value")
    size, rule = parse_size(request.size or ""), facts.size_rule(facts.default_model)
    if dialect.below_max_ratio and size and rule and max(size) >= min(size) * rule["max_ratio"]:
        raise Refused(400, f"size {request.size} is not less than {rule['max_ratio']:g}:1", "size", "invalid_value")


def _check_size(request: ImageRequest, facts: Capabilities) -> None:
    """Refuse what is too large to draw, also for a model that nobody knows."""
    rule, size = facts.size_rule(facts.default_model), parse_size(request.size or "")
    if rule and size and (reason := broken_rule(size, rule)):
        raise SizeUnsupported(f"Invalid size: {request.size} {reason}", param="size")


def _in_one_line(error: ImgnbError) -> str:
    return "; ".join(filter(None, (error.message, error.hint)))


def _reference(role: str, data: bytes) -> Reference:
    import hashlib
    from pathlib import Path

    try:
        picture = probe(data)
    except ProtocolBroken as exc:
        raise Refused(400, f"the {role} cannot be read: {exc.message}", role, "invalid_image_file") from exc
    return Reference(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=picture.media_type,
        path=Path(),
        role=role,  # type: ignore[arg-type]
        width=picture.width,
        height=picture.height,
        has_alpha=picture.has_alpha,
        bytes=len(data),
        source=role,
    )
