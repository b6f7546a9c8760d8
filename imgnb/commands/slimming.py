"""`imgnb restore NOTEBOOK` and `imgnb slim`: what a notebook's file carries of its pictures."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ..errors import RequestInvalid
from ..workspace import current
from .library import label
from .packing import notebook_of, print_notes
from .printing import plain, print_json


def restore(arguments: argparse.Namespace) -> int:
    """Bring the outputs of a notebook back, or pictures from the trash."""
    notebook = notebook_of(arguments.reference)
    if notebook is None:
        if arguments.full:
            raise RequestInvalid(f"{arguments.reference} is no notebook", hint="--full takes report.ipynb")
        return label(arguments)
    if arguments.words:
        raise RequestInvalid(f"{' '.join(arguments.words)!r} is one too many", hint="give one notebook")
    return _restore(notebook, arguments)


def _restore(notebook: Path, arguments: argparse.Namespace) -> int:
    from ..reports.restoring import restore as restored

    done = restored(notebook, current().library, full=arguments.full)
    if arguments.json:
        print_json({"notebook": str(notebook), **asdict(done)})
    else:
        print_notes(f"cell {cell:.40} stays as it is: {why}" for cell, why in done.left)
        kind = "full pictures" if arguments.full else "previews"
        changed = f", {len(done.changed)} became {kind}" if done.changed else ""
        print(plain(f"{notebook}: {len(done.restored)} outputs restored{changed}"))
    return 1 if done.left else 0
