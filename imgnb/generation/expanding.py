"""What a person writes for pictures, as the single things that it names: variables and patterns are taken apart.

The same words mean the same in magics, on the command line and in Python:

    @hero  @hero~1  @last[2]  @01J8Z…  @3f2a9c   what the library has; see `library/addresses.py`
    $fig                                          a variable of the notebook; a list of pictures stands for all of them
    figs/*.png                                    files by pattern, in alphabetical order
    photo.jpg  https://…                          a file, a link
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from glob import has_magic, iglob
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import RequestInvalid
from ..request.references import Role

MOST_MATCHES = 1000
"Files that a pattern may match before it is taken for a mistake."

_VARIABLE = re.compile(r"\$(\w+)")


def several(given: object) -> list[Any]:
    """What was given for images, as a list: nothing, one thing, or several. An array or a table is one thing."""
    if given is None:
        return []
    if isinstance(given, str | bytes | bytearray | memoryview) or hasattr(given, "read"):
        return [given]
    return list(islice(given, MOST_MATCHES + 1)) if isinstance(given, Iterator | Sequence) else [given]


def expanded(items: Iterable[Any], names: Mapping[str, object], role: Role) -> Iterator[tuple[Any, str | None]]:
    """Each thing that is meant, in order, with what was written for it where that says more than the thing itself.

    Raises RequestInvalid for a variable that does not exist and a pattern that matches nothing.
    """
    for item in items:
        if isinstance(item, str) and item.startswith("$"):
            value = _variable(item, names, role)
            for one in several(value):
                yield one, item
        elif isinstance(item, str) and has_magic(item) and not _is_elsewhere(item) and not Path(item).exists():
            for path in _matches(item, role):
                yield path, None
        else:
            yield item, None


def _is_elsewhere(text: str) -> bool:
    return text.startswith("@") or "://" in text


def _variable(item: str, names: Mapping[str, object], role: Role) -> object:
    match = _VARIABLE.fullmatch(item)
    if match is None:
        raise RequestInvalid(f"{item!r} is not a variable", hint="write $name, and nothing else", param=role)
    name = match[1]
    if name not in names:
        close = get_close_matches(name, [known for known in names if not known.startswith("_")], 1)
        near = f"did you mean ${close[0]}?" if close else "give it a value first; in a shell there are no variables"
        raise RequestInvalid(f"there is no variable {name!r}", hint=near, param=role)
    if names[name] is None:
        raise RequestInvalid(f"the variable {name!r} is None", hint="give it a picture", param=role)
    return names[name]


def _matches(pattern: str, role: Role) -> list[Path]:
    """The files that a pattern matches, by name. One that a link leads elsewhere is refused: nobody has named it."""
    there = Path(pattern).expanduser()
    found = sorted(
        path for path in map(Path, islice(iglob(str(there), recursive=True), MOST_MATCHES + 1)) if not path.is_dir()
    )
    if not found:
        raise RequestInvalid(f"no file matches {pattern!r}", hint=f"it is looked for in {Path.cwd()}", param=role)
    if len(found) > MOST_MATCHES:
        raise RequestInvalid(f"{pattern!r} matches more than {MOST_MATCHES:,} files", hint="narrow it", param=role)
    root = Path(*_before_pattern(there)).resolve()
    for path in found:
        if not (target := path.resolve()).is_relative_to(root):
            raise RequestInvalid(
                f"{str(path)!r}, which {pattern!r} matches, is a link to {str(target)!r} outside of that folder",
                hint="name the file itself, if it is meant",
                param=role,
            )
    return found


def _before_pattern(path: Path) -> list[str]:
    """The folders of a pattern down to the first that is one itself."""
    parts: list[str] = []
    for part in path.parts[:-1]:
        if has_magic(part):
            break
        parts.append(part)
    return parts or ["."]
