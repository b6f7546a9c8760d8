"""The commands about notebooks: their pictures come back, are pinned, travel with them, and are printed."""

from __future__ import annotations

from pathlib import Path

from .words import Adder, add_json


def declare(add: Adder) -> None:
    """What brings a notebook's pictures back, holds them, carries them along, and prints them."""
    _repair(add)
    _lock(add)
    _pack(add)
    _unpack(add)
    _slim(add)
    _report(add)


def _repair(add: Adder) -> None:
    command = add("repair", "library:repair", "bring lost outputs of a notebook back from the library")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    add_json(command)


def _lock(add: Adder) -> None:
    command = add("lock", "locks:lock", "pin a notebook to the pictures that it shows, without running it")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("-o", "--output", type=Path, metavar="PATH", help="write it there, not beside the notebook")
    add_json(command)


def _pack(add: Adder) -> None:
    command = add("pack", "packing:pack", "one zip with a notebook, its lock and just its pictures")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("-o", "--output", type=Path, metavar="ZIP", help="by default beside the notebook")
    command.add_argument("--ancestors", action="store_true", help="also all that the pictures go back to")
    add_json(command)


def _unpack(add: Adder) -> None:
    command = add("unpack", "packing:unpack", "bring the pictures of a pack in, and write its notebook")
    command.add_argument("pack", type=Path, metavar="ZIP")
    command.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="by default the working folder")
    command.add_argument("--force", action="store_true", help="write over files that are there with other content")
    add_json(command)


def _slim(add: Adder) -> None:
    command = add("slim", "slimming:slim", "move full pictures in notebooks to the library; previews stay")
    command.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("--undo", action="store_true", help="bring the pictures back into the file")
    command.add_argument("--over", default="200kB", metavar="SIZE", help="only larger pictures (200kB)")
    add_json(command)


def _report(add: Adder) -> None:
    command = add("report", "report:report", "a notebook as one HTML page, or a PDF, without running it")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="where the page goes, or with NAME.pdf the PDF; beside the notebook",
    )
    command.add_argument("--pdf", type=Path, metavar="FILE", help="print it to a PDF, with Chromium")
    command.add_argument(
        "--code", default="folded", choices=["folded", "hidden", "shown"], help="how code stands there"
    )
    command.add_argument("--title", help="by default the first heading")
    command.add_argument("--lang", default="en", help="the language it is written in: en (default), de, pt-BR")
    command.add_argument("--no-appendix", action="store_true", help="leave out the table of how pictures were made")
    command.add_argument("--strict", action="store_true", help="fail where the library does not have a picture")
    add_json(command)
