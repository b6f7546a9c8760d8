"""The JavaScript and CSS of a panel's page, put together from the plain modules in `static/`.

A front end takes one module as text, from which nothing can be imported by a relative path. The modules are written as
any others, with `import` and `export`, so that an editor, a test or a browser reads them as they are; here each that is
imported becomes a function that is called once and gives what it exports. An import stands on one line.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)

PLACES: list[Traversable] = [resources.files(__package__) / "static"]
"Folders in which pages stand, the first that has one first."


@cache
def esm(name: str) -> str:
    """The module `static/NAME.js` with all that it imports, as one text."""
    text = _text(f"{name}.js")
    modules = [f"const {module}_js = {_wrapped(module)};" for module in _needed(name)]
    return "\n".join([*modules, _bound(text)])


@cache
def css(name: str) -> str:
    """The style of that page: what all panels share, and that of its modules, which holds within this page only.

    A front end keeps every style that it was given, so that without a scope a gallery's rules would reach a studio. Within
    one, selectors begin below its root: that is the host, which has the page's name.
    """
    files = [_found(f"{module}.css") for module in (*_needed(name), name) if module != "panel"]
    own = "".join(file.read_text(encoding="utf-8") for file in files if file)
    return f"{_text('panel.css')}@scope (.imgnb-host-{name.replace('_', '-')}) {{\n{own}}}\n"


def _needed(name: str) -> list[str]:
    """The modules that this one imports, directly or not, each after those that it needs itself."""
    found: list[str] = []
    for _, module in _IMPORT.findall(_text(f"{name}.js")):
        found += [needed for needed in (*_needed(module), module) if needed not in found]
    return found


def _wrapped(module: str) -> str:
    text = _text(f"{module}.js")
    exported = ", ".join(_EXPORT.findall(text))
    return f"(() => {{\n{_EXPORT.sub('', _bound(text))}\nreturn {{ {exported} }};\n}})()"


def _bound(text: str) -> str:
    return _IMPORT.sub(r"const { \1 } = \2_js;", text)


def _text(file: str) -> str:
    found = _found(file)
    if found is None:
        raise FileNotFoundError(f"no page has a {file!r}")
    return found.read_text(encoding="utf-8")


def _found(file: str) -> Traversable | None:
    return next((place / file for place in PLACES if (place / file).is_file()), None)
