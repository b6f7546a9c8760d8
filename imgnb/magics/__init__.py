"""`%%imagegen`, `%%imageedit`, `%%imagechat` and `%imagelib`: registered here at little cost; the work loads at first use.

After loading, a thread warms what the first picture needs, so that nobody waits for imports at the first cell.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from ..display.cell_source import hoisted
from ..errors import ImgnbError
from .completion import DRAWING, install
from .locks import end as end_lock

PICTORIAL = ("PIL", "numpy", "matplotlib", "plotly", "pandas", "seaborn", "imgnb", "pathlib")
"Packages whose values may be given as pictures."

WARM_AFTER = 1.0
"Seconds: the cell that loads the extension is to be done first, and what it shows to be seen."


def load(shell: Any) -> None:
    """Register the magics, their completion and the hook that lets them stand below `#|` lines."""
    from .magics import make

    unload(shell)
    shell.register_magics(make(shell))
    shell.imgnb_completion = install(
        shell, lambda sets, model: _variables(shell) if sets == "$" else _values(sets, model)
    )
    cleanups = _cleanups(shell)
    if cleanups is not None and hoisted not in cleanups:
        cleanups.append(hoisted)
    timer = threading.Timer(WARM_AFTER, _warm)
    timer.daemon = True
    timer.start()
    shell.imgnb_warming = timer


def unload(shell: Any) -> None:
    """Take back what `load` did."""
    warming = shell.__dict__.pop("imgnb_warming", None)
    if warming is not None:
        warming.cancel()
    end_lock(shell)
    remove = shell.__dict__.pop("imgnb_completion", None)
    if remove is not None:
        remove()
    cleanups = _cleanups(shell)
    if cleanups is not None and hoisted in cleanups:
        cleanups.remove(hoisted)
    for kind, names in (("cell", DRAWING), ("line", (*DRAWING, "imagelib"))):
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)


def _cleanups(shell: Any) -> list[Any] | None:
    return getattr(shell, "input_transformers_cleanup", None)


def _warm() -> None:
    try:
        from ..workspace import current

        current().warm()
        # A widget is to stand on the page at once: these bring ipywidgets, its own modules, and Pillow's formats.
        from PIL import Image

        from ..widgets import gallery, studio, view  # noqa: F401

        Image.preinit()
    except Exception:  # noqa: S110 - the first cell meets the same error and says so
        pass


def _values(sets: str, model: str | None) -> Sequence[str]:
    """The values of a parameter or option, for completion."""
    from ..request.capabilities import Capabilities
    from ..workspace import current

    if sets == "route":
        return tuple(current().routes)
    if sets in ("@", "tag", "search"):
        try:
            return _known(sets)
        except ImgnbError:  # the cell says what is wrong with the library; Tab need not
            return ()
    return Capabilities.load().choices(sets, model)


def _known(sets: str) -> Sequence[str]:
    """The names, tags or saved searches of the library in force; none is made for that."""
    from ..workspace import current

    workspace = current()
    library = workspace.library if workspace.settings.library.is_dir() else None
    if sets in ("tag", "search"):
        return tuple(library.tags() if sets == "tag" else library.saved_searches()) if library else ()
    return ("@last", *(f"@{name}" for name in (library.names() if library else ())))


def _variables(shell: Any) -> Sequence[str]:
    """The shell's variables that can be pictures, told by their types: nothing is drawn for that."""
    return tuple(
        f"${name}"
        for name, value in sorted(shell.user_ns.items())
        if not name.startswith("_") and type(value).__module__.partition(".")[0] in PICTORIAL
    )
