"""`imgnb export` and `imgnb import`: parts of a library leave and come in. A bar on stderr, what was done on stdout."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from typing import TextIO

from ..errors import RequestInvalid
from ..workspace import current
from .printing import plain, print_json

_SHOWN = 20
"Sentences of an import that are printed; --json has all."


class Bar:
    """How far it is, in percent, written over; on anything but a terminal it says nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._last = -1

    def __call__(self, done: int, total: int) -> None:
        """Take note of so many bytes; the line is written anew when its number changes."""
        percent = 100 * done // total if total else 100
        if percent != self._last and self._stream.isatty():
            self._last = percent
            filled = percent * 30 // 100
            self._stream.write(f"\r\x1b[2Kimgnb: {'#' * filled}{'.' * (30 - filled)} {percent:3} % of {size(total)}")
            self._stream.flush()

    def clear(self) -> None:
        """Wipe the line."""
        if self._last >= 0:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def export(arguments: argparse.Namespace) -> int:
    """Write what is found to the target and print how much that is."""
    words = " ".join(arguments.words)
    bar = Bar()
    try:
        exported = current().library.export(
            words,
            arguments.target,
            records_only=arguments.records,
            everything=arguments.all or (arguments.records and not words),
            ancestors=not arguments.no_ancestors,
            progress=bar,
        )
    finally:
        bar.clear()
    if arguments.json:
        print_json({**asdict(exported), "path": str(exported.path)})
        return 0
    for sha256 in exported.gone[:_SHOWN]:
        print(f"imgnb: the bytes of @{sha256[:12]} are not in the library; its record went along", file=sys.stderr)
    pictures = f"{exported.generations} generations, {exported.assets} pictures, {size(exported.bytes)}"
    print(plain(f"{exported.path}: {pictures}"))
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Merge what is given and print what came in; 1 where a file was refused."""
    from ..library.bundles.limits import DEFAULT

    if arguments.max_bytes is not None and arguments.max_bytes < 1:
        raise RequestInvalid(f"--max-bytes is {arguments.max_bytes}", hint="give a number of bytes from 1")
    limits = replace(DEFAULT, total=arguments.max_bytes) if arguments.max_bytes else DEFAULT
    bar = Bar()
    try:
        imported = current().library.import_(arguments.paths, limits=limits, progress=bar)
    finally:
        bar.clear()
    if arguments.json:
        print_json({**asdict(imported), "changed": imported.changed})
        return 1 if imported.refused else 0
    differing = [f"generation {id} is here with other content, and stays as it is" for id in imported.kept]
    refused = [f"{path}: {why}" for path, why in imported.refused]
    for sentence in (*refused, *differing, *imported.notes)[:_SHOWN]:
        print(plain(f"imgnb: {sentence}"), file=sys.stderr)
    came = f"{imported.generations} generations, {imported.assets} pictures, {size(imported.bytes)}"
    there = f"; {imported.already} were there" if imported.already else ""
    print(f"{came}{there}" if imported.changed else f"nothing new{there}")
    return 1 if refused else 0


def size(count: int) -> str:
    """Bytes as people say them."""
    for unit, of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= of:
            return f"{count / of:.1f} {unit}"
    return f"{count} bytes"
