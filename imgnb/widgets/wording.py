"""Hints as a page says them: an option of the command line becomes the control of the form, or the argument in Python.

Errors are raised far below and hint at options, since most are read in a cell or a shell. On a page nobody can add
`--mode auto`; there is a list "If stored" whose value is "use it".
"""

from __future__ import annotations

import re

from ..request.options import BY_NAME

CONTROLS = {
    "model": "Model",
    "size": "Size",
    "quality": "Quality",
    "background": "Background",
    "output_format": "Format",
    "n": "Pictures",
    "partial_images": "Previews",
    "take": "Take",
    "mode": "If stored",
    "route": "Route",
}
"The controls of the studio's form that set an option, by its name."

_SAID = {("mode", "auto"): "use it", ("mode", "live"): "ask anew", ("mode", "replay"): "ask never"}

# A value is told from the word that goes on with the sentence: "--route local" has one, "--route for edits" has none.
_VALUE = r"auto|low|live|replay|local|transparent|responses|images|data|png|webp|jpeg|@[\w[\]]+|[A-Z]{2,}[\w.]*|[\w.:%,@-]*\d[\w.:%,-]*"
_OPTION = re.compile(rf"(?<![\w-])(--[a-z][a-z-]*)(?: ({_VALUE})(?![\w-]))?")


def in_words(hint: str) -> str:
    """The hint without options of the command line: `use --mode auto once` becomes `use “If stored: use it” once`."""
    return _OPTION.sub(_worded, hint)


def _worded(found: re.Match[str]) -> str:
    option = BY_NAME.get(found[1])
    if option is None:  # pip's, or another program's
        return found[0]
    name, value = option.sets, found[2]
    if name in CONTROLS:
        said = _SAID.get((name, value), value)
        return f"“{CONTROLS[name]}: {said}”" if value else f"“{CONTROLS[name]}”"
    if option.kind in ("flag", "off"):
        return f"{name}={option.kind == 'flag'}"
    return f"{name}={value!r}" if value else f"{name}=…"
