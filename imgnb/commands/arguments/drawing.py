"""The commands that ask for pictures, with the options of the magics."""

from __future__ import annotations

import argparse
from typing import Any

from ...request.options import OPTIONS, Option, literal
from ..drawing import NOT_HERE
from .words import Adder, add_json, whole_number


def declare(add: Adder) -> None:
    """From a prompt alone, from other pictures, and in a conversation."""
    _generate(add)
    _edit(add)
    _converse(add)


def _generate(add: Adder) -> None:
    command = add("generate", "drawing:generate", "draw pictures from a prompt")
    command.add_argument("prompt", metavar="PROMPT", help="what to draw; - reads it from standard input")
    _order_options(command)


def _edit(add: Adder) -> None:
    command = add("edit", "drawing:generate", "draw pictures from a prompt and other pictures")
    command.add_argument("prompt", metavar="PROMPT", help="what to change; - reads it from standard input")
    command.add_argument("images", nargs="+", metavar="IMAGE", help="a path or @name; the first is the base")
    command.add_argument("--mask", help="picture whose transparent parts may be edited")
    command.add_argument("--markup", help="picture laid over the first one as a guide")
    _order_options(command)


def _converse(add: Adder) -> None:
    command = add(
        "converse",
        "drawing:generate",
        "say something to a main model that draws, answers in words, or both",
    )
    command.add_argument("prompt", metavar="PROMPT", help="what to say; - reads it from standard input")
    command.add_argument("images", nargs="*", metavar="IMAGE", help="a path or @name to speak of")
    command.add_argument("--mask", help="picture whose transparent parts may be edited")
    command.add_argument("--markup", help=argparse.SUPPRESS)
    _order_options(command)


def _order_options(command: argparse.ArgumentParser) -> None:
    """The options of the magics, as they are there, and those of a shell."""
    for option in OPTIONS:
        if option.sets in NOT_HERE:
            continue
        command.add_argument(*_names(option), dest=option.sets, help=option.help, default=None, **_action(option))
    command.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="fill {{ NAME }} in the prompt"
    )
    command.add_argument("-o", "--save", metavar="PATH", help="write a copy of the picture there")
    add_json(command)


def _names(option: Option) -> list[str]:
    return list(dict.fromkeys(name for name in (option.short, option.long) if name))


def _action(option: Option) -> dict[str, Any]:
    actions: dict[str, dict[str, Any]] = {
        "number": {"type": whole_number, "metavar": "N"},
        "flag": {"action": "store_true"},
        "off": {"action": "store_false"},
        "pair": {"action": "append", "metavar": "KEY=VALUE"},
        "json": {"type": _table, "metavar": "JSON"},
    }
    action = actions.get(option.kind, {"metavar": option.sets.upper()})
    return {**action, "choices": option.values} if option.closed else action


def _table(text: str) -> dict[str, Any]:
    found = literal(text)
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object")
    return found
