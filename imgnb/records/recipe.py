"""How to ask for a stored picture once more: a cell with a magic, or a line of Python.

References are named by their hashes, so that it stays right when names move. A magic's line knows double quotes and no
escapes: what cannot be written there is written in Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from ..errors import RequestInvalid
from ..request.image_request import PARAMS
from ..request.options import OPTIONS, Option, literal
from .generation import Generation

Kind: TypeAlias = Literal["magic", "python"]

_OPTION: Mapping[str, Option] = {option.sets: option for option in OPTIONS}
FLAGS = ("composite", "cutout")
"What can be made of a picture that is drawn, and is asked for with it."

_MAGICS = {"generate": "imagegen", "edit": "imageedit", "converse": "imagechat"}
_TEMPLATE = re.compile(r"\{[{%#]")
_HEAD = re.compile(r"\s*(#\||#@|#\s*NBVAL_|$)")
_CELL_MAGIC = re.compile(r"^%%", re.MULTILINE)
_SHELL_PROMPT = re.compile(r"^\s*(>>>|\.\.\.|In \[\d+\]:)", re.MULTILINE)
# What a shell takes for its own prompt and takes away.


def recipe(generation: Generation, kind: Kind = "magic", made_as: Sequence[str] = ()) -> str:
    """The generation as a cell, or as Python; `made_as` names what was then made of its picture, such as "cutout"."""
    if kind not in ("magic", "python"):
        raise RequestInvalid(f"a recipe of the kind {kind!r} is not known", hint="use magic or python", param="kind")
    made_as = [flag for flag in FLAGS if flag in made_as]
    magic = _magic(generation, made_as) if kind == "magic" else None
    return _python(generation, made_as) if magic is None else magic


def _magic(generation: Generation, made_as: Sequence[str]) -> str | None:
    """The cell; None where something cannot be written in one."""
    words = [_quoted(word) for word in _words(generation, made_as)]
    prompt = generation.prompt
    if None in words or not _is_body(prompt):
        return None
    return "\n".join([" ".join(filter(None, words)), _as_template(prompt)])


def _words(generation: Generation, made_as: Sequence[str]) -> Iterator[str | None]:
    """The words of the magic's line, None for one that cannot be said."""
    yield f"%%{_MAGICS.get(generation.operation, 'imagegen')}"
    yield from (_named(item.asset.sha256) for item in generation.inputs if item.role == "image")
    for item in generation.inputs:
        if item.role != "image":
            yield from (f"--{item.role}", _named(item.asset.sha256))
    if generation.continues:
        yield from ("--continue", f"@{generation.continues}")
    for name, value in generation.params.items():
        yield from _option(name, value)
    for name, value in _ours(generation).items():
        yield from (f"--{name}", str(value))
    yield from (f"--{kind}" for kind in made_as if kind not in generation.params)


def _option(name: str, value: Any) -> Iterator[str | None]:
    """An option and its value as words; in the form of an extra where the option itself does not take this value."""
    option = _OPTION.get(name) if name in PARAMS else None
    if option is not None and ((option.kind == "off" and value is False) or (option.kind == "flag" and value is True)):
        yield option.long
    elif option is not None and option.kind == "number" and type(value) is int and abs(value) < 10**9:
        yield from (option.long, str(value))
    elif option is not None and option.kind == "json":
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        # The line reads single quotes as double ones.
        yield from (option.long, None if "'" in text or '\\"' in text else text.replace('"', "'"))
    elif option is not None and option.kind == "text" and isinstance(value, str) and _takes(option, value):
        yield from (option.long, value)
    else:
        text = value if isinstance(value, str) and literal(value) == value else json.dumps(value, ensure_ascii=False)
        yield from ("-p", f"{name}={text}" if name and "=" not in name else None)


def _takes(option: Option, value: str) -> bool:
    return not option.closed or value in option.values


def _quoted(word: str | None) -> str | None:
    if word is None or '"' in word or len(f"{word}.".splitlines()) > 1 or word != word.strip("\r\n"):
        return None
    return word if word and not re.search(r"\s", word) else f'"{word}"'


def _is_body(prompt: str) -> bool:
    """Whether a cell's body would be read as this very prompt."""
    lines = prompt.splitlines()
    return (
        bool(lines)
        and "\n".join(lines) == prompt == prompt.strip()
        and not _HEAD.match(lines[0])
        and not _CELL_MAGIC.search(prompt)
        and not _SHELL_PROMPT.search(prompt)
    )


def _as_template(prompt: str) -> str:
    """The prompt as a template that renders to it: where nothing would be filled in, it is its own."""
    if "{{" not in prompt and "{%" not in prompt:
        return prompt
    return _TEMPLATE.sub(lambda match: "{{ '" + match[0] + "' }}", prompt)


def _python(generation: Generation, made_as: Sequence[str]) -> str:
    function = {"edit": "edit", "converse": "converse"}.get(generation.operation, "generate")
    images = [_named(item.asset.sha256) for item in generation.inputs if item.role == "image"]
    given: dict[str, Any] = {item.role: _named(item.asset.sha256) for item in generation.inputs if item.role != "image"}
    if generation.continues:
        given["continues"] = f"@{generation.continues}"
    known = {name: value for name, value in generation.params.items() if name in PARAMS}
    extras = {name: value for name, value in generation.params.items() if name not in PARAMS}
    given |= {**known, **({"extras": extras} if extras else {}), **_ours(generation)}
    given |= dict.fromkeys(made_as, True)
    parts = [repr(generation.prompt)]
    parts += [repr(images)] if images or function == "edit" else []
    parts += [f"{name}={value!r}" for name, value in given.items()]
    return f"imgnb.{function}({', '.join(parts)})"


def _ours(generation: Generation) -> dict[str, Any]:
    """How the request was met, as far as it says which answer is meant."""
    # No route leads to where an imported picture was drawn.
    ours: dict[str, Any] = {} if generation.operation == "import" else {"route": generation.route}
    if generation.dialect not in ("", "images"):
        ours["via"] = generation.dialect
    if generation.take is not None and generation.take > 1:
        ours["take"] = generation.take
    return ours


def _named(sha256: str) -> str:
    return f"@{sha256[:12]}"
