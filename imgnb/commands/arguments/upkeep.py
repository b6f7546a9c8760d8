"""The commands that keep the library whole."""

from __future__ import annotations

from pathlib import Path

from .words import Adder, add_json, whole_number


def declare(add: Adder) -> None:
    """To look, to mend, and to make small."""
    _verify(add)
    _gc(add)
    _rebuild(add)
    _compact(add)
    _backup(add)
    _stats(add)


def _verify(add: Adder) -> None:
    command = add(
        "verify",
        "locks:verify",
        "whether every picture and row of the library is as it should be, or notebooks are as they were locked",
    )
    command.add_argument(
        "notebooks", nargs="*", type=Path, metavar="NOTEBOOK.ipynb", help="hold these against their locks instead"
    )
    command.add_argument("--sample", metavar="N", help="read only so many pictures, or a share such as 5%%")
    command.add_argument("--seed", type=whole_number, metavar="N", help="the same sample as one that said this seed")
    command.add_argument("--restart", action="store_true", help="begin anew where one was stopped")
    command.add_argument("--repair", action="store_true", help="mend what can be; damaged files move to quarantine/")
    add_json(command)


def _gc(add: Adder) -> None:
    command = add("gc", "upkeep:gc", "delete the bytes of old trash, orphan previews and leftovers")
    command.add_argument(
        "--older-than", default="30d", metavar="AGE", help="how long in the trash: 30d (default), 12h, 2w"
    )
    command.add_argument("--dry-run", action="store_true", help="only list what would be deleted")
    command.add_argument("--yes", action="store_true", help="delete without asking first")
    add_json(command)


def _rebuild(add: Adder) -> None:
    command = add("rebuild", "upkeep:rebuild", "make a new database from what is left of a damaged one")
    command.add_argument(
        "--from",
        dest="sources",
        action="append",
        default=[],
        metavar="FILE",
        help="also from this backup or export; repeatable",
    )
    command.add_argument("--yes", action="store_true", help="do so although the database seems to be well")
    add_json(command)


def _compact(add: Adder) -> None:
    command = add("compact", "upkeep:compact", "make the database as small and fast as it can be")
    add_json(command)


def _backup(add: Adder) -> None:
    command = add("backup", "upkeep:backup", "copy the database, without pictures, while kernels write")
    command.add_argument("file", metavar="FILE")
    command.add_argument("--force", action="store_true", help="write over a file that is there")
    add_json(command)


def _stats(add: Adder) -> None:
    command = add("stats", "upkeep:stats", "how much the library holds, and what it takes on the disk")
    add_json(command)
