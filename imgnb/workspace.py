"""The object that knows all the parts. Nobody else builds or remembers.

`current()` gives the workspace of the environment as it is now: after `%env IMGNB_MODE=replay`, a change of folder or of
a route's base URL, the next call gets another one.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import config
from .errors import ConfigInvalid, ImgnbError, ImgnbWarning, PromptInvalid, RequestInvalid
from .events import Cancel, Event, Failed, Finished, Replayed
from .generation import Order
from .generation.plan import HOW
from .library import Budget, parse_budgets
from .providers import DIALECTS
from .providers.route_table import RouteRow, route_rows
from .providers.routes import Route, load_routes, pick_route
from .records import Generation
from .records.session import SESSION
from .reports.pinning import pinned
from .request import PARAMS, ImageRequest
from .request.capabilities import Capabilities, normal_size
from .request.templates import fill

if TYPE_CHECKING:
    from .generation.references import Gathering, Picture
    from .generation.service import Service
    from .library import Library
    from .providers.http import Wire

IMAGE_INPUTS = ("data", "url", "file")
"Ways to send a conversation's pictures."


class Workspace:
    """Settings, library, routes and service, built at first use. Close it, or use it as a context manager."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings
        self._budgets: tuple[Budget, ...] | None = None
        # None for as long as they are those of the settings.

    @classmethod
    def open(cls, start: Path | None = None, **settings: Any) -> Workspace:
        """A workspace for the folder `start`; `settings` win over files and environment. Raises ConfigInvalid."""
        return cls(config.load(start, **settings))

    @cached_property
    def library(self) -> Library:
        """The asset library. Raises LibraryError kinds when it cannot be opened."""
        from .library import Library  # half a second of SQLModel

        library = Library(self.settings.library, journal=self.settings.journal or "wal")
        library.remixer = self.remix
        for note in library.notes:
            warnings.warn(note, ImgnbWarning, stacklevel=2)
        return library

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities.load(self.settings.models, self.settings.prices)

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        return load_routes(self.settings.routes, models=self.settings.models)

    @cached_property
    def wire(self) -> Wire:
        from .providers.http import Timeouts, Wire  # httpx
        from .providers.local_api.serve import LocalTransport

        settings = self.settings
        timeouts = Timeouts(settings.connect_timeout, settings.read_timeout, settings.total_timeout)
        return Wire(timeouts, {"local://": LocalTransport()})

    @cached_property
    def service(self) -> Service:
        from .generation.retries import Policy
        from .generation.service import Service  # and with it everything that draws
        from .generation.tools import Tools

        settings = self.settings
        policy = Policy(settings.attempts, settings.first_wait, settings.total_timeout)
        return Service(
            Tools(self.library, self.wire, self.routes, self.capabilities, policy),
            default_route=settings.route,
            default_model=settings.model,
            default_main_model=settings.main_model,
            partial_images=settings.partial_images,
            fallback=settings.fallback,
            budgets=self.budgets,
        )

    def request(
        self,
        prompt: str,
        *,
        images: Picture | Sequence[Picture] | None = None,
        mask: Picture | None = None,
        markup: Picture | None = None,
        variables: Mapping[str, object] | None = None,
        extras: Mapping[str, object] | None = None,
        continues: str | Generation | None = None,
        converse: bool = False,
        mode: str | None = None,
        mask_fit: bool = False,
        mask_invert: bool = False,
        force: bool = False,
        names: Mapping[str, object] | None = None,
        **params: Any,
    ) -> ImageRequest:
        """The request that these words make; with `variables`, `{{ name }}` in the prompt is filled from them.

        With `images`, even none, it is an edit: what names no picture to edit must not be paid for as a new one.
        `continues` is the generation to go on from: itself, its address, or "last" for the newest answer of a conversation.
        With `converse`, the main model decides whether it draws. `mode` says whether links are fetched: see `Gathering`.
        `mask_fit` scales a mask to its picture, `mask_invert` turns it round, and `force` takes one that leaves nothing or
        everything to be edited. `names` is what `$name` stands for among pictures, by default the `variables`.
        Raises RequestInvalid for a parameter that does not exist, PromptInvalid for a template that cannot be filled.
        """
        from .generation.masks import MaskWishes

        _check_names(prompt, params, variables=variables, extras=extras)
        if isinstance(params.get("size"), str):
            params["size"] = normal_size(params["size"])
        params["cutout"] = _flag("cutout", params.get("cutout")) or None
        wishes = MaskWishes(_flag("mask_fit", mask_fit), _flag("mask_invert", mask_invert), _flag("force", force))
        before = None if continues is None else self._continued(continues)
        turn = None if before is None else self.library.turn(before)
        if before is not None and images is None and before.assets != before.originals:
            # It was composited or cut out: that is what its user sees and goes on from, and no server has it.
            images = [asset for asset in before.assets if asset not in before.originals]
        gathering = self._gathering(mode, names if names is not None else variables or {})
        base = next(iter(turn.pictures), None) if turn else None
        references = gathering.references(images, mask, markup, base=base, wishes=wishes)
        template: str | None = None
        used: dict[str, str] = {}
        if variables is not None:
            prompt, template, used = fill(prompt, variables)
        return ImageRequest(
            prompt,
            operation="converse" if converse else "generate" if images is None and not references else "edit",
            extras=MappingProxyType(dict(extras or {})),
            references=references,
            continues=turn,
            template=template,
            variables=MappingProxyType(used),
            **{name: value for name, value in params.items() if value is not None},
        )

    def _gathering(self, mode: str | None, names: Mapping[str, object]) -> Gathering:
        from .generation.references import Gathering

        most = int(self.capabilities.limits["images"])
        return Gathering(self.library, self.wire, self._mode(mode), names, most)

    def _mode(self, given: str | None) -> str:
        """The mode of a request that says this or nothing; where the environment says replay, nothing else can be said."""
        return "replay" if config.only_replays() else given or self.settings.mode

    def order(self, request: ImageRequest, **options: Any) -> Order:
        """An order for this request: route, mode, take, name, previews and place, with settings and lock filled in."""
        given = {name: value for name, value in options.items() if value is not None}
        if (mode := given.get("mode", "auto")) not in config.CHOICES["mode"]:
            raise RequestInvalid(f"mode is {mode!r}", hint=f"use {', '.join(config.CHOICES['mode'])}", param="mode")
        given["mode"] = self._mode(given.get("mode"))
        for name in ("route", "name", "via"):
            if not isinstance(given.get(name, ""), str):
                raise RequestInvalid(f"{name} is {given[name]!r}", hint="give text, in quotes", param=name)
        for name, choices in (("via", tuple(DIALECTS)), ("image_input", IMAGE_INPUTS)):
            if given.get(name, choices[0]) not in choices:
                raise RequestInvalid(f"{name} is {given[name]!r}", hint=f"use {', '.join(choices)}", param=name)
        if "fallback" in given:
            given["fallback"] = _names(given["fallback"])
        given["composite"] = _flag("composite", given.get("composite", False))
        take = given.get("take")
        if take is not None and (isinstance(take, bool) or not isinstance(take, int) or take < 1):
            raise RequestInvalid(f"take is {take!r}", hint="use a whole number from 1", param="take")
        return self._pinned(Order(request, **given))

    def _pinned(self, order: Order) -> Order:
        """The order, with what the lock in force says of it. Raises LockInvalid for a lock that cannot be read."""
        if order.mode == "live":
            return order
        try:
            fingerprint = order.request.fingerprint()
        except (TypeError, ValueError):  # what is asked is no plain value, which the service says
            return order
        pin, unpinned = pinned(fingerprint, order.place, self.settings.lock, order.take)
        return replace(order, pin=pin, unpinned=unpinned)

    def run(self, order: Order, cancel: Cancel | None = None) -> Iterator[Event]:
        """Meet the order: its events, ending with Finished, Replayed or Failed."""
        with closing(self.service.run(order, cancel)) as events:
            for event in events:
                if isinstance(event, Finished | Replayed):
                    SESSION.add(event.generation, order.place)
                yield event

    def remix(self, generation: Generation, prompt: str | None, changes: Mapping[str, Any]) -> Generation:
        """Ask for a stored generation anew, with another prompt, or with parameters and options changed.

        Its pictures, its turn and its route stay unless others are given. Raises what the run failed with.
        """
        given = {
            role: [item.asset for item in generation.inputs if item.role == role]
            for role in ("image", "mask", "markup")
        }
        known = {name: value for name, value in generation.params.items() if name in PARAMS}
        asked: dict[str, Any] = {
            **known,
            "extras": {name: value for name, value in generation.params.items() if name not in PARAMS},
            "images": given["image"] or None,
            "mask": next(iter(given["mask"]), None),
            "markup": next(iter(given["markup"]), None),
            "continues": f"@{generation.continues}" if generation.continues else None,
            "converse": generation.operation == "converse",
            **{name: value for name, value in changes.items() if name not in HOW},
        }
        derived = [kind for asset in generation.assets[:1] for kind in self.library.made_as(asset)]
        how: dict[str, Any] = {
            "route": generation.route if generation.route in self.routes else None,
            "via": None if "route" in changes or generation.dialect == "images" else generation.dialect,
            "composite": "composite" in derived and changes.get("mask", given["mask"]) not in (None, []),
            **{name: value for name, value in changes.items() if name in HOW},
        }
        order = self.order(self.request(generation.prompt if prompt is None else prompt, **asked), **how)
        *_, last = self.run(order)
        if isinstance(last, Failed):
            raise last.error
        assert isinstance(last, Finished | Replayed)
        made: Generation = last.generation
        return made

    def route_rows(self) -> tuple[RouteRow, ...]:
        """What every route can do, in plain values; the one that is taken when none is named is marked."""
        picked = pick_route(self.routes, self.settings.route).name
        return route_rows(self.routes.values(), self.capabilities, picked=picked, model=self.settings.model)

    def warm(self) -> None:
        """Load and open what the first request needs, so that it is not kept waiting. A new library is not made yet."""
        import PIL.Image
        import PIL.ImageDraw
        import PIL.ImageFont  # noqa: F401

        from .generation import references, service  # noqa: F401
        from .generation.surroundings import packages
        from .library import Library  # noqa: F401

        packages()
        with suppress(ImgnbError):
            _ = self.wire.client, self.capabilities, self.routes
            if self.settings.library.is_dir():
                self.library.answer("r1:warm")

    def close(self) -> None:
        """Close the library and all connections."""
        if "wire" in self.__dict__:
            self.wire.close()
        if "library" in self.__dict__:
            self.library.close()

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """What may be spent. Set, they hold for as long as this process runs and no other budget comes by the settings."""
        return parse_budgets(self.settings.budget) if self._budgets is None else self._budgets

    @budgets.setter
    def budgets(self, budgets: Sequence[Budget]) -> None:
        self._budgets = tuple(budgets)
        if "service" in self.__dict__:
            self.service.budgets = self._budgets

    def _continued(self, item: str | Generation) -> Generation:
        """The answer that is to be gone on from."""
        if isinstance(item, Generation):
            return item
        if not isinstance(item, str):
            raise RequestInvalid(
                f"a {type(item).__name__} cannot be gone on from",
                hint="give a generation, @name or last",
                param="continues",
            )
        if item.removeprefix("@") != "last":
            return self.library.generation(item)
        if (newest := self.service.last_turn) is not None:
            return self.library.generation(newest)
        found = self.library.find(dialect="responses", limit=1)
        if not found:
            raise RequestInvalid(
                "there is no conversation yet to go on from", hint="begin one with --via responses", param="continues"
            )
        return found[0]

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace(library={str(self.settings.library)!r}, mode={self.settings.mode!r})"


_current: tuple[object, Workspace] | None = None
_lock = threading.RLock()


def current() -> Workspace:
    """The workspace of the working folder and environment as they are now."""
    global _current
    state = (
        os.getpid(),
        _working_folder(),
        tuple(
            sorted(item for item in os.environ.items() if item[0].startswith("IMGNB_") or item[0].endswith("_BASE_URL"))
        ),
    )
    with _lock:
        if _current is None or _current[0] != state:
            workspace = Workspace.open()
            if _current is not None and _current[0][0] == state[0]:  # type: ignore[index]
                _hand_on(_current[1], workspace)
            _current = (state, workspace)
        return _current[1]


def _check_names(prompt: object, params: Mapping[str, Any], **named: object) -> None:
    """Raise RequestInvalid for a parameter that does not exist or what is no table of names, PromptInvalid for no text."""
    for name in params:
        if name not in PARAMS:
            close = get_close_matches(name, PARAMS, 1)
            hint = f"did you mean {close[0]!r}?" if close else "give it in extras={...} to send it as it is"
            raise RequestInvalid(f"there is no parameter {name!r}", hint=hint, param=name)
    if not isinstance(prompt, str):
        raise PromptInvalid(f"the prompt is {type(prompt).__name__}, not text", hint="give a string", param="prompt")
    for name, table in named.items():
        if table is not None and not (isinstance(table, Mapping) and all(isinstance(key, str) for key in table)):
            raise RequestInvalid(f"{name} is {table!r}, not a table of names", hint='give {"name": value}', param=name)


def _flag(name: str, value: object) -> bool:
    """A yes or no. Raises RequestInvalid for anything else: "no" would be taken for yes."""
    if value is None or isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise RequestInvalid(f"{name} is {value!r}", hint="use True or False", param=name)


def _names(given: object) -> tuple[str, ...]:
    """Names from "one, other" or a list of them. Raises RequestInvalid for anything else."""
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise RequestInvalid(f"fallback is {given!r}", hint='name routes: "xairouter,laozhang"', param="fallback")
    return tuple(filter(None, (name.strip() for name in names)))


def _working_folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError as exc:
        raise ConfigInvalid("the working folder has been deleted", hint="go to another with os.chdir, or cd") from exc


def _hand_on(old: Workspace, new: Workspace) -> None:
    """Hand an open library on when it stays the same, so that its runs go on; runs of another one keep theirs open."""
    if old.settings.library == new.settings.library and "library" in old.__dict__:
        new.__dict__["library"] = old.library
    if "service" in old.__dict__ and "library" in new.__dict__:
        new.service.last_turn = old.service.last_turn
    if old._budgets is not None and old.settings.budget == new.settings.budget:
        new.budgets = old._budgets
