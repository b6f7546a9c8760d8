"""Runs benchmarks and prints their tables; how to read them stands at the top of the package."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from . import __doc__ as guide
from .table import Table

NAMES = (
    "streaming",
    "conversing",
    "starting",
    "replaying",
    "repeating",
    "embedding",
    "preparing",
    "uploading",
    "tracing",
    "storing",
    "growing",
    "browsing",
    "verifying",
    "packing",
    "widgets",
    "reporting",
)


def main() -> None:
    """Run the benchmarks that are named, or all."""
    asked = _parser().parse_args()
    # What is installed is compiled; what runs here is to be, whatever the machine says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    tables = {}
    if not asked.json:
        print(_machine() + "\n", flush=True)
    for name in asked.names or NAMES:
        begun = time.monotonic()
        benchmark: Callable[[bool], Table] = getattr(import_module(f".{name}", __package__), name)
        tables[name] = benchmark(asked.quick)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        if not asked.json:
            print(tables[name], flush=True)
    if asked.json:
        said: dict[str, Any] = {"machine": _machine(), **{name: table.to_dict() for name, table in tables.items()}}
        print(json.dumps(said, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=guide, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--json", action="store_true", help="every sample, as JSON")
    return parser


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {load:.1f} before it began, "
        f"Python {platform.python_version()}, {platform.platform(terse=True)}"
    )


if __name__ == "__main__":
    main()
