"""What an object is, told without importing its library, and without running code of its own."""

from __future__ import annotations

import inspect
import types
from typing import Any, cast

_FEW_WORDS = {
    types.FunctionType: "a function",
    types.BuiltinFunctionType: "a function",
    types.MethodType: "a method",
    types.GeneratorType: "a generator",
    types.CoroutineType: "a coroutine",
    type(None): "None",
    bool: "a bool",
    int: "a number",
    float: "a number",
    complex: "a number",
}
_MEASURED: dict[Any, str] = {str: "character", bytes: "byte", bytearray: "byte"}
_COUNTED: tuple[Any, ...] = (list, tuple, set, frozenset)


def is_a(value: object, package: str, *names: str) -> bool:
    """Whether the value's class, or one that it derives from, is the package's class of one of these names."""
    return any(kind.__name__ in names and _package(kind) == package for kind in type(value).__mro__)


def has(value: object, name: str) -> bool:
    """Whether the value or its class defines the name and not as None; what makes up attributes as asked has none."""
    return inspect.getattr_static(value, name, None) is not None


def described(value: object) -> str:
    """What the object is in a few words: "a dict with 3 keys", "a str of 12 characters", "an altair Chart"."""
    kind = type(value)
    if kind in _FEW_WORDS:
        return _FEW_WORDS[kind]
    if issubclass(kind, type):
        return f"the class {_cut(cast(type, value).__name__)}"
    if kind is types.ModuleType:
        return f"the module {_cut(str(vars(value).get('__name__', '')))}"
    return _measured(value) or _with_article(named(value))


def named(value: object) -> str:
    """The name of the value's class, after the package that it is from: "altair Chart", "datetime date"."""
    package = _package(type(value))
    name = _cut(type(value).__name__)
    return name if package in ("", "builtins", "__main__") else f"{_cut(package)} {name}"


def _measured(value: Any) -> str:
    """How much is in one of Python's own containers; "" for anything else."""
    # By the class's own __len__: a subclass may count by other rules, or fail.
    for kind, unit in _MEASURED.items():
        if issubclass(type(value), kind):
            return f"a {kind.__name__} of {_counted(kind.__len__(value), unit)}"
    for kind in _COUNTED:
        if issubclass(type(value), kind):
            return f"a {kind.__name__} of {kind.__len__(value)}"
    return f"a dict with {_counted(dict.__len__(value), 'key')}" if issubclass(type(value), dict) else ""


def _package(kind: type) -> str:
    return str(getattr(kind, "__module__", "")).partition(".")[0]


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in ('a', 'e', 'i', 'o') else 'a'} {name}"


def _cut(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"
