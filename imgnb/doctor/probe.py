"""A probe: its requests made, and what each shows, as settings of the route.

Each is a real generation: in the library, within the budget, with its cost. A failure that says nothing about what the
route can do, such as a refused key or an empty account, ends the probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..api import meet
from ..display.follow import Viewer
from ..errors import ImgnbError, NotFound, RequestRefused
from ..providers.reaching import ask
from ..providers.routes import Route
from ..records import Generation
from ..workspace import Workspace
from .check import Check
from .probe_plan import Step, order, size_of

ENDING = ("auth", "billing", "budget", "connection", "timeout", "rate_limit", "server", "library")
"Kinds of errors that say nothing about what a route can do."

ENDED = "probe"
"The subject of the check that says that not everything was asked."

ENOUGH = 2
"Sizes that may be refused before no more are tried."


@dataclass(frozen=True)
class Found:
    """What a step has shown: a line, the settings that follow, and the generation that it made."""

    check: Check
    settings: Mapping[str, Any] = field(default_factory=dict)
    generation: Generation | None = None


def probe(
    workspace: Workspace, route: Route, steps: Sequence[Step], viewer: Callable[[], Viewer] | None = None
) -> Iterator[Found]:
    """Make the requests of the steps that are not ruled out, and say what each shows; `viewer` makes who shows one."""
    well: dict[str, bool] = {"": True}
    refused: list[str] = []
    for step in steps:
        if step.ruled_out:
            yield Found(Check(_subject(step), None, f"not asked: {step.ruled_out}"))
        elif not well.get(step.needs):
            yield Found(Check(_subject(step), None, f"not asked, as {step.needs} did not go"))
        elif step.name == "size" and len(refused) >= ENOUGH:
            yield Found(Check(_subject(step), None, f"not asked, as {', '.join(refused)} were refused"))
        else:
            outcome = _made(workspace, route, step, viewer)
            found = _judged(workspace, route, step, outcome, refused)
            well[step.name] = bool(found.check.ok)
            yield found
            if isinstance(outcome, ImgnbError) and outcome.kind in ENDING:
                yield Found(Check(ENDED, False, "ended early: what was not asked stays as it was"))
                return


def merged(settings: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Findings joined: tables of tables setting by setting, anything else by the later one."""
    joined = dict(settings)
    for name, value in found.items():
        if isinstance(value, Mapping):
            joined[name] = merged(joined.get(name, {}), value)
        else:
            joined[name] = value
    return joined


def _made(
    workspace: Workspace, route: Route, step: Step, viewer: Callable[[], Viewer] | None
) -> Generation | ImgnbError:
    try:
        return meet(workspace, order(workspace, route, step), viewer() if viewer else None)
    except ImgnbError as exc:
        return exc


def _subject(step: Step) -> str:
    return f"size {size}" if (size := size_of(step)) else step.name


def _judged(
    workspace: Workspace, route: Route, step: Step, outcome: Generation | ImgnbError, refused: list[str]
) -> Found:
    if step.name == "size":
        return _size(workspace, route, step, outcome, refused)
    if isinstance(outcome, ImgnbError):
        return _refused(workspace, route, step, outcome)
    return _WELL[step.name](workspace, route, outcome)


def _plain(workspace: Workspace, route: Route, made: Generation) -> Found:
    how = "as a link" if made.asset.url else "as base64"
    said = f"{made.asset.media_type} {made.effective.get('size', '')} {how}, in {made.seconds or 0:.1f} s"
    # Now that it draws, an address without a list of models is no mistake.
    listless = bool(route.models_path) and isinstance(
        ask(workspace.wire, route, route.key(), made.base_url).error, NotFound
    )
    return Found(Check("plain", True, said), {"models_path": ""} if listless else {}, made)


def _streamed(_: Workspace, __: Route, made: Generation) -> Found:
    if made.streamed:
        return Found(Check("stream", True, f"streams, with {made.partials_received} of 1 partials"), {}, made)
    said = next((note for note in made.notes if "stream" in note), "it answered at once, without a stream")
    return Found(Check("stream", False, f"does not stream: {said}"), {"streaming": False}, made)


def _streamed_bare(_: Workspace, __: Route, made: Generation) -> Found:
    subject = "no partials"
    if made.streamed:
        return Found(Check(subject, True, "streams without partials, too"), {}, made)
    return Found(Check(subject, False, "it streams with partials only"), {"min_partial_images": 1}, made)


def _edited(_: Workspace, __: Route, made: Generation) -> Found:
    return Found(Check("edit", True, f"takes pictures, at {made.endpoint}"), {}, made)


def _masked(_: Workspace, __: Route, made: Generation) -> Found:
    return Found(Check("mask", True, "takes masks"), {}, made)


def _transparent(workspace: Workspace, route: Route, made: Generation) -> Found:
    if made.asset.has_alpha:
        return Found(Check("transparent", True, "has transparent backgrounds"), {}, made)
    said = f"takes the parameter, and answers with an opaque {made.asset.media_type}"
    return Found(Check("transparent", False, said), _opaque(workspace, route), made)


def _responded(_: Workspace, __: Route, made: Generation) -> Found:
    return Found(Check("responses", True, f"{made.main_model} draws with {made.model}"), {}, made)


_WELL: Mapping[str, Callable[[Workspace, Route, Generation], Found]] = {
    "plain": _plain,
    "stream": _streamed,
    "no partials": _streamed_bare,
    "edit": _edited,
    "mask": _masked,
    "transparent": _transparent,
    "responses": _responded,
}
"What an answer to a step shows."

_ABOUT: Mapping[str, tuple[str, ...]] = {
    "edit": ("image", "images", "image[]"),
    "mask": ("mask",),
    "transparent": ("background", "output_format"),
    "responses": (),
}
"The parameters whose refusal says that a step's ability is missing; a refusal that names none does, too."


def _refused(workspace: Workspace, route: Route, step: Step, error: ImgnbError) -> Found:
    """What a failure shows: that an ability is missing, where it is a refusal of just that, else nothing."""
    check = Check.failed(step.name, error)
    about = (None, *_ABOUT.get(step.name, ()))
    gone = isinstance(error, NotFound) and error.code != "model_not_found"
    if step.name not in _ABOUT or not (gone or (isinstance(error, RequestRefused) and error.param in about)):
        return Found(check, {}, error.generation)
    settings: Mapping[str, Mapping[str, Any]] = {
        "edit": {"edit_path": "", **({"edit_body": "multipart"} if route.edit_body == "image_array" else {})},
        "mask": {"refuses": {"mask": {"*": "edit without a mask, or use another --route"}}},
        "transparent": _opaque(workspace, route),
        "responses": {"also_speaks": [name for name in route.also_speaks if name != "responses"]},
    }
    return Found(replace(check, hint=""), settings[step.name], error.generation)


def _opaque(workspace: Workspace, route: Route) -> dict[str, Any]:
    """That there is no transparency: of the model, where the tables know it, else of the route."""
    model = _model(workspace, route)
    if workspace.capabilities.on(route.capabilities, route.offers).model(model) is not None:
        return {"capabilities": {model: {"transparent": "no"}}}
    return {"refuses": {"background": {"transparent": "use another --route"}}}


def _size(
    workspace: Workspace, route: Route, step: Step, outcome: Generation | ImgnbError, refused: list[str]
) -> Found:
    size = str(size_of(step))
    if isinstance(outcome, ImgnbError):
        if not isinstance(outcome, RequestRefused) or outcome.param not in (None, "size"):
            return Found(Check.failed(f"size {size}", outcome), {}, outcome.generation)
        refused.append(size)
        return Found(
            Check(f"size {size}", False, outcome.message), _sizes(workspace, route, refused), outcome.generation
        )
    came = outcome.effective.get("size")
    if route.ratios or came == size:
        return Found(Check(f"size {size}", True, f"came as {came}"), {}, outcome)
    refused.append(size)
    return Found(Check(f"size {size}", False, f"came as {came}"), _sizes(workspace, route, refused), outcome)


def _sizes(workspace: Workspace, route: Route, refused: Sequence[str]) -> dict[str, Any]:
    """The usual sizes, or the route's ratios, without those that were refused."""
    if route.ratios:
        return {"ratios": [ratio for ratio in route.ratios if ratio not in refused]}
    facts, model = workspace.capabilities.on(route.capabilities, route.offers), _model(workspace, route)
    rule = facts.size_rule(model)
    if rule is None:
        return {}
    return {"capabilities": {model: {"sizes": [size for size in rule["usual"] if size not in refused]}}}


def _model(workspace: Workspace, route: Route) -> str:
    facts = workspace.capabilities.on(route.capabilities, route.offers)
    return workspace.settings.model or route.default_model or facts.default_model
