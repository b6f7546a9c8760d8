"""How a run ended: what came against what was asked, judged from the bytes and not from the provider's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import Cancelled, ConnectionFailed, ImgnbError, ProtocolBroken, ProviderTimeout
from ..events import Answered
from ..library import Outcome
from ..pictures import probe
from ..providers.unreachable import Unreachable
from ..records import EXTENSIONS, Asset
from ..request import ImageRequest
from ..request.sizes import format_size, parse_size

_MAYBE_BILLED = (ProviderTimeout, ConnectionFailed, ProtocolBroken, Cancelled)
_LOST_BEHIND = (502, 504, 520, 522, 524)
# What a proxy says when the server behind it has broken off or taken too long: it may have drawn all the same.
_FORMATS = {media_type: {"jpg": "jpeg"}.get(name, name) for media_type, name in EXTENSIONS.items()}


def effective(answered: Answered | None, assets: Sequence[Asset]) -> dict[str, Any]:
    """size, quality, background, output_format and n as they came: the provider's word, corrected by the bytes."""
    came = dict(answered.effective) if answered else {}
    readable = [asset for asset in assets if asset.width and asset.height]
    if readable:
        first = readable[0]
        came["size"] = format_size((first.width or 0, first.height or 0))
        came["output_format"] = _FORMATS[first.media_type]
    came["n"] = len(assets)
    return came


def mismatches(request: ImageRequest, came: Mapping[str, Any], assets: Sequence[Asset]) -> tuple[str, ...]:
    """One sentence for each thing that was asked for and came otherwise."""
    found: list[str] = []
    wanted = parse_size(request.size) if request.size else None
    sizes = {format_size((asset.width, asset.height)) for asset in assets if asset.width and asset.height}
    if wanted and sizes - {format_size(wanted)}:
        found.append(f"asked for size {format_size(wanted)}, got {', '.join(sorted(sizes))}")
    formats = {_FORMATS[asset.media_type] for asset in assets if asset.width}
    asked = request.output_format
    if asked and formats - {asked}:
        found.append(f"asked for {asked}, got {', '.join(sorted(formats))}")
    if request.background == "transparent" and any(asset.has_alpha is False for asset in assets):
        found.append("asked for a transparent background, got an opaque one")
    if request.quality not in (None, "auto") and came.get("quality") not in (None, "auto", request.quality):
        found.append(f"asked for quality {request.quality}, got {came['quality']}")
    if request.operation == "converse":
        return tuple(found)  # how many pictures there are is the main model's choice
    if len(assets) != (request.n or 1):
        found.append(f"asked for {request.n or 1} pictures, got {len(assets)}")
    return tuple(found)


def flaw(assets: Sequence[Asset]) -> ProtocolBroken | None:
    """The error that says what is wrong with the first bytes that are not a whole picture; None when all are."""
    for number, asset in enumerate(assets, 1):
        if damage := _damage(asset.path):
            which = f"picture {number} of {len(assets)} is unusable" if len(assets) > 1 else "what came is unusable"
            kept = f"its bytes are kept as {asset.sha256[:12]}; it may be billed all the same"
            return ProtocolBroken(f"{which}: {damage}", hint=kept)
    return None


def failure(error: ImgnbError) -> Outcome:
    """The outcome of a request that was not sent."""
    return replace(Outcome(status="failed"), **error_fields(error))


def error_fields(error: ImgnbError | Cancelled) -> dict[str, Any]:
    """The fields of an outcome that say what went wrong."""
    return {
        "error_kind": error.kind,
        "error_code": getattr(error, "code", None),
        "error_param": getattr(error, "param", None),
        "error_message": error.message,
        "error_details": getattr(error, "details", None),
    }


def maybe_billed(error: BaseException, answered: Answered | None) -> bool:
    """Whether the provider may have drawn, and billed, what did not arrive: `answered` is what it had said till then."""
    if isinstance(error, Unreachable) or getattr(error, "endpoint", None) is not None:
        return False
    began = answered is not None and answered.began
    return began or isinstance(error, _MAYBE_BILLED) or getattr(error, "status", None) in _LOST_BEHIND


def _damage(path: Path) -> str | None:
    try:
        return None if probe(path).whole else "the picture is cut off"
    except ProtocolBroken as exc:
        return exc.message
