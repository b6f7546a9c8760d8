"""`imgnb pack` and `imgnb unpack`: a report leaves with its pictures, and comes in. A bar on stderr, what was done on stdout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..display.progress_bar import ProgressBar, amount
from ..workspace import current
from .printing import plain, print_json

if TYPE_CHECKING:
    from ..library.bundles.limits import Progress

_SHOWN = 20
"Notes that are printed; --json has all."


def pack(arguments: argparse.Namespace) -> int:
    """Write notebook, lock and pictures to one zip."""
    from ..reports.packing import pack as packed

    with bar("packing") as progress:
        done = packed(
            arguments.notebook,
            current().library,
            arguments.output,
            ancestors=arguments.ancestors,
            progress=progress,
        )
    if arguments.json:
        print_json({**asdict(done), "path": str(done.path)})
        return 0
    print_notes(done.notes)
    beside = f", {len(done.files)} files" if done.files else ""
    print(plain(f"{done.path}: {done.notebook}, {done.assets} pictures{beside}, {amount(done.bytes, True)}"))
    return 0


def unpack(arguments: argparse.Namespace) -> int:
    """Import the pictures of a pack, and write its notebook."""
    from ..reports.unpacking import unpack as unpacked

    with bar("unpacking") as progress:
        done = unpacked(arguments.pack, current().library, arguments.folder, force=arguments.force, progress=progress)
    if arguments.json:
        came = {**asdict(done.imported), "changed": done.imported.changed}
        paths = {"notebook": str(done.notebook), "lock": str(done.lock), "files": [str(path) for path in done.files]}
        print_json({**paths, "imported": came, "notes": done.notes})
        return 0
    print_notes(done.notes)
    new = f"{done.imported.assets} pictures" if done.imported.changed else "nothing"
    print(plain(f"{done.notebook}: unpacked; {new} new in the library"))
    return 0


@contextmanager
def bar(stage: str) -> Iterator[Progress]:
    """A bar of bytes on stderr."""
    with ProgressBar() as shown:
        yield lambda done, total: shown.show(stage, done, total, in_bytes=True)


def print_notes(notes: Iterable[str]) -> None:
    """Print sentences to stderr, the first of many."""
    said = list(notes)
    for note in said[:_SHOWN]:
        print(plain(f"imgnb: {note}"), file=sys.stderr)
    if len(said) > _SHOWN:
        print(f"imgnb: … and {len(said) - _SHOWN} more: --json has all", file=sys.stderr)


def notebook_of(text: str) -> Path | None:
    """The notebook's file that this names; None where it names something else."""
    path = Path(text).expanduser()
    return path if path.suffix == ".ipynb" and path.is_file() else None
