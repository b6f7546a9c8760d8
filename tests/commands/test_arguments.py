"""What can be written after `imgnb` is declared without what it runs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from imgnb import cli

WORKING = ("api", "display", "doctor", "generation", "library", "records", "reports", "workspace")
"Parts that a line of help has no use for."


def declared(parser: argparse.ArgumentParser, name: str = "imgnb") -> Iterator[tuple[str, str]]:
    """Each command, and what it says that runs it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, command in action.choices.items():
                yield f"{name} {word}", command.get_default("run")
                yield from declared(command, f"{name} {word}")


@pytest.mark.parametrize(("command", "run"), list(declared(cli._parser())), ids=lambda value: value.replace(" ", "-"))
def test_what_runs_a_command_is_there(command, run):
    """A command names a function of a module in `commands`."""
    module, _, function = run.partition(":")

    assert callable(getattr(import_module(f"imgnb.commands.{module}"), function)), command


def test_help_loads_nothing_that_works():
    """All commands are listed before any part is loaded that would run one."""
    code = (
        "import sys\n"
        "from imgnb import cli\n"
        "cli._parser().format_help()\n"
        f"print([part for part in {WORKING!r} if f'imgnb.{{part}}' in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"
