"""What keeps a library whole, in a shell: verify, gc, rebuild, compact, backup, stats."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..display.progress_bar import ProgressBar, amount, duration
from ..errors import RequestInvalid
from ..workspace import current
from .printing import plain, print_json

if TYPE_CHECKING:
    from ..library.upkeep.report import Follow, Report
    from ..library.upkeep.rubbish import Collected

SHOWN = 50
"Lines of a list that are printed; --json has all."


def verify(arguments: argparse.Namespace) -> int:
    """Read everything and print what is wrong; 1 where something is left."""
    library = current().library
    wishes = {name: getattr(arguments, name) for name in ("sample", "seed", "restart", "repair")}
    try:
        with _bar() as follow:
            report = library.verify(**wishes, follow=follow)
    except KeyboardInterrupt:
        if not arguments.sample:
            print("imgnb: stopped; the same command goes on from here, --restart begins anew", file=sys.stderr)
        raise
    print_json(report.to_dict()) if arguments.json else print(plain("\n".join(_report(report, library.path))))
    return 0 if report else 1


def _report(report: Report, path: Path) -> Iterator[str]:
    for problem in report.problems[:SHOWN]:
        yield f"{problem.kind}: {problem.what}: {problem.message}"
        yield f"  -> {problem.repaired or problem.way_out}"
    if len(report.problems) > SHOWN:
        yield f"… and {len(report.problems) - SHOWN:,} more: --json has all"
    yield from report.notes
    if report.sample:
        yield f"a sample of {report.sample}, with --seed {report.seed}"
    left, found = len(report.open), len(report.problems)
    some = f"{left or found:,} problem{'' if (left or found) == 1 else 's'}"
    what = f"{some} left" if left else f"{some}, repaired" if found else "all is well"
    speed = f", {amount(round(report.read / report.seconds), True)}/s" if report.seconds > 1 else ""
    emptied = f" ({report.emptied:,} of them without bytes, by imgnb gc)" if report.emptied else ""
    yield (
        f"{path}: {report.pictures:,} pictures{emptied}, {amount(report.bytes, True)}, {report.generations:,} generations "
        f"in {duration(report.seconds)}{speed}: {what}"
    )


def gc(arguments: argparse.Namespace) -> int:
    """List what nobody needs, and delete it where that is wanted."""
    library = current().library
    if not (arguments.dry_run or arguments.yes):
        found = library.gc(arguments.older_than, dry_run=True)
        if found.items and not _agreed(found, arguments.json):
            return 1
    with _bar() as follow:
        collected = library.gc(arguments.older_than, dry_run=arguments.dry_run, follow=follow)
    print_json(collected.to_dict()) if arguments.json else print(plain("\n".join(_collected(collected))))
    return 0


def _agreed(found: Collected, as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        raise RequestInvalid(
            f"gc would delete {len(found.items):,} things, {amount(found.bytes, True)}, for good",
            hint="--dry-run lists them; --yes deletes them",
        )
    print(plain("\n".join(_collected(found))))
    answer = input("Delete them for good? [y/N] ").strip().lower()
    return answer in ("y", "yes")


def _collected(collected: Collected) -> Iterator[str]:
    for item in collected.items[:SHOWN]:
        yield f"{item.kind:<9} {amount(item.bytes, True):>9}  {item.what}"
    if len(collected.items) > SHOWN:
        yield f"… and {len(collected.items) - SHOWN:,} more: --json has all"
    if collected.kept:
        yield f"{collected.kept:,} of the trash stay: a name, or something outside of the trash, needs them"
    verb = "can be deleted" if collected.dry_run else "deleted"
    yield (
        f"{len(collected.items):,} things, {amount(collected.bytes, True)}, {verb}"
        if collected.items
        else "there is nothing to delete"
    )


def rebuild(arguments: argparse.Namespace) -> int:
    """Make a new database and print what it could be made of."""
    from ..library import rebuild as rebuilt

    root = current().settings.library
    with _bar() as follow:
        made = rebuilt(root, sources=[Path(source) for source in arguments.sources], force=arguments.yes, follow=follow)
    if arguments.json:
        print_json(made.to_dict())
        return 0
    for table, (taken, lost) in made.tables.items():
        if taken or lost:
            print(f"{table:<14} {taken:>10,} rows" + (f", {lost:,} that do not fit" if lost else ""))
    for note in made.notes:
        print(plain(note))
    print(
        plain(
            f"{root}: a new database with {made.generations:,} generations and {made.assets:,} pictures; imgnb verify looks at it"
        )
    )
    return 0


def compact(arguments: argparse.Namespace) -> int:
    """Compact the database and print what that saved."""
    with _bar() as follow:
        done = current().library.compact(follow=follow)
    if arguments.json:
        print_json(done.to_dict())
    else:
        print(f"{amount(done.before, True)} before, {amount(done.after, True)} now")
    return 0


def backup(arguments: argparse.Namespace) -> int:
    """Back the database up."""
    target = Path(arguments.file).expanduser().absolute()
    with _bar() as follow:
        size = current().library.backup(target, force=arguments.force, follow=follow)
    if arguments.json:
        print_json({"file": str(target), "bytes": size})
    else:
        print(
            plain(
                f"{target}: {amount(size, True)}, checked. Pictures are not in it: copy the folder blobs, which only grows"
            )
        )
    return 0


def stats(arguments: argparse.Namespace) -> int:
    """Print how much there is."""
    library = current().library
    found = library.stats()
    if arguments.json:
        print_json({"library": str(library.path), **found})
    else:
        print(plain("\n".join([str(library.path), *_table(found)])))
    return 0


def _table(found: dict[str, Any]) -> Iterator[str]:
    rows: list[tuple[str, str, str]] = []
    for status, count in found["generations"].items():
        rows.append(("generations", status, f"{count:,}"))
    for kind, of in found["media_types"].items():
        rows.append(("pictures", kind, f"{of['assets']:,}  {amount(of['bytes'], True)}"))
    rows.append(("trash", "pictures", f"{found['trash']['assets']:,}  {amount(found['trash']['bytes'], True)}"))
    rows += [("disk", name, amount(size, True)) for name, size in found["disk"].items()]
    rows += [("labels", name.replace("_", " "), f"{count:,}") for name, count in found["labels"].items()]
    rows += [("cost", currency, f"{cost:,.2f}") for currency, cost in found["cost"].items()]
    rows += [
        ("largest", f"@{one['sha256'][:12]}", f"{amount(one['bytes'], True)}  {one['media_type']}")
        for one in found["largest"]
    ]
    rows.append(("dates", "first", (found["first"] or "-")[:16]))
    rows.append(("dates", "last", (found["last"] or "-")[:16]))
    rows.append(("database", "per generation", f"{found['bytes_per_generation'] or 0:,} B"))
    rows.append(("database", "schema", str(found["schema_version"])))
    rows.append(("database", "journal", found["journal"]))
    before = ""
    for group, name, value in rows:
        yield f"{group if group != before else '':<12} {name:<20} {value}"
        before = group
    yield from found["notes"]


@contextmanager
def _bar() -> Iterator[Follow]:
    with ProgressBar() as bar:
        yield lambda step: bar.show(step.stage, step.done, step.total, step.in_bytes)
