"""`imgnb doctor`: what is well and what is not, as lines or as one document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ..display.terminal import TerminalLine
from ..doctor.check import Check
from ..doctor.examine import TIMEOUTS, examine, in_words
from ..doctor.here import here, versions
from ..doctor.probe import ENDED, Found, merged, probe
from ..doctor.probe_plan import Step, steps
from ..errors import ConfigInvalid, ImgnbError
from ..events import Progress
from ..providers import probed
from ..providers.probed import Findings
from ..providers.routes import Route, load_routes, pick_route
from ..records import Generation
from ..workspace import Workspace
from .printing import plain, print_json

MARKS = {True: "✓", False: "✗", None: "–"}
PLAIN_MARKS = {True: "+", False: "x", None: "-"}
"Where the output's encoding has no others."


def doctor(arguments: argparse.Namespace) -> int:
    """Look at everything that is asked for; status 1 where something that was looked at is not well."""
    report = _Report(arguments.json)
    report.versions(versions())
    try:
        workspace = Workspace.open(None, **TIMEOUTS)
        _ = workspace.routes
    except ConfigInvalid as exc:
        report.here([Check.failed("settings", exc)])
        return report.end()
    with workspace:
        chosen = _chosen(workspace, arguments.route)
        if arguments.forget:
            return _forgotten(_one(chosen, arguments.route), report)
        if arguments.probe:
            _one(chosen, arguments.route)
        report.here(here(workspace.settings))
        for route in chosen:
            report.route(workspace, route)
    if arguments.probe:
        _probed(chosen[0], arguments.yes, report)
    return report.end()


class _Report:
    """What was found, printed as it comes, or kept for one document."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.document: dict[str, Any] = {}
        self.line = TerminalLine()
        self._well = True
        self._marks = MARKS if _printable("".join(MARKS.values())) else PLAIN_MARKS

    def versions(self, found: dict[str, str]) -> None:
        self.document["versions"] = found
        self.say(" · ".join(f"{name} {version}" for name, version in found.items()))

    def here(self, checks: Iterable[Check]) -> None:
        self._take("checks", checks)

    def route(self, workspace: Workspace, route: Route) -> None:
        self.say(f"\nroute {route.name}")
        self._into(route)["checks"] = kept = []
        for event in examine(workspace, route):
            if isinstance(event, Progress):
                self.line.show(event)
            else:
                kept.append(self.check(event))

    def probe(self, route: Route, found: Iterator[Found]) -> Iterator[Found]:
        self._into(route)["probe"] = kept = []
        for one in found:
            # That a route cannot do everything is no failure of it; that it does not draw is.
            counts = one.check.subject in ("plain", ENDED)
            kept.append({**self.check(one.check, counts), "generation": one.generation and one.generation.id})
            yield one

    def check(self, check: Check, counts: bool = True) -> dict[str, Any]:
        """Print a check, and give it as it stands in a document; one that `counts` decides about the exit status."""
        self._well = self._well and not (counts and check.ok is False)
        self.line.clear()
        self.say(f"{self._marks[check.ok]} {check.subject:<14} {check.said}")
        if check.hint and check.ok is not True:
            self.say(f"  -> {check.hint}")
        return check.to_dict()

    def say(self, text: str) -> None:
        """Print for people."""
        if not self.as_json:
            print(plain(text), flush=True)

    def remembered(self, route: Route, settings: dict[str, Any], text: str) -> None:
        self._into(route)["found"] = settings
        self.say(text)

    def end(self) -> int:
        """Print the document, if one is wanted, and give the exit status."""
        if self.as_json:
            print_json({**self.document, "ok": self._well})
        return 0 if self._well else 1

    def _take(self, name: str, checks: Iterable[Check]) -> None:
        self.document.setdefault(name, []).extend([self.check(check) for check in checks])

    def _into(self, route: Route) -> dict[str, Any]:
        found: dict[str, Any] = self.document.setdefault("routes", {}).setdefault(route.name, {})
        return found


def _chosen(workspace: Workspace, name: str | None) -> list[Route]:
    """The route that is named; else all of the user's own whose key is there, and the one that would be taken."""
    if name is not None:
        return [pick_route(workspace.routes, name)]
    taken = pick_route(workspace.routes, workspace.settings.route)
    return [
        route for route in workspace.routes.values() if route is taken or (route.has_key() and not route.from_project)
    ]


def _one(chosen: Sequence[Route], named: str | None) -> Route:
    if named is None:
        raise ConfigInvalid("no route is named", hint="add --route NAME; imgnb routes lists them")
    return chosen[0]


def _forgotten(route: Route, report: _Report) -> int:
    there = probed.forget(route.name)
    report.document["forgotten"] = there
    report.say(f"what probes found of route {route.name} is forgotten" if there else "there was nothing to forget")
    return report.end()


def _probed(route: Route, yes: bool, report: _Report) -> None:
    """Say what a probe would ask and cost; with consent, make it and keep what it finds."""
    with Workspace.open(attempts=1, fallback=()) as workspace:
        workspace.routes = load_routes(workspace.settings.routes, probes=False)  # what was found before is asked again
        route = workspace.routes[route.name]
        planned = steps(workspace, route)
        out = sys.stderr if report.as_json else sys.stdout
        print(plain("\n" + "\n".join(_plan(route, planned))), file=out, flush=True)
        _consent(yes)
        _made(workspace, route, planned, report)


def _made(workspace: Workspace, route: Route, planned: Sequence[Step], report: _Report) -> None:
    settings: dict[str, Any] = {}
    made: list[Generation] = []
    whole, ended = False, False
    try:
        for found in report.probe(
            route, probe(workspace, route, planned, TerminalLine if report.line.active else None)
        ):
            settings = merged(settings, found.settings)
            made += [found.generation] if found.generation is not None and found.generation.assets else []
            ended = ended or found.check.subject == ENDED
        whole = not ended
    finally:
        if made:
            if not whole and (before := probed.findings(route.name, route.base_url)) is not None:
                settings = merged(before.settings, settings)
            path = probed.remember(route.name, Findings(route.base_url, f"{datetime.now(UTC):%Y-%m-%d}", settings))
            report.remembered(
                route, settings, f"\n{_learnt(workspace, route, settings)}\nkept in {path}; {_spent(made)}"
            )


def _learnt(workspace: Workspace, route: Route, settings: dict[str, Any]) -> str:
    """What was found, and what of it the user's own settings say otherwise."""
    own = [name for name in settings if name in workspace.settings.routes.get(route.name, {})]
    first = f"\n[routes.{route.name}] of your own says {', '.join(own)}, and goes first" if own else ""
    return f"found {in_words(settings) or 'nothing but what its table says'}{first}"


def _plan(route: Route, planned: Sequence[Step]) -> Iterator[str]:
    asked = [step for step in planned if not step.ruled_out]
    amounts = [step.estimate.amount for step in asked if step.estimate.amount is not None]
    currency = next((step.estimate.currency for step in asked if step.estimate.amount is not None), "USD")
    total = f"about {sum(amounts):.3g} {currency}" if amounts else "an unknown amount"
    unknown = f" and {len(asked) - len(amounts)} of unknown cost" if amounts and len(amounts) < len(asked) else ""
    yield f"a probe of route {route.name} ({route.base_url}) asks for {len(asked)} pictures at {total}{unknown}:"
    for step in planned:
        amount = step.estimate.amount
        cost = "cost not known" if amount is None else f"{amount:.3g} {step.estimate.currency}"
        yield f"  {step.name:<20} {f'not asked: {step.ruled_out}' if step.ruled_out else f'{step.asks:<44} {cost}'}"
    yield "each is a real generation, is kept in the library, and counts in the budget"


def _consent(yes: bool) -> None:
    """Raises ImgnbError where nobody agrees."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ImgnbError("a probe costs money, and nobody is here to agree", hint="add --yes")
    print("go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ImgnbError("the probe was not made", hint="nothing was sent")


def _spent(made: Sequence[Generation]) -> str:
    """How many pictures were made for how much."""
    known = [generation.cost for generation in made if generation.cost is not None]
    unknown = f", {len(made) - len(known)} of unknown cost" if len(known) < len(made) else ""
    return f"{len(made)} pictures for {sum(known):.3g} {made[0].currency}{unknown}"


def _printable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeError:
        return False
    return True
