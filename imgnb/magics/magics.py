"""The magics themselves: parse, ask the workspace, show. A few lines each."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..display.magic_line import UsageInvalid, Wanted, parse
from ..errors import Cancelled
from .budget import budget, budget_wanted
from .locks import lock, lock_wanted
from .modes import mode, mode_wanted
from .options import help_text


def make(shell: Any) -> Any:
    """The magics of this shell, ready to be registered."""
    from IPython.core.error import UsageError
    from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, needs_local_scope, no_var_expand

    @magics_class
    class ImgnbMagics(Magics):  # type: ignore[misc]
        """Pictures from prompts."""

        @no_var_expand  # type: ignore[untyped-decorator]
        @needs_local_scope  # type: ignore[untyped-decorator]
        @line_cell_magic  # type: ignore[untyped-decorator]
        def imagegen(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
            """Draw pictures from a prompt; `%imagegen --help` lists the options, `%imagegen routes` the routes; `%imagegen studio` opens it, `%imagegen appendix` lists this notebook's pictures."""
            if cell is None and line.strip() == "routes":
                return print(routes_text())
            if cell is None and line.strip() == "appendix":
                return listed()
            try:
                form = studio_wanted(line) if cell is None else None
            except UsageInvalid as exc:
                raise UsageError(str(exc)) from None
            if form is not None:
                return opened_studio(form)
            return _drawn(self.shell, "imagegen", line, cell, local_ns)

        @no_var_expand  # type: ignore[untyped-decorator]
        @needs_local_scope  # type: ignore[untyped-decorator]
        @line_cell_magic  # type: ignore[untyped-decorator]
        def imageedit(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
            """Draw pictures from a prompt and other pictures; `%imageedit --help` lists the options."""
            return _drawn(self.shell, "imageedit", line, cell, local_ns)

        @no_var_expand  # type: ignore[untyped-decorator]
        @needs_local_scope  # type: ignore[untyped-decorator]
        @line_cell_magic  # type: ignore[untyped-decorator]
        def imagechat(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
            """Say something to a main model that can draw; `%imagechat --help` lists the options."""
            return _drawn(self.shell, "imagechat", line, cell, local_ns)

        @no_var_expand  # type: ignore[untyped-decorator]
        @line_magic  # type: ignore[untyped-decorator]
        def imagelib(self, line: str) -> Any:
            """Look into the library: `%imagelib show @last`, `%imagelib find words`, `%imagelib name @last hero`."""
            from .imagelib import imagelib

            try:
                return imagelib(self.shell, line)
            except UsageInvalid as exc:
                raise UsageError(str(exc)) from None

    def _drawn(shell: Any, magic: str, line: str, cell: str | None, local_ns: Mapping[str, Any] | None) -> Any:
        if magic == "imagegen" and cell is None and (said := answered(shell, line)) is not None:
            return print(said)
        try:
            chat = magic == "imagechat"
            wanted = parse(line, cell, images=magic == "imageedit" or (chat and cell is not None))
        except UsageInvalid as exc:
            raise UsageError(str(exc)) from None
        if wanted.options.get("help"):
            print(help_text(magic))
            return None
        try:
            return draw(shell, wanted, {**shell.user_ns, **(local_ns or {})}, converse=chat)
        except Cancelled:
            raise
        except KeyboardInterrupt:  # before anything was asked, or after it was shown
            raise Cancelled from None

    return ImgnbMagics(shell)


def answered(shell: Any, line: str) -> str | None:
    """What is said to a line about budgets, mode or lock; None for any other, such as a prompt."""
    if (said := budget_wanted(line)) is not None:
        return budget(shell, said)
    if (said := mode_wanted(line)) is not None:
        return mode(said)
    return lock(shell, words) if (words := lock_wanted(line)) is not None else None


def studio_wanted(line: str) -> Wanted | None:
    """What a line says that opens a studio, which is "studio" and options; None for any other, such as a prompt."""
    word, _, rest = line.strip().partition(" ")
    if word != "studio" or (rest and not rest.lstrip().startswith("-")):
        return None
    wanted = parse(rest)
    return None if wanted.prompt else wanted


def opened_studio(wanted: Wanted) -> Any:
    """The studio whose form has these options."""
    from ..widgets.studio import studio

    return studio(**wanted.params, **wanted.options)


def listed() -> Any:
    """Every picture of this notebook, as a table."""
    from ..reports.appendix import appendix

    return appendix()


def routes_text() -> str:
    """What every route can do, as plain text."""
    from ..providers.route_table import table_text
    from ..workspace import current

    return table_text(current().route_rows())


def draw(shell: Any, wanted: Wanted, variables: Mapping[str, Any], *, converse: bool = False) -> Any:
    """Meet what is wanted in this cell's output; returns the generation, which does not show itself again here.

    With `converse` the main model decides whether it draws, and pictures may be given or not.

    On a terminal, which cannot show pictures, a line follows the run instead, and the generation is the cell's value.
    Raises ImgnbError kinds and Cancelled, so that `Run All` stops.
    """
    from dataclasses import replace

    from ..api import meet
    from ..display.cell import has_kernel, interactive, place, shown_here
    from ..display.cell_output import CellOutput
    from ..display.ended import notes_told
    from ..display.terminal import TerminalLine
    from ..records.figures import Presentation
    from ..workspace import current

    workspace = current()
    options = dict(wanted.options)
    presentation = Presentation(**{name: options.pop(name, "") for name in ("caption", "alt", "figure")})
    out, embed = options.pop("out", None), options.pop("embed", None) or workspace.settings.embed
    dry_run, extras = options.pop("dry_run", False), options.pop("extras", None)
    live = interactive(shell)
    images = wanted.images or None if converse else wanted.images
    request = workspace.request(
        wanted.prompt,
        images=images,
        variables=variables,
        extras=extras,
        converse=converse,
        mode=options.get("mode"),
        **wanted.params,
    )
    order = workspace.order(request, previews=live, place=place(shell), **options)
    if dry_run:
        from ..display.dry_run import dry_run as say

        print(say(workspace.service.outlook(order)))
        return None
    line = TerminalLine()
    on_terminal = line.active and not has_kernel(shell)
    viewer = line if on_terminal else CellOutput(request, live=live, embed=embed, presentation=presentation)
    generation = replace(meet(workspace, order, viewer), alt=presentation.alt)
    for name, sentence in notes_told(generation):
        print(sentence, file=getattr(sys, name))
    if on_terminal:
        print("\n".join([*filter(None, [generation.text]), *(str(asset.path) for asset in generation.assets)]))
    else:
        shown_here(shell, generation)
    if out:
        shell.user_ns[out] = generation
    return generation
