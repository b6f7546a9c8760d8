"""`%imagelib find`: the line is the query, as it stands, and options among its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..display.magic_line import UsageInvalid

if TYPE_CHECKING:
    from ..library import Library

VALUES = ("tag", "name", "model", "route", "status", "save", "limit", "before")
FLAGS = ("count", "facets")

_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')


def find(library: Library, line: str) -> Any:
    """What the line asks for. Raises UsageInvalid for options that there are not, QueryInvalid with the place."""
    query, options = parsed(line)
    saves, flags = options.pop("save", None), [options.pop(flag) for flag in FLAGS if flag in options]
    if saves is not None:
        library.save_search(saves, query)
        print(f"saved: search:{saves}")
    if flags:
        if options or len(flags) > 1:
            raise UsageInvalid(f"--{flags[0]} takes a query alone; write options into it, as tag:star")
        return library.count(query) if flags[0] == "count" else library.facets(query)
    if options.get("status") == "any":
        options["status"] = None
    return library.find(query, **options)


def parsed(line: str) -> tuple[str, dict[str, Any]]:
    """The query and the options of a line."""
    words: list[str] = []
    options: dict[str, Any] = {}
    for word in _WORD.findall(line):
        if not word.startswith("--") or word == "--":
            words.append(word)
            continue
        name, sign, value = word.removeprefix("--").partition("=")
        if (name in VALUES) != bool(sign) or name not in (*VALUES, *FLAGS):
            there = ", ".join([*(f"--{value}=" for value in VALUES), *(f"--{flag}" for flag in FLAGS)])
            raise UsageInvalid(f"{word} is not understood: find takes {there}")
        options[name] = value.strip('"') if sign else name
    if "limit" in options:
        if not re.fullmatch(r"[0-9]{1,6}", options["limit"]):
            raise UsageInvalid(f"--limit={options['limit']} is no whole number")
        options["limit"] = int(options["limit"])
    return " ".join(word for word in words if word != "--"), options
