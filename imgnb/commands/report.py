"""`imgnb report`: a notebook as one HTML page, or a PDF, for people who have no Jupyter."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..display.progress_bar import ProgressBar
from ..errors import RequestInvalid
from ..reports.page import Page, Wishes, page
from ..reports.printing_targets import HTML, PDF, target_of, write
from ..workspace import current
from .printing import plain, print_json

_ENDINGS = {"html": HTML, "pdf": PDF}
_SHOWN = 10
"Notes that are printed; the report has all."


def report(arguments: argparse.Namespace) -> int:
    """Write the report and print where it lies; with --strict, 1 where a picture is missing from the library."""
    notebook: Path = arguments.notebook
    library = current().library
    targets = _targets(notebook, arguments.out, arguments.pdf, library.path)
    wishes = Wishes(arguments.code, arguments.title or "", not arguments.no_appendix, arguments.lang)
    with ProgressBar() as bar:
        made = page(notebook, library, wishes, lambda done, of: bar.show("pictures", done, of))
        _write(made, targets, bar)
    if arguments.json:
        print_json(_document(made, notebook, targets))
    else:
        for note in made.notes[:_SHOWN]:
            print(plain(f"imgnb: {note}"), file=sys.stderr)
        if len(made.notes) > _SHOWN:
            print(f"imgnb: … and {len(made.notes) - _SHOWN:,} more notes, in the report", file=sys.stderr)
        print("\n".join(plain(str(path)) for path in targets.values()))
    return 1 if arguments.strict and made.missing else 0


def _targets(notebook: Path, out: Path | None, pdf: Path | None, library: Path) -> dict[str, Path]:
    """Where HTML and PDF go: without a word, beside the notebook. Raises RequestInvalid for what would do harm."""
    if out and not pdf and out.suffix.lower() in PDF:
        out, pdf = None, out
    named = {"html": out, "pdf": pdf} if out or pdf else {"html": notebook.with_suffix(".html")}
    targets = {kind: path for kind, path in named.items() if path is not None}
    found = {target_of(path, _ENDINGS[kind], library) for kind, path in targets.items()}
    if notebook.resolve() in found:
        raise RequestInvalid(f"{notebook} is a notebook, which must not be replaced", hint="give -o report.html")
    if len(found) < len(targets):
        raise RequestInvalid(f"{pdf} cannot be HTML and PDF", hint="give each a name of its own")
    for kind, path in targets.items():
        _check_ending(kind, path)
    return targets


def _check_ending(kind: str, path: Path) -> None:
    """Raises RequestInvalid for a name that says it is something else; one without an ending says nothing."""
    if path.suffix.lower() not in ("", ".", *_ENDINGS[kind]):
        raise RequestInvalid(
            f"{path} would be {kind.upper()}, and its name ends in {path.suffix}",
            hint="-o NAME.html makes a page, -o NAME.pdf or --pdf NAME.pdf a PDF",
        )


def _write(made: Page, targets: dict[str, Path], bar: ProgressBar) -> None:
    from ..reports.printing import print_pdf

    if "html" in targets:
        write(targets["html"], made.html.encode())
    if "pdf" in targets:
        bar.show("printing")
        print_pdf(made.html, targets["pdf"])


def _document(made: Page, notebook: Path, targets: dict[str, Path]) -> dict[str, object]:
    figures = [
        {"number": one.number, **one.presentation.facts, "alt": one.alt, "assets": list(one.hashes)}
        for one in made.figures
    ]
    return {
        "notebook": str(notebook),
        "title": made.title,
        **{kind: str(path) for kind, path in targets.items()},
        "bytes": {kind: path.stat().st_size for kind, path in targets.items()},
        "pictures": made.pictures,
        "figures": figures,
        "missing": list(made.missing),
        "notes": list(made.notes),
    }
