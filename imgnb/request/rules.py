"""What the way to a model adds to the model's own rules: the route's limits, and what its protocol has and has not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ..errors import RequestInvalid, SizeUnsupported
from .capabilities import Capabilities
from .image_request import CONVERSING, ImageRequest
from .sizes import nearest_ratio, parse_size

_IMAGES_ONLY = ("n", "markup")
"What the Images API has and the Responses API's tool has not."


@dataclass(frozen=True)
class Rules:
    """What the way to the model adds to the model's own rules."""

    refuses: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    'What the route is known to refuse: {parameter: {value: advice}}, the value "*" standing for any.'
    takes: tuple[str, ...] | None = None
    "The only parameters that it takes, where it does not take all."
    ratios: tuple[str, ...] = ()
    "Aspect ratios that it takes in place of sizes."
    edits: bool = True
    converses: bool = False
    "True over the Responses API, where a main model calls the image model as its tool."
    main_model: str | None = None


def check_way(request: ImageRequest, facts: Capabilities, rules: Rules) -> None:
    """Raise RequestInvalid or a kind of it for what cannot go this way."""
    _check_route(request, rules)
    if rules.converses:
        _check_conversation(request, facts, rules)
    else:
        _check_alone(request)


def _check_route(request: ImageRequest, rules: Rules) -> None:
    given: dict[str, Any] = {
        **request.params(),
        **{reference.role: reference.source for reference in request.references},
    }
    for param, values in rules.refuses.items():
        advice = values.get(str(given.get(param))) or (values.get("*") if param in given else None)
        if advice:
            raise RequestInvalid(f"the route refuses {param} {given[param]!r}", hint=advice, param=param)
    known = [param for param in given if param not in request.extras]  # what is not known here is sent as it is
    for param in known if rules.takes is not None else ():
        if param not in (*(rules.takes or ()), "image", "stream", "partial_images"):
            raise RequestInvalid(
                f"the route does not take {param}",
                hint=f"leave it out; it takes {', '.join(rules.takes or ()) or 'a prompt alone'}",
                param=param,
            )
    if request.references and not rules.edits:
        raise RequestInvalid(
            "the route takes no pictures", hint="use another --route for what begins with a picture", param="image"
        )


def _check_conversation(request: ImageRequest, facts: Capabilities, rules: Rules) -> None:
    main = rules.main_model or facts.default_main_model
    if any(fnmatchcase(main, pattern) for pattern in facts.facts["not_main"]):
        raise RequestInvalid(
            f"{main} is an image model and cannot lead a conversation",
            hint=f"give it as --model, and as --main-model one such as {facts.default_main_model}",
            param="main_model",
        )
    for param in _IMAGES_ONLY:
        given = request.reference("markup") if param == "markup" else getattr(request, param)
        if given is not None and given != 1:
            raise RequestInvalid(
                f"the Responses API has no {param}", hint="leave it out, or go --via images", param=param
            )
    if request.action not in (None, *facts.facts["choices"]["action"]):
        raise RequestInvalid(
            f"action {request.action!r} is not offered",
            hint=f"use {', '.join(facts.facts['choices']['action'])}",
            param="action",
        )
    if request.action == "edit" and not request.images and not (request.continues and request.continues.pictures):
        raise RequestInvalid(
            "action 'edit' needs a picture, and there is none",
            hint="name one, such as @last, or go on from a turn that has one: --continue @last",
            param="action",
        )


def _check_alone(request: ImageRequest) -> None:
    """What only the Responses API has is refused elsewhere."""
    for param in CONVERSING:
        if getattr(request, param) is not None:
            raise RequestInvalid(f"{param} is only for the Responses API", hint="add --via responses", param=param)
    if request.continues is not None:
        raise RequestInvalid(
            "only the Responses API goes on from an earlier answer",
            hint="add --via responses and a route that speaks it, or edit the picture: %%imageedit @name",
            param="continues",
        )
    if request.operation == "converse":
        raise RequestInvalid(
            "only the Responses API converses", hint="use a route that speaks it; `imgnb routes` lists them"
        )


def ratio_notes(request: ImageRequest, rules: Rules) -> Iterator[str]:
    """For a route that takes ratios: what the size is turned into, where that is something else."""
    if not rules.ratios or request.size in (None, "auto", *rules.ratios):
        return
    near = nearest_ratio(str(request.size), rules.ratios)
    if near is None or parse_size(str(request.size)) is None:
        raise SizeUnsupported(
            f"size {request.size!r} is none of the route's ratios",
            hint=f"the nearest is {near}" if near else f"use {', '.join(rules.ratios)}, or WIDTHxHEIGHT",
            param="size",
        )
    yield f"size {request.size} is sent as {near}: the route takes ratios only"
