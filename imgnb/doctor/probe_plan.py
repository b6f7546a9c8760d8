"""What a probe asks for: the cheapest requests that show what a route can do, each with what it will cost.

What the route's own table already rules out is not asked. Planning sends nothing.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import ConfigInvalid, RequestInvalid
from ..generation import Order
from ..providers import DIALECTS
from ..providers.routes import Route
from ..request import ImageRequest, Reference
from ..request.prices import UNKNOWN, Cost
from ..request.references import Role
from ..request.sizes import parse_ratio, parse_size
from ..workspace import Workspace

PROMPT = "a red circle on a white ground"
SIZES = 3
"How many sizes or ratios are tried beside the smallest."
EDGE = 256
"Pixels of the picture that is to be edited."


@dataclass(frozen=True)
class Step:
    """One request: what it is to find out, what it asks for beside the prompt, and the step that must go well before."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[Role, bytes] = field(default_factory=dict)
    needs: str = "plain"
    estimate: Cost = UNKNOWN
    ruled_out: str = ""
    "Why it is not asked."

    @property
    def asks(self) -> str:
        """What it asks for, in a few words."""
        words = [str(self.options[name]) for name in ("size", "quality", "background") if name in self.options]
        words += ["stream"] if self.options.get("stream") else []
        words += [f"{self.options['partial_images']} partial"] if self.options.get("partial_images") else []
        words += [f"via {self.options['via']}"] if "via" in self.options else []
        return ", ".join([*words, *(f"a tiny {role}" for role in self.pictures)])


def steps(workspace: Workspace, route: Route) -> tuple[Step, ...]:
    """The steps of a probe of this route, with estimates; those that its table rules out say why."""
    return tuple(_planned(workspace, route, step) for step in _all(workspace, route))


def order(workspace: Workspace, route: Route, step: Step) -> Order:
    """The order of a step; its pictures are stored, so that its record is whole."""
    pictures: dict[str, Any] = {"images" if role == "image" else role: data for role, data in step.pictures.items()}
    asked = {name: value for name, value in step.options.items() if name != "via"}
    request = workspace.request(PROMPT, **pictures, **asked)
    return workspace.order(request, route=route.name, mode="live", via=step.options.get("via"))


def size_of(step: Step) -> str | None:
    """The size or ratio that a step tries; None for a step about something else."""
    return str(step.options["size"]) if step.name == "size" else None


def _all(workspace: Workspace, route: Route) -> Iterator[Step]:
    cheap, others = _cheapest(workspace, route)
    image, mask = _picture(255), _picture(0)
    yield Step("plain", cheap, needs="")
    yield Step("stream", {**cheap, "stream": True, "partial_images": 1})
    bare = Step("no partials", {**cheap, "stream": True}, needs="stream")
    least = route.min_partial_images
    yield replace(bare, ruled_out=f"it streams with {least} partial at the least") if least else bare
    yield Step("edit", cheap, {"image": image})
    yield Step("mask", cheap, {"image": image, "mask": mask}, needs="edit")
    yield Step("transparent", {**cheap, "background": "transparent"})
    for size in others:
        yield Step("size", {**cheap, "size": size})
    if "responses" in route.also_speaks:
        tool = {name: value for name, value in cheap.items() if name in ("size", "quality")}
        yield Step("responses", {**tool, "via": "responses"}, needs="")


def _cheapest(workspace: Workspace, route: Route) -> tuple[dict[str, Any], list[str]]:
    """The least that can be asked for, and other sizes or ratios to try, the smallest first."""
    facts = workspace.capabilities.on(route.capabilities, route.offers)
    model = workspace.settings.model or route.default_model or facts.default_model
    taken = [takes for takes in (route.takes, DIALECTS[route.dialect].takes) if takes is not None]
    cheap: dict[str, Any] = {}
    rule = facts.size_rule(model) or {"usual": ["1024x1024"]}
    sizes = list(route.ratios) or sorted(rule["usual"], key=_pixels)
    first = min(sizes, key=_squareness) if route.ratios else sizes[0]
    if all("size" in takes for takes in taken):
        cheap["size"] = first
    if "low" in facts.choices("quality", model) and all("quality" in takes for takes in taken):
        cheap["quality"] = "low"
    others = [size for size in sizes if size != first] if "size" in cheap else []
    return cheap, others[:SIZES]


def _planned(workspace: Workspace, route: Route, step: Step) -> Step:
    if step.ruled_out:
        return step
    asked = {name: value for name, value in step.options.items() if name != "via"}
    request: ImageRequest = workspace.request(PROMPT, **asked)
    if step.pictures:
        references = tuple(_reference(role, data) for role, data in step.pictures.items())
        request = replace(request, operation="edit", references=references)
    try:
        plan = workspace.service.plan(
            workspace.order(request, route=route.name, mode="live", via=step.options.get("via"))
        )
    except (RequestInvalid, ConfigInvalid) as exc:
        return replace(step, ruled_out=exc.message)
    if step.options.get("stream") and not plan.stream:
        return replace(step, ruled_out="the route does not stream")
    return replace(step, estimate=plan.estimate)


def _reference(role: Role, data: bytes) -> Reference:
    """A picture that is not stored yet, as a reference that can be checked and not sent."""
    return Reference(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        path=Path(),
        role=role,
        width=EDGE,
        height=EDGE,
        has_alpha=True,
        bytes=len(data),
        source="probe",
    )


def _picture(alpha: int) -> bytes:
    """A small square, opaque or, as a mask, to be painted over in its middle."""
    from PIL import Image

    square = Image.new("RGBA", (EDGE, EDGE), (240, 240, 240, 255))
    square.paste((220, 60, 60, alpha), (EDGE // 4, EDGE // 4, EDGE * 3 // 4, EDGE * 3 // 4))
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()


def _pixels(size: str) -> int:
    width, height = parse_size(size) or (0, 0)
    return width * height


def _squareness(ratio: str) -> float:
    width, height = parse_ratio(ratio) or (1, 1)
    return max(width, height) / max(min(width, height), 1)
