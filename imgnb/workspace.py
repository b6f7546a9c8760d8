"""The object that knows all the parts, and the public functions over it. Nobody else builds or remembers.

`current()` gives the workspace of the environment as it is now: after `%env IMGNB_MODE=replay`, a change of folder or of
a route's base URL, the next call gets another one.
"""

from __future__ import annotations

import asyncio
import os
import threading
import warnings as python_warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import config
from .errors import Cancelled, ImgnbError, PromptInvalid, RequestInvalid
from .events import Cancel, Event, Failed, Finished, Replayed
from .generation import Order, Service
from .generation.retries import Policy
from .library import Library
from .providers.http import Timeouts, Wire
from .providers.local_serve import LocalTransport
from .providers.routes import Route, load_routes
from .records import Asset, Generation
from .request import PARAMS, ImageRequest, Reference
from .request.capabilities import Capabilities, normal_size
from .request.templates import fill

Picture = Any
"Something that can go into a request: an Asset, a Generation, a reference such as @last, a path, bytes, or a PIL image."


class ImgnbWarning(UserWarning):
    """Something was done otherwise than asked, or may not work."""


class Workspace:
    """Settings, library, routes and service, built at first use. Close it, or use it as a context manager."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings

    @classmethod
    def open(cls, start: Path | None = None, **settings: Any) -> Workspace:
        """A workspace for the folder `start`; `settings` win over files and environment. Raises ConfigInvalid."""
        return cls(config.load(start, **settings))

    @cached_property
    def library(self) -> Library:
        """The asset library. Raises LibraryError kinds when it cannot be opened."""
        return Library(self.settings.library, journal=self.settings.journal or "wal")

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities.load(self.settings.models)

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        return load_routes(self.settings.routes)

    @cached_property
    def wire(self) -> Wire:
        settings = self.settings
        timeouts = Timeouts(settings.connect_timeout, settings.read_timeout, settings.total_timeout)
        return Wire(timeouts, {"local://": LocalTransport()})

    @cached_property
    def service(self) -> Service:
        settings = self.settings
        return Service(
            self.library,
            self.wire,
            self.routes,
            self.capabilities,
            default_route=settings.route,
            default_model=settings.model,
            partial_images=settings.partial_images,
            policy=Policy(settings.attempts, settings.first_wait, settings.total_timeout),
        )

    def request(
        self,
        prompt: str,
        *,
        images: Picture | Sequence[Picture] = (),
        mask: Picture | None = None,
        markup: Picture | None = None,
        variables: Mapping[str, object] | None = None,
        extras: Mapping[str, object] | None = None,
        **params: Any,
    ) -> ImageRequest:
        """The request that these words make; with `variables`, `{{ name }}` in the prompt is filled from them.

        Raises RequestInvalid for a parameter that does not exist, PromptInvalid for a template that cannot be filled.
        """
        for name in params:
            if name not in PARAMS:
                close = get_close_matches(name, PARAMS, 1)
                hint = f"did you mean {close[0]!r}?" if close else "give it in extras={...} to send it as it is"
                raise RequestInvalid(f"there is no parameter {name!r}", hint=hint, param=name)
        if not isinstance(prompt, str):
            raise PromptInvalid(
                f"the prompt is {type(prompt).__name__}, not text", hint="give a string", param="prompt"
            )
        if isinstance(params.get("size"), str):
            params["size"] = normal_size(params["size"])
        references = self._references(images, mask, markup)
        template: str | None = None
        used: dict[str, str] = {}
        if variables is not None:
            prompt, template, used = fill(prompt, variables)
        return ImageRequest(
            prompt,
            operation="edit" if references else "generate",
            extras=MappingProxyType(dict(extras or {})),
            references=references,
            template=template,
            variables=MappingProxyType(used),
            **{name: value for name, value in params.items() if value is not None},
        )

    def order(self, request: ImageRequest, **options: Any) -> Order:
        """An order for this request: route, mode, take, name, previews and place, with the settings filled in."""
        given = {name: value for name, value in options.items() if value is not None}
        if (mode := given.setdefault("mode", self.settings.mode)) not in config.CHOICES["mode"]:
            raise RequestInvalid(f"mode is {mode!r}", hint=f"use {', '.join(config.CHOICES['mode'])}", param="mode")
        take = given.get("take")
        if take is not None and (isinstance(take, bool) or not isinstance(take, int) or take < 1):
            raise RequestInvalid(f"take is {take!r}", hint="use a whole number from 1", param="take")
        return Order(request, **given)

    def run(self, order: Order, cancel: Cancel | None = None) -> Iterator[Event]:
        """Meet the order: its events, ending with Finished, Replayed or Failed."""
        return self.service.run(order, cancel)

    def warm(self) -> None:
        """Load and open what the first request needs, so that it is not kept waiting."""
        with suppress(ImgnbError):
            self.library.answer("r1:warm", route=None)
            _ = self.service, self.wire.client

    def close(self) -> None:
        """Close the library and all connections."""
        if "wire" in self.__dict__:
            self.wire.close()
        if "library" in self.__dict__:
            self.library.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace(library={str(self.settings.library)!r}, mode={self.settings.mode!r})"

    def _references(self, images: Any, mask: Any, markup: Any) -> tuple[Reference, ...]:
        if isinstance(images, str | bytes | Path | Asset | Generation) or hasattr(images, "save"):
            images = (images,)
        listed = [("image", item) for item in images]
        listed += [(role, item) for role, item in (("mask", mask), ("markup", markup)) if item is not None]
        return tuple(self._reference(item, role) for role, item in listed)

    def _reference(self, item: Any, role: Any) -> Reference:
        asset, source = self._stored(item, role)
        return Reference(
            sha256=asset.sha256,
            media_type=asset.media_type,
            path=asset.path,
            role=role,
            width=asset.width,
            height=asset.height,
            has_alpha=asset.has_alpha,
            bytes=asset.byte_count,
            source=source,
        )

    def _stored(self, item: Any, role: str) -> tuple[Asset, str]:
        """The asset that an item is or becomes, and what the user wrote."""
        if isinstance(item, Generation):
            return item.asset, f"@{item.id}"
        if isinstance(item, Asset):
            return item, f"@{item.sha256[:12]}"
        if isinstance(item, str) and item.startswith("@"):
            return self.library.asset(item), item
        if isinstance(item, str | Path):
            path = Path(item).expanduser()
            if not path.is_file():
                raise RequestInvalid(
                    f"the {role} {str(item)!r} is not a file", hint="give a path, or @name", param=role
                )
            return self.library.add(path, source=str(item)), str(item)
        if isinstance(item, bytes | bytearray):
            return self.library.add(bytes(item), source="bytes"), "bytes"
        if hasattr(item, "save") and hasattr(item, "mode"):
            import io

            buffer = io.BytesIO()
            item.save(buffer, "PNG")
            return self.library.add(buffer.getvalue(), source="PIL image"), "PIL image"
        raise RequestInvalid(
            f"a {type(item).__name__} cannot be used as {role}",
            hint="give an Asset, a Generation, @name, a path, bytes or a PIL image",
            param=role,
        )


_current: tuple[object, Workspace] | None = None
_lock = threading.RLock()


def current() -> Workspace:
    """The workspace of the working folder and environment as they are now."""
    global _current
    state = (
        os.getpid(),
        os.getcwd(),
        tuple(sorted(item for item in os.environ.items() if item[0].startswith(("IMGNB_", "OPENAI_BASE_URL")))),
    )
    with _lock:
        if _current is None or _current[0] != state:
            workspace = Workspace.open()
            if _current is not None and _current[0][0] == state[0]:  # type: ignore[index]
                _keep_or_close(_current[1], workspace)
            _current = (state, workspace)
        return _current[1]


def _keep_or_close(old: Workspace, new: Workspace) -> None:
    """Hand an open library on when it stays the same, so that its runs go on; runs of another one keep theirs open."""
    if old.settings.library == new.settings.library and "library" in old.__dict__:
        new.__dict__["library"] = old.library


def generate(prompt: str, **options: Any) -> Generation:
    """Draw pictures from a prompt and return the stored generation.

    Options are the SDK's parameters (model, n, size, quality, background, output_format, output_compression, moderation,
    partial_images, complexity, ...), and imgnb's: route, mode ("auto", "live", "replay"), take, name, variables (fills
    `{{ name }}` in the prompt), extras (sent as they are). Raises ImgnbError kinds, and Cancelled when interrupted.
    """
    return _last(stream(prompt, **options))


def edit(
    prompt: str, images: Picture | Sequence[Picture], *, mask: Picture | None = None, **options: Any
) -> Generation:
    """Draw pictures from a prompt and up to 16 images, the first being the base; `mask` says where it may change.

    Images are Assets, Generations, "@name", paths, bytes or PIL images. Options and errors are those of `generate`.
    """
    return _last(stream(prompt, images=images, mask=mask, **options))


def stream(prompt: str, **options: Any) -> Iterator[Event]:
    """The events of a generation as they happen; the last is Finished, Replayed or Failed. Options as for `generate`.

    Partials are asked for when `partial_images` says so. Closing the iterator cancels the run.
    """
    workspace = current()
    return workspace.run(order_from(workspace, prompt, options))


async def agenerate(prompt: str, **options: Any) -> Generation:
    """`generate` for `await`: it runs on a thread, and cancelling the task closes the connection."""
    cancel = Cancel()
    workspace = current()
    order = order_from(workspace, prompt, options)
    task = asyncio.ensure_future(asyncio.to_thread(lambda: _last(workspace.run(order, cancel))))
    ticker = asyncio.ensure_future(_tick())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        cancel.cancel()
        with suppress(BaseException):
            await task
        raise
    finally:
        ticker.cancel()


def open_library(path: str | Path | None = None) -> Library:
    """The library in force, or the one at `path`."""
    return current().library if path is None else Library(path)


def order_from(workspace: Workspace, prompt: str, options: Mapping[str, Any]) -> Order:
    """The order that these options make, sorted into what is asked and how it is to be met."""
    ours = {name: options[name] for name in ("route", "mode", "take", "name", "previews", "place") if name in options}
    asked = {name: value for name, value in options.items() if name not in ours}
    ours.setdefault("previews", bool(asked.get("partial_images")))
    return workspace.order(workspace.request(prompt, **asked), **ours)


def settled(events: Iterator[Event]) -> Generation:
    """The generation that events end with, raising what they failed with. Warns of what came otherwise than asked."""
    return _last(events)


def _last(events: Iterator[Event]) -> Generation:
    for event in events:
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Finished | Replayed):
            generation: Generation = event.generation
            for sentence in (*generation.notes, *generation.mismatches):
                python_warnings.warn(sentence, ImgnbWarning, stacklevel=3)
            return generation
    raise Cancelled


async def _tick() -> None:
    """Wake the event loop now and then: an interrupt is not delivered to one that sleeps."""
    while True:
        await asyncio.sleep(0.2)
