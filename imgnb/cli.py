"""`imgnb` in a shell: the same pipeline as in a notebook. Results go to stdout, progress and advice to stderr.

What can be written stands in `commands/arguments/`, what a command does in `commands/`, which loads when it runs.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from types import ModuleType
from typing import NoReturn

from ._version import __version__
from .commands.arguments import declare
from .commands.arguments.words import adder
from .commands.printing import plain as _plain
from .commands.printing import print_json as _print_json
from .errors import Cancelled, ImgnbError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 failed, 2 not understood (stderr says why), 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):  # a prompt may have letters that their encoding has not
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _understood(argv)
    try:
        return _run(arguments)
    except ImgnbError as exc:
        return _failed(exc, arguments)
    except Cancelled as exc:
        print(f"imgnb: {exc.message}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `imgnb find | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: argparse.Namespace) -> int:
    module, _, function = arguments.run.partition(":")
    return int(getattr(_loaded(module), function)(arguments) or 0)


def _loaded(module: str) -> ModuleType:
    """A module of `commands`. Nothing that an import makes is garbage: looking for some is a tenth of a command's start."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(f".commands.{module}", __package__)
    finally:
        if collects:
            gc.enable()


def _failed(error: ImgnbError, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "json", False):
        generation = error.generation.to_dict() if error.generation is not None else None
        body = {
            "kind": error.kind,
            "message": error.message,
            "hint": error.hint,
            "param": error.param,
            "code": error.code,
        }
        _print_json({"error": body, "generation": generation})
    else:
        print(_plain(f"imgnb: {error.message}" + (f"\n  -> {error.hint}" if error.hint else "")), file=sys.stderr)
    return 1


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what is wrong with a command line, and the way out, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.refuse(message, f"{self.prog} --help lists what there is")

    def refuse(self, message: str, hint: str) -> NoReturn:
        self.exit(2, f"imgnb: {message}\n  -> {hint}\n")

    def refuse_unknown(self, word: str) -> NoReturn:
        name = word.partition("=")[0]
        close = get_close_matches(name, self._option_string_actions, 1) if name.startswith("-") else []
        self.refuse(f"{word!r} is not understood", f"did you mean {close[0]}?" if close else f"see {self.prog} --help")


def _understood(argv: Sequence[str] | None) -> argparse.Namespace:
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["find"], ["rank"]):
        # `-winter` is no option here; what begins with a space is none to argparse.
        words = [
            f" {word}" if word[:1] == "-" and word[1:2] not in ("", "-") and word != "-h" else word for word in words
        ]
    arguments, unknown = _parser().parse_known_args(words)
    if unknown:
        arguments.parser.refuse_unknown(unknown[0])
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="imgnb", description="Image generation with a local library that keeps every picture and its prompt."
    )
    parser.add_argument("--version", action="version", version=f"imgnb {__version__}")
    declare(adder(parser.add_subparsers(dest="command", required=True, metavar="COMMAND")))
    return parser
