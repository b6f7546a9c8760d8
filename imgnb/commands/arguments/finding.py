"""The commands that find."""

from __future__ import annotations

from .words import Adder, add_json, add_limit


def declare(add: Adder) -> None:
    """By words, by looks, and by the choices that were made."""
    _find(add)
    _searches(add)
    _similar(add)
    _rank(add)


def _find(add: Adder) -> None:
    command = add("find", "finding:find", 'what a query finds: words, "phrases", -not, tag:hero, size:>1024')
    command.add_argument("words", nargs="*", metavar="QUERY")
    command.add_argument("--model")
    command.add_argument("--route")
    command.add_argument("--tag", help="pictures that have it; star is one, too")
    command.add_argument("--name", help="the picture of that name")
    command.add_argument(
        "--status", default="succeeded", choices=["succeeded", "failed", "cancelled", "interrupted", "running", "any"]
    )
    add_limit(command)
    command.add_argument("--before", metavar="ID", help="go on after the last one of the page before")
    command.add_argument("--count", action="store_true", help="how many there are")
    command.add_argument("--facets", action="store_true", help="how many of each model, route, day and so on")
    command.add_argument("--save", metavar="NAME", help="keep the query under this name, for search:NAME")
    add_json(command)


def _searches(add: Adder) -> None:
    command = add("searches", "finding:searches", "the queries that were saved")
    command.add_argument("--forget", metavar="NAME", help="let go of this one")
    add_json(command)


def _similar(add: Adder) -> None:
    command = add("similar", "finding:similar", "the pictures that look most like one, the nearest first")
    command.add_argument("reference", nargs="?", default="@last", help="@last, @name, a hash, an id")
    add_limit(command)
    add_json(command)


def _rank(add: Adder) -> None:
    command = add("rank", "finding:rank", "pictures by the choices made between them, the best first")
    command.add_argument("words", nargs="*", metavar="QUERY")
    add_json(command)
