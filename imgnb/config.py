"""Settings: read once from the environment and from TOML files, then frozen.

Later wins: built-in default, the user's file, the project's file, the environment, an argument.

The user's file is `config.toml` in the user's configuration folder, or what IMGNB_CONFIG names. The project's file is
the nearest `imgnb.toml`, or `pyproject.toml` with a `[tool.imgnb]` table, at or above the working folder.

A project's file comes with a download, so it may choose among routes but not say where keys go: a route that it
defines gets no key and reads no variable, and it cannot move a route that the user or imgnb defines.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from ._started import STARTED_IN
from .errors import ConfigInvalid

Mode = Literal["auto", "live", "replay"]
Embed = Literal["preview", "full", "none"]
Journal = Literal["wal", "delete"]

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"mode": get_args(Mode), "embed": get_args(Embed), "journal": get_args(Journal)}
)
VARIABLES = ("library", "route", "mode", "model", "embed", "budget", "fallback", "journal", "lock")
"Settings that an environment variable IMGNB_<NAME> can give."

WHOLE = {"attempts": 1, "partial_images": 0}
NUMBERS = ("connect_timeout", "read_timeout", "total_timeout", "first_wait")
"Whole numbers with the least they may be, and seconds."
LISTS = ("fallback", "budget")
"Settings that may hold several texts."


class Environment(Mapping[str, str]):
    """The variables of this process as they are now; unlike os.environ, it shows no keys where a traceback shows values."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    def __repr__(self) -> str:
        return "Environment()"


ENVIRONMENT = Environment()


def only_replays() -> bool:
    """Whether the environment says that nothing may be asked for, whatever a request or a file says.

    It does where it said so when the process was started, whatever has become of the variable since.
    """
    return "replay" in (STARTED_IN, ENVIRONMENT.get("IMGNB_MODE"))


@dataclass(frozen=True)
class Settings:
    """What the user has settled outside of a single request. Timeouts are seconds."""

    library: Path
    route: str | None = None
    mode: Mode = "auto"
    model: str | None = None
    main_model: str | None = None
    "The model that leads conversations."
    fallback: tuple[str, ...] = ()
    "Routes that are tried in turn where the first fails."
    budget: tuple[str, ...] = ()
    'What may be spent: "5.00" (USD per session), "5.00 per day", "40 credits per notebook"; "off" for whatever it takes.'
    embed: Embed = "preview"
    journal: Journal | None = None
    '"delete" does without SQLite\'s WAL, for disks that do not share memory; network disks are found out without it.'
    lock: str | None = None
    """The file that pins requests to pictures; "off" for none. Without it, the one beside the notebook, or in the folder."""
    connect_timeout: float = 10.0
    read_timeout: float = 300.0
    "The longest silence: a complex picture takes two minutes, 4K longer."
    total_timeout: float = 900.0
    attempts: int = 4
    first_wait: float = 2.0
    "Seconds that the first wait before a repeated call is at most; later ones double."
    partial_images: int = 2
    "Previews that a notebook asks for where the request does not say; each adds 100 output tokens."
    routes: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[str, ...] = ()
    "The files that were read, for `imgnb doctor` and error messages."


def load(
    start: Path | None = None, *, environ: Mapping[str, str] | None = None, **arguments: object | None
) -> Settings:
    """The settings in force for the folder `start` (the working folder by default); `arguments` win over everything.

    Raises ConfigInvalid naming the file, the setting and the value that cannot be used.
    """
    environ = ENVIRONMENT if environ is None else environ
    start = Path.cwd() if start is None else start
    values: dict[str, Any] = {}
    routes: dict[str, dict[str, Any]] = {}
    sources: list[str] = []
    for path, table, trusted in _files(start, environ):
        sources.append(str(path))
        routes |= _routes(path, _tables(path, table, "routes"), trusted, routes)
        for name in ("models", "prices"):
            values.setdefault(name, {}).update(_tables(path, table, name))
        read = _checked(table, str(path), base=path.parent)
        if not trusted and "budget" in read:
            # What comes with a download may spend less than the user allows for, never more.
            own = values.get("budget", ())
            read["budget"] = (*own, *(text for text in read["budget"] if not own or text.lower() != "off"))
        values |= read
    from_environment = {
        name: environ[f"IMGNB_{name.upper()}"] for name in VARIABLES if environ.get(f"IMGNB_{name.upper()}")
    }
    if environ is ENVIRONMENT and only_replays():
        from_environment["mode"] = "replay"
    values |= _checked(from_environment, "environment variable IMGNB_{NAME}", base=start)
    values |= _checked({k: v for k, v in arguments.items() if v is not None}, "argument", base=start)
    values.setdefault("library", _user_library())
    return Settings(routes=routes, sources=tuple(sources), **values)


def user_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of the user's own configuration: that of the file IMGNB_CONFIG names, else the system's place for it."""
    environ = ENVIRONMENT if environ is None else environ
    if named := environ.get("IMGNB_CONFIG"):
        return Path(named).expanduser().absolute().parent
    import platformdirs

    return platformdirs.user_config_path("imgnb", appauthor=False)


def _files(start: Path, environ: Mapping[str, str]) -> list[tuple[Path, dict[str, Any], bool]]:
    found: list[tuple[Path, dict[str, Any], bool]] = []
    if named := environ.get("IMGNB_CONFIG"):
        user = Path(named).expanduser()
        if not user.is_file():
            raise ConfigInvalid(f"IMGNB_CONFIG names {named!r}, which is not a file", hint="correct or unset it")
    else:
        user = user_folder(environ) / "config.toml"
    if user.is_file():
        found.append((user, _read(user), True))
    for folder in (start.resolve(), *start.resolve().parents):
        if (path := folder / "imgnb.toml").is_file():
            return [*found, (path, _read(path), False)]
        if (path := folder / "pyproject.toml").is_file() and (
            table := _table(path, _table(path, _read(path), "tool"), "imgnb", of="tool.")
        ):
            return [*found, (path, table, False)]
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigInvalid(f"{path} cannot be read: {exc}", hint="it must be a TOML file in UTF-8") from exc


def _table(path: Path, inside: Mapping[str, Any], name: str, of: str = "") -> dict[str, Any]:
    if not isinstance(table := inside.get(name, {}), dict):
        raise ConfigInvalid(
            f"{path}: {of}{name} is {table!r}, which is not a table", hint="see the README for an example"
        )
    return table


def _tables(path: Path, inside: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Take out a table of tables, such as `[routes.*]`."""
    tables = _table(path, inside, name)
    inside.pop(name, None)
    return {key: _table(path, tables, key, of=f"{name}.") for key in tables}


def _routes(
    path: Path, tables: Mapping[str, dict[str, Any]], trusted: bool, known: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    routes: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        # Any variable could be the one with a key: as a base URL it would be shown, and looked up in the DNS.
        reads = any(setting.endswith("_env") for setting in table)
        if not trusted and (name in known or reads or "base_url" not in table):
            raise ConfigInvalid(
                f"{path}: a project's file may not decide where keys go, as its route {name!r} would",
                hint="put [routes.*] with key_env or base_url_env, or changes to a route, into your own config.toml, "
                "or name that file with IMGNB_CONFIG",
            )
        routes[name] = {**table, "from_project": not trusted, "from_file": str(path)}
    return routes


def _checked(table: Mapping[str, Any], source: str, *, base: Path) -> dict[str, Any]:
    names = [name for name in Settings.__dataclass_fields__ if name not in ("routes", "models", "prices", "sources")]
    values: dict[str, Any] = {}
    for name, value in table.items():
        where = source.replace("{NAME}", name.upper())
        if name not in names:
            close = get_close_matches(name, names, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"settings are {', '.join(names)}"
            raise ConfigInvalid(f"{where}: there is no setting {name!r}", hint=hint)
        values[name] = _value(name, value, where, base)
    return values


def _value(name: str, value: Any, where: str, base: Path) -> Any:
    if name == "library":
        if not isinstance(value, str | os.PathLike) or not str(value):
            raise ConfigInvalid(f"{where}: library is {value!r}, which is not a path", hint="give a folder's path")
        try:
            return (base / Path(value).expanduser()).absolute()
        except RuntimeError as exc:  # ~stranger
            raise ConfigInvalid(f"{where}: library is {value!r}: {exc}", hint="give a folder's path") from exc
    if name == "lock":
        return _lock(value, where, base)
    if name in CHOICES and value not in CHOICES[name]:
        raise ConfigInvalid(f"{where}: {name} is {value!r}", hint=f"use {', '.join(CHOICES[name])}")
    if name in WHOLE:
        if type(value) is not int or value < WHOLE[name]:
            raise ConfigInvalid(
                f"{where}: {name} is {value!r}", hint=f"use a positive whole number, from {WHOLE[name]}"
            )
        return value
    if name in NUMBERS:
        if type(value) not in (int, float) or not 0 <= value < float("inf"):
            raise ConfigInvalid(f"{where}: {name} is {value!r}", hint="use a positive number of seconds")
        return float(value)
    if name in LISTS:
        return _list(name, value, where)
    if not isinstance(value, str):
        raise ConfigInvalid(f"{where}: {name} is {value!r}, which is not text", hint="put it in quotes")
    return cast(Any, value)


def _lock(value: Any, where: str, base: Path) -> str:
    """The path of a lock, or "off"."""
    if not isinstance(value, str) or not value:
        raise ConfigInvalid(f"{where}: lock is {value!r}, which is not a path", hint='give a file\'s path, or "off"')
    try:
        return value if value == "off" else str((base / Path(value).expanduser()).absolute())
    except RuntimeError as exc:  # ~stranger
        raise ConfigInvalid(f"{where}: lock is {value!r}: {exc}", hint="give a file's path") from exc


def _list(name: str, value: Any, where: str) -> tuple[str, ...]:
    """Several texts: a list, or one text with commas between them; amounts may be numbers."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    kinds = (str, int, float) if name == "budget" else (str,)
    if any(isinstance(item, bool) or not isinstance(item, kinds) for item in items):
        raise ConfigInvalid(f"{where}: {name} is {value!r}", hint="give text, or a list of texts")
    return tuple(filter(None, (str(item).strip() for item in items)))


def _user_library() -> Path:
    import platformdirs

    return platformdirs.user_data_path("imgnb", appauthor=False) / "library"
