"""The commands that carry a library, or a part of it, elsewhere and back."""

from __future__ import annotations

from pathlib import Path

from .words import Adder, add_json, whole_number


def declare(add: Adder) -> None:
    """A bundle is written, and merged."""
    _export(add)
    _import(add)


def _export(add: Adder) -> None:
    command = add("export", "bundles:export", "write what a search finds to a zip, a folder, or records")
    command.add_argument("words", nargs="*", metavar="QUERY", help="as for find; without one, every success")
    command.add_argument("target", metavar="TARGET", help="out.zip, a folder/, or with --records records.jsonl")
    command.add_argument("--records", action="store_true", help="rows alone, without pictures; all of them by default")
    command.add_argument("--all", action="store_true", help="failures, the trash and pictures of no generation, too")
    command.add_argument("--no-ancestors", action="store_true", help="leave out what the pictures go back to")
    add_json(command)


def _import(add: Adder) -> None:
    command = add("import", "bundles:import_", "merge bundles, or store pictures with their prompts")
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="bundles, pictures, folders of them")
    command.add_argument(
        "--max-bytes", type=whole_number, metavar="N", help="the most that all pictures may have (64 GiB)"
    )
    add_json(command)
