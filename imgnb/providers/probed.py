"""What probes have found out about routes, kept in `probes.json` beside the user's own config.

A finding is a setting of a route, as it could stand in the config itself. It holds for the base URL that was probed, lies
below what the user's own tables say and above the shipped ones, and is forgotten by `imgnb doctor --route NAME --forget`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..config import ENVIRONMENT, user_folder
from ..errors import ConfigInvalid
from ..files.whole import whole_file


@dataclass(frozen=True)
class Findings:
    """The settings that a probe of a route at one base URL has found, and the day."""

    base_url: str
    date: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def probes_path(environ: Mapping[str, str] = ENVIRONMENT) -> Path:
    """The file that they are kept in."""
    return user_folder(environ) / "probes.json"


def findings(route: str, base_url: str, environ: Mapping[str, str] = ENVIRONMENT) -> Findings | None:
    """What is known of the route at this base URL; a file that cannot be read holds nothing, as `damage` says."""
    found = _read(environ).get(route, {})
    entry = found.get(base_url) if isinstance(found, dict) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("settings"), dict):
        return None
    return Findings(base_url, str(entry.get("date", "")), entry["settings"])


def remember(route: str, found: Findings, environ: Mapping[str, str] = ENVIRONMENT) -> Path:
    """Keep what was found in place of what was known of the route at that base URL; returns the file."""
    known = _read(environ)
    there = known.get(route)
    entry = {"date": found.date, "settings": dict(found.settings)}
    known[route] = {**(there if isinstance(there, dict) else {}), found.base_url: entry}
    return _write(known, environ)


def forget(route: str, environ: Mapping[str, str] = ENVIRONMENT) -> bool:
    """Forget what was found about the route, wherever it was; False if nothing was."""
    known = _read(environ)
    if route not in known:
        return False
    del known[route]
    _write(known, environ)
    return True


def damage(environ: Mapping[str, str] = ENVIRONMENT) -> str | None:
    """Why the file cannot be read; None where it can, or where there is none."""
    try:
        document = json.loads(probes_path(environ).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as exc:
        return str(exc)
    return None if isinstance(document, dict) else "it is no table"


def _read(environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        document = json.loads(probes_path(environ).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _write(known: Mapping[str, Any], environ: Mapping[str, str]) -> Path:
    path = probes_path(environ)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as exc:
        raise ConfigInvalid(f"{path} cannot be written: {exc.strerror}", hint="make its folder writable") from exc
    return path
