"""The public functions: one call, one generation. They use the workspace of the working folder and environment."""

from __future__ import annotations

import asyncio
import warnings
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .display.cell import has_kernel, here, interactive, running_shell, shown_here
from .display.cell_output import CellOutput
from .display.figure_line import carried_line
from .display.follow import Viewer, follow
from .display.terminal import TerminalLine
from .errors import Cancelled, ImgnbWarning
from .events import Cancel, Event, Failed, Finished, Replayed
from .generation import Order
from .generation.plan import HOW
from .records import Generation
from .records.figures import Presentation
from .workspace import Workspace, current

if TYPE_CHECKING:
    from .generation.references import Picture
    from .library import Library
    from .reports.contact_sheet import ContactSheet


def generate(
    prompt: str, *, show: bool = True, caption: str = "", alt: str = "", figure: str = "", **options: Any
) -> Generation:
    """Draw pictures from a prompt and return the stored generation.

    Options are the SDK's parameters (model, n, size, quality, background, output_format, output_compression, moderation,
    partial_images, complexity, ...), and imgnb's: route, mode ("auto", "live", "replay"), take, name, variables (fills
    `{{ name }}` in the prompt), extras (sent as they are), via ("images", "responses", "chat"), fallback (routes to try
    where the first fails), and over the Responses API main_model, action, continues (the generation to go on from, "@name"
    or "last") and image_input ("data", "url", "file"). With `show`, a notebook's cell shows the picture while it is
    drawn and after, as `%%imagegen` does, and a terminal shows a line of progress; there, `alt` describes the picture, by
    default as the prompt does, and `caption` stands below it with the number of the figure, whose name is `figure`.

    Raises ImgnbError kinds, and Cancelled when interrupted. Warns (ImgnbWarning) of what came otherwise than asked.
    """
    presentation = Presentation(caption, alt, figure)
    workspace = current()
    shell = running_shell()
    if not show or shell is None or not has_kernel(shell):
        order = order_from(workspace, prompt, _placed(options))
        line = TerminalLine() if show else None
        met = replace(meet(workspace, order, line if line and line.active else None), alt=alt)
        numbered = show and presentation.numbered and met.assets
        return _warned(replace(met, caption=carried_line(presentation, met.id)) if numbered else met)
    live = interactive(shell)
    order = order_from(workspace, prompt, {"previews": live, **_placed(options)})
    viewer = CellOutput(order.request, live=live, embed=workspace.settings.embed, presentation=presentation)
    return shown_here(shell, _warned(replace(meet(workspace, order, viewer), alt=alt)))


def edit(
    prompt: str,
    images: Picture | Sequence[Picture],
    *,
    mask: Picture | None = None,
    show: bool = True,
    **options: Any,
) -> Generation:
    """Draw pictures from a prompt and up to 16 images, the first being the base; `mask` says where it may change.

    Images are Assets, Generations, "@name", paths, https links, bytes or PIL images. Options and errors are those of `generate`.
    """
    return generate(prompt, images=[None] if images is None else images, mask=mask, show=show, **options)


def converse(
    prompt: str,
    images: Picture | Sequence[Picture] | None = None,
    *,
    continues: str | Generation | None = None,
    show: bool = True,
    **options: Any,
) -> Generation:
    """Say something to a main model that can draw, and return its answer: words, pictures, or both.

    `continues` is the earlier answer to go on from: a generation, "@name", or "last"; turns form a tree, so that any of
    them can be gone on from again. Options and errors are those of `generate`; it goes over the Responses API.
    """
    return generate(prompt, images=images, continues=continues, converse=True, show=show, **options)


def stream(prompt: str, **options: Any) -> Iterator[Event]:
    """The events of a generation as they happen; the last is Finished, Replayed or Failed. Options as for `generate`.

    Partials are asked for when `partial_images` says so. Closing the iterator cancels the run. Shows nothing.
    """
    workspace = current()
    return workspace.run(order_from(workspace, prompt, _placed(options)))


async def agenerate(prompt: str, **options: Any) -> Generation:
    """`generate` for `await`: it runs on a thread, and cancelling the task closes the connection. Shows nothing."""
    cancel = Cancel()
    workspace = current()
    options = {
        "names": _names(options),
        **_placed(options),
    }  # asked here: no shell runs on the thread that makes the order
    order = await asyncio.to_thread(order_from, workspace, prompt, options)  # it may fetch a link
    # The task gives the last event and never raises: Cancelled in a task would stop the event loop, as Ctrl-C does.
    task = asyncio.ensure_future(asyncio.to_thread(lambda: _last(workspace.run(order, cancel))))
    ticker = asyncio.ensure_future(_tick())
    try:
        last = await asyncio.shield(task)
    except asyncio.CancelledError:
        cancel.cancel()
        with suppress(BaseException):
            await task
        raise
    finally:
        ticker.cancel()
    return _warned(_settled(last))


def open_library(path: str | Path | None = None) -> Library:
    """The library in force, or the one at `path`."""
    from .library import Library

    return current().library if path is None else Library(path)


def contact_sheet(
    what: Any = None, *, columns: int | None = None, captions: bool = True, numbered: bool = False
) -> ContactSheet:
    """One picture of many: of this notebook's, or what a query finds, of "@name", generations, assets, or a list of them.

    A notebook shows it; `.save("sheet.png")` writes it. Up to 100 pictures, `columns` beside one another. Raises
    RequestInvalid for what has no pictures, AssetNotFound for what the library does not have.
    """
    from .reports.contact_sheet import ContactSheet, assets_of

    return ContactSheet(assets_of(current().library, what), columns=columns, captions=captions, numbered=numbered)


def order_from(workspace: Workspace, prompt: str, options: Mapping[str, Any]) -> Order:
    """The order that these options make, sorted into what is asked and how it is to be met."""
    ours = {name: options[name] for name in HOW if name in options}
    asked = {name: value for name, value in options.items() if name not in HOW}
    ours.setdefault("previews", bool(asked.get("partial_images")))
    asked.setdefault("names", _names(options))
    return workspace.order(workspace.request(prompt, mode=ours.get("mode"), **asked), **ours)


def _placed(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, and where they are given: what is not shown belongs to its notebook all the same."""
    return {"place": here(), **options}


def _names(options: Mapping[str, Any]) -> Mapping[str, object]:
    """What `$name` stands for among pictures: the variables that are given, else those of the running shell."""
    given, shell = options.get("variables"), running_shell()
    return ChainMap(dict(given) if isinstance(given, Mapping) else {}, shell.user_ns if shell else {})


def meet(workspace: Workspace, order: Order, viewer: Viewer | None = None) -> Generation:
    """The generation that meets the order: run on a thread of its own while the viewer shows it, or on this one.

    Raises what it failed with: ImgnbError kinds, and Cancelled.
    """
    if viewer is None:
        return _settled(_last(workspace.run(order)))
    return _settled(follow(lambda cancel: workspace.run(order, cancel), viewer))


def _last(events: Iterator[Event]) -> Event:
    last: Event = Failed(Cancelled())
    for event in events:
        last = event
    return last


def _settled(last: Event) -> Generation:
    if isinstance(last, Failed):
        raise last.error
    assert isinstance(last, Finished | Replayed)
    generation: Generation = last.generation
    return generation


def _warned(generation: Generation) -> Generation:
    """The generation, after warning of what came or was done otherwise than asked."""
    for sentence in (*generation.notes, *generation.mismatches):
        warnings.warn(sentence, ImgnbWarning, stacklevel=3)
    return generation


async def _tick() -> None:
    """Wake the event loop now and then: an interrupt is not delivered to one that sleeps."""
    while True:
        await asyncio.sleep(0.2)
