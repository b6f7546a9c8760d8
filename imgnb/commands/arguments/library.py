"""The commands that look into the library."""

from __future__ import annotations

import argparse
from pathlib import Path

from .words import Adder, add_json, add_limit, whole_number


def declare(add: Adder) -> None:
    """The commands that look into the library, in the order of `imgnb --help`."""
    _ls(add)
    _show(add)
    _inspect(add)
    _lineage(add)
    _recipe(add)
    _costs(add)
    _browse(add)


def _ls(add: Adder) -> None:
    command = add("ls", "library:ls", "the newest generations, or all names or tags, or the trash")
    add_limit(command)
    for name, text in (("names", "all names"), ("tags", "all tags"), ("trash", "what can be restored")):
        command.add_argument(f"--{name}", action="store_true", help=text)
    add_json(command)


def _show(add: Adder) -> None:
    command = add("show", "library:show", "what the library knows of a picture or generation")
    command.add_argument(
        "reference", nargs="?", default="@last", help="@last, @name, a hash, an id; @last[2] is the second"
    )
    command.add_argument("--heat-map", action="store_true", help="how an edit differs from its base, as a picture")
    command.add_argument("--mask", action="store_true", help="the mask over its base, as a picture")
    command.add_argument("--save", metavar="PATH", help="write a copy of the picture there")
    command.add_argument(
        "--metadata",
        choices=("full", "none"),
        help="what the copy says of itself: all, or nothing (default: exact bytes)",
    )
    add_json(command)


def _inspect(add: Adder) -> None:
    command = add("inspect", "inspecting:inspect", "what picture files say of themselves, and of their making")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="any picture, in the library or not")
    add_json(command)


def _lineage(add: Adder) -> None:
    command = add("lineage", "library:lineage", "what a picture came from, and what came from it")
    command.add_argument("reference", nargs="?", default="@last")
    command.add_argument("--mermaid", action="store_true", help="as a Mermaid flowchart")
    command.add_argument("--limit", type=whole_number, default=60, help="how many pictures at most (60)")
    command.add_argument("--save", metavar="PATH", help="write the tree as a picture there")
    add_json(command)


def _recipe(add: Adder) -> None:
    command = add("recipe", "library:recipe", "the magic that makes a picture again")
    command.add_argument("reference", nargs="?", default="@last")
    command.add_argument("--python", action="store_true", help="as Python")
    add_json(command)


def _costs(add: Adder) -> None:
    command = add("costs", "library:costs", "what was paid, and what the budgets leave")
    command.add_argument(
        "--by", action="append", metavar="WHAT", help="day (default), route, model or notebook; repeatable"
    )
    add_json(command)


def _browse(add: Adder) -> None:
    command = add("browse", "browse:browse", "the library in a browser, with search, costs and lineage")
    command.add_argument("query", nargs="*", metavar="QUERY", help="show what this finds first")
    command.add_argument("--port", type=whole_number, default=0, help="0 picks a free one (default)")
    command.add_argument("--no-sql", action="store_true", help="no SQL but what is prepared")
    command.add_argument("--open", action=argparse.BooleanOptionalAction, help="open a browser; in a terminal it does")
    command.add_argument("--uds", metavar="PATH", help=argparse.SUPPRESS)
    command.add_argument("--base-url", default="/", help=argparse.SUPPRESS)
    command.add_argument("--until-closed", action="store_true", help=argparse.SUPPRESS)
    add_json(command)
