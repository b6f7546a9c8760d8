"""The words that commands are declared in: a command is added, and what several of them take is said here once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Adder = Callable[[str, str, str], argparse.ArgumentParser]
"Adds a command: its name, what runs it as `module:function` of `commands`, and a line of help."


def adder(commands: Any) -> Adder:
    """What adds commands to these, the subparsers of a parser."""

    def add(name: str, run: str, text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=text.capitalize() + ".", allow_abbrev=False
        )
        # What runs it is only named: nothing of it is to load for a line of help.
        command.set_defaults(run=run, parser=command)
        return command

    return add


def add_json(command: argparse.ArgumentParser) -> None:
    """It can print its answer for programs."""
    command.add_argument("--json", action="store_true", help="print one JSON document")


def add_limit(command: argparse.ArgumentParser) -> None:
    """It lists no more than so many."""
    command.add_argument("--limit", type=whole_number, default=20, help="how many at most (20)")


def whole_number(text: str) -> int:
    """The number that is written, as the type of an argument."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
