"""What `imgnb` finds in a shell: find, searches, similar, rank."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ..errors import RequestInvalid
from ..records.wording import one_line
from ..workspace import current
from .library import listed
from .printing import plain, print_json

COUNTED = 100_000
"Up to how many are counted."


def find(arguments: argparse.Namespace) -> int:
    """Print what the query finds, how many that are, or how many there are of each kind; keep it, where it is to be."""
    library = current().library
    query = " ".join(word.removeprefix(" ") for word in arguments.words)
    if arguments.save is not None:
        library.save_search(arguments.save, _with_filters(query, arguments))
        print(plain(f"saved: search:{arguments.save}"), file=sys.stderr)
    if arguments.count or arguments.facets:
        return _counted(_with_filters(query, arguments), arguments)
    found = library.find(
        query,
        model=arguments.model,
        route=arguments.route,
        status=None if arguments.status == "any" else arguments.status,
        name=arguments.name,
        tag=arguments.tag,
        limit=arguments.limit,
        before=arguments.before,
    )
    listed(found, arguments.json)
    if len(found) == arguments.limit and not arguments.json:
        print(f"the next page: --before {found[-1].id}", file=sys.stderr)
    return 0


def _counted(query: str, arguments: argparse.Namespace) -> int:
    library = current().library
    if arguments.count and arguments.facets:
        raise RequestInvalid("--count and --facets do not go together", hint="give one")
    if arguments.facets:
        facets = library.facets(query)
        print_json(facets.to_dict()) if arguments.json else print(plain(repr(facets)))
        return 0
    count = library.count(query, COUNTED)
    more = count > COUNTED
    if arguments.json:
        print_json({"count": min(count, COUNTED), "more": more})
    else:
        print(f"more than {COUNTED}" if more else count)
    return 0


def _with_filters(query: str, arguments: argparse.Namespace) -> str:
    """The query with what the options say, as a query says it."""
    return " ".join([query, *_filters(arguments)]).strip()


def _filters(arguments: argparse.Namespace) -> Iterator[str]:
    for name in ("model", "route", "tag", "name"):
        if (value := getattr(arguments, name)) is not None:
            yield f'{name}:"{value.replace(chr(34), "")}"'
    if arguments.status != "succeeded":
        yield f"status:{arguments.status}"


def searches(arguments: argparse.Namespace) -> int:
    """Print the searches that were saved, or let go of one."""
    library = current().library
    if arguments.forget is not None:
        if not library.forget_search(arguments.forget):
            raise RequestInvalid(f"no search is saved as {arguments.forget!r}", hint="imgnb searches lists them")
        print_json({"forgot": arguments.forget}) if arguments.json else print(plain(f"forgot {arguments.forget}"))
        return 0
    saved = library.saved_searches()
    if arguments.json:
        print_json(saved)
    else:
        print(plain("\n".join(f"{name:<24} {query}" for name, query in saved.items()) or "no search is saved"))
    return 0


def similar(arguments: argparse.Namespace) -> int:
    """Print the pictures that look most like one, and how far each is."""
    found = current().library.similar(arguments.reference, limit=arguments.limit, progress=progress)
    pairs = list(zip(found.distances, found, strict=True))
    if arguments.json:
        print_json([{**asset.to_dict(), "distance": distance} for distance, asset in pairs])
        return 0
    for distance, asset in pairs:
        size = f"{asset.width}x{asset.height}"
        print(
            plain(f"{distance:>2}  {asset.sha256[:12]}  {asset.created_at[:16]}  {size:<10} {one_line(asset.alt, 80)}")
        )
    return 0


def rank(arguments: argparse.Namespace) -> int:
    """Print the pictures that were compared, the strongest first."""
    found = current().library.rank(" ".join(word.removeprefix(" ") for word in arguments.words))
    if arguments.json:
        print_json(found.to_dict())
    else:
        print(plain(repr(found)))
    return 0


def progress(done: int, of: int) -> None:
    """How far the hashing is, as a bar on stderr where somebody looks at it."""
    if sys.stderr.isatty():
        bar = "#" * (30 * done // of)
        print(
            f"\rhashing pictures [{bar:<30}] {done} of {of}",
            end="\n" if done == of else "",
            file=sys.stderr,
            flush=True,
        )
