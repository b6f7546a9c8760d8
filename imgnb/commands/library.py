"""What `imgnb` says of the library in a shell: ls, show, lineage, recipe, costs, repair, and the acts of `labels.py`."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ImgnbError, RequestInvalid
from ..files.whole import whole_file
from ..records import Asset, Generation
from ..records.targets import target_of
from ..workspace import current
from .labels import act
from .printing import plain, print_json

if TYPE_CHECKING:
    from PIL.Image import Image


def ls(arguments: argparse.Namespace) -> int:
    """Print the newest generations that have pictures, or what is in the trash, or all names or tags."""
    library = current().library
    if arguments.names or arguments.tags:
        rows: Any = library.names() if arguments.names else library.tags()
        if arguments.json:
            print_json(dict(rows))
        else:
            for word, of in rows.items():
                print(plain(f"{word:<32} {f'@{of[:12]}' if isinstance(of, str) else of}"))
        return 0
    if arguments.trash:
        assets = library.trashed()
        if arguments.json:
            print_json([asset.to_dict() for asset in assets])
        else:
            print(plain("\n".join(repr(asset) for asset in assets) or "the trash is empty"))
        return 0
    return listed(library.find(limit=arguments.limit), arguments.json)


def listed(found: Iterable[Generation], as_json: bool) -> int:
    """Print generations, a line each."""
    if as_json:
        print_json([generation.to_dict() for generation in found])
        return 0
    for generation in found:
        prompt = " ".join(generation.prompt.split())
        size = generation.effective.get("size", "")
        line = f"{generation.id}  {generation.created_at[:16]}  {generation.route:<8} {size:<10} {prompt[:80]}"
        print(plain(line))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print what the library knows of a picture or generation; write a copy, its heat map, or its mask over its base."""
    found = current().library.get(arguments.reference)
    assets = [found] if isinstance(found, Asset) else found.assets
    if arguments.heat_map or arguments.mask:
        return _drawn(found, arguments)
    if arguments.metadata and not arguments.save:
        raise RequestInvalid("--metadata says how a copy is written", hint="add --save PATH")
    saved = [str(path) for path in save(assets, arguments.save, arguments.metadata)]
    labels = assets[0].labels.to_dict() if assets else {}
    # A generation's own notes are of another kind: what was done otherwise than asked.
    told = (
        {"labels": labels}
        if isinstance(found, Generation)
        else {name: value for name, value in labels.items() if value}
    )
    record = {**found.to_dict(), **told}
    if arguments.json:
        print_json({**record, "saved": saved})
        return 0
    for name, value in record.items():
        if value not in (None, "", [], {}):
            text = str(value) if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
            print(f"{name:<24} {plain(text)}")
    for path in saved:
        print(f"{'saved':<24} {plain(path)}")
    if isinstance(found, Generation) and (rows := found.comparison()):
        print("\n" + plain(comparison_text(rows)))
    return 0


def _drawn(found: Asset | Generation, arguments: argparse.Namespace) -> int:
    """Write a picture that is made of several: it is not in the library, so it needs a place."""
    generation = found if isinstance(found, Generation) else current().library.generation(arguments.reference)
    if not arguments.save:
        raise RequestInvalid("a picture that is drawn needs a place", hint="add --save PATH.png")
    check_target(arguments.save)
    _write(generation.heat_map() if arguments.heat_map else generation.mask_over_base(), arguments.save)
    print_json({"saved": [arguments.save]}) if arguments.json else print(arguments.save)
    return 0


def comparison_text(rows: Sequence[tuple[str, Any, Any]]) -> str:
    """Asked and effective parameters side by side."""
    lines = [f"{'':<24} {'asked':<20} came"]
    for name, asked, came in rows:
        mark = "  <-" if asked not in (None, "auto") and came is not None and asked != came else ""
        lines.append(f"{name:<24} {'-' if asked is None else asked!s:<20} {'-' if came is None else came}{mark}")
    return "\n".join(lines)


def label(arguments: argparse.Namespace) -> int:
    """Do an act of `labels.py` and print what is now true."""
    library = current().library
    said = act(library, arguments.command, arguments.reference, getattr(arguments, "words", ()))
    if arguments.json:
        print_json({"said": said})
    else:
        print(plain(said))
    return 0


def lineage(arguments: argparse.Namespace) -> int:
    """Print what came from what, as text, Mermaid or JSON, or write it as one picture."""
    found = current().library.lineage(current().library.asset(arguments.reference), limit=max(1, arguments.limit))
    if arguments.save:
        import PIL.Image

        check_target(arguments.save)
        _write(PIL.Image.open(BytesIO(found.picture().data)), arguments.save)
    if arguments.json:
        print_json(found.to_dict())
    elif not arguments.save:
        print(plain(found.mermaid() if arguments.mermaid else found.text()))
    return 0


def _write(image: Image, target: str) -> None:
    """Write a drawn picture in the format that the name asks for."""
    import PIL.Image

    check_target(target)
    path = Path(target).expanduser()
    try:
        kind = PIL.Image.registered_extensions()[path.suffix.lower()]
        with whole_file(path) as temporary:
            image.save(temporary, kind, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    except (OSError, ValueError, LookupError) as exc:
        said = f"no format is called {path.suffix!r}" if isinstance(exc, LookupError) else exc
        raise ImgnbError(f"{target} cannot be written: {said}", hint="save it as .png or .jpg elsewhere") from exc


def recipe(arguments: argparse.Namespace) -> int:
    """Print the magic, or the Python, that makes a picture again."""
    kind: Literal["python", "magic"] = "python" if arguments.python else "magic"
    text = current().library.get(arguments.reference).recipe(kind)
    print_json({kind: text}) if arguments.json else print(plain(text))
    return 0


def costs(arguments: argparse.Namespace) -> int:
    """Print what was paid."""
    from ..display.costs import costs_table, totals

    workspace, by = current(), list(dict.fromkeys(arguments.by or ["day"]))
    rows = workspace.library.costs(by, frame=False)
    balances = workspace.library.balances(workspace.budgets)
    if arguments.json:
        budgets = [balance.to_dict() for balance in balances]
        print_json({"by": by, "costs": rows, "totals": totals(rows), "budgets": budgets})
    else:
        print(plain(costs_table(rows, by, balances)))
    return 0


def repair(arguments: argparse.Namespace) -> int:
    """Bring lost outputs of a notebook back."""
    from ..display.repair import repair as repaired

    restored, missing = repaired(arguments.notebook, current().library)
    if arguments.json:
        print_json({"restored": restored, "missing": missing})
    else:
        lost = f", {len(missing)} cells have no picture in the library" if missing else ""
        print(f"{len(restored)} outputs restored{lost}")
    return 0


def save(
    assets: Sequence[Asset], target: str | None, metadata: Literal["full", "none"] | None = None
) -> Iterator[Path]:
    """Write copies: one to the path, several beside it with a number before the extension."""
    if not target:
        return
    check_target(target)
    path = Path(target).expanduser()
    for number, asset in enumerate(assets, 1):
        several = len(assets) > 1 and not path.is_dir()
        numbered = path.with_name(f"{path.stem}-{number}{path.suffix}") if several else path
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                copy = asset.save(numbered, metadata)
        except OSError as exc:
            raise ImgnbError(
                f"no copy can be written to {numbered}: {exc.strerror}", hint=f"the picture is kept as {asset.path}"
            ) from exc
        for warning in said:
            print(plain(f"imgnb: {warning.message}"), file=sys.stderr)
        yield copy


def check_target(target: str | None) -> None:
    """Raise RequestInvalid or LibraryError before anything is paid for, where no copy could be written."""
    if not target:
        return
    path = target_of(target, current().settings.library)
    if not path.parent.is_dir():
        raise RequestInvalid(f"there is no folder {str(path.parent)!r} to save to", hint="make it, or save elsewhere")
