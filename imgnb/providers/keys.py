"""Keys: where they come from, and how they are kept from being seen.

A key comes from the route's variable or, with the extra `keyring`, from the operating system's keyring, never from a
cell. Which routes have one in the keyring stands in a small file without secrets, so that choosing a route asks nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..config import ENVIRONMENT, user_folder
from ..errors import ConfigInvalid, KeyMissing
from ..files.whole import whole_file

SERVICE = "imgnb"
"The name under which the keyring files imgnb's keys; the account is the route's name."


class Key:
    """A secret that shows as stars wherever it is printed; only `reveal` gives it."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    @property
    def is_plain(self) -> bool:
        """Whether a header may hold it."""
        return self._value.isascii() and self._value.isprintable()

    def hidden_in(self, text: str) -> str:
        """The text with stars in place of the key: some servers repeat it when they refuse it."""
        return text.replace(self._value, "***") if len(self._value) >= 8 else text

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Key(***)"

    def __reduce__(self) -> str:
        raise TypeError("a key is never written down")


def checked(key: Key, where: str) -> Key:
    """The key, if it can be one. Raises KeyMissing, without showing it, if it holds what no header may."""
    if not key.is_plain:
        raise KeyMissing(f"{where} holds characters that a key cannot have", hint="copy it again, without quotes")
    return key


def stored_routes(environ: Mapping[str, str] = ENVIRONMENT) -> tuple[str, ...]:
    """The routes whose keys were put into the keyring by `imgnb keys set`."""
    try:
        names = json.loads(_index(environ).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def read(route: str, environ: Mapping[str, str] = ENVIRONMENT) -> Key | None:
    """The key of a route in the keyring, or None. Raises KeyMissing where one was stored and cannot be had."""
    if route not in stored_routes(environ):
        return None
    key = _asked(lambda keyring: Key(keyring.get_password(SERVICE, route) or ""), f"the key of route {route!r}")
    if not key:
        raise KeyMissing(f"the keyring no longer holds a key for route {route!r}", hint=f"imgnb keys set {route}")
    return checked(key, f"the keyring's key of route {route!r}")


def store(route: str, key: Key, environ: Mapping[str, str] = ENVIRONMENT) -> str:
    """Put a route's key into the keyring and return that keyring's name.

    Raises KeyMissing for what is no key, ConfigInvalid without a keyring.
    """
    if not key:
        raise KeyMissing("no key was given", hint="paste it at the prompt, or pipe it in")
    checked(key, "what was given")
    _asked(lambda keyring: keyring.set_password(SERVICE, route, key.reveal()), f"the key of route {route!r}")
    _write_index({*stored_routes(environ), route}, environ)
    return str(_asked(lambda keyring: keyring.get_keyring().name, "its name"))


def forget(route: str, environ: Mapping[str, str] = ENVIRONMENT) -> bool:
    """Take a route's key out of the keyring; False if there was none."""
    if route not in stored_routes(environ):
        return False
    _asked(lambda keyring: keyring.delete_password(SERVICE, route), f"the key of route {route!r}")
    _write_index({*stored_routes(environ)} - {route}, environ)
    return True


def _asked(act: Any, what: str) -> Any:
    """What the keyring answers; its errors are ours, and never show a key."""
    try:
        import keyring
        from keyring.errors import PasswordDeleteError
    except ImportError as exc:
        raise ConfigInvalid(
            "the keyring is not installed", hint="pip install 'imgnb[keyring]', or set the route's variable"
        ) from exc
    try:
        return act(keyring)
    except PasswordDeleteError:
        return None
    except Exception as exc:  # each system's backend raises what it likes
        problem = type(exc).__name__
    # Outside of the except: the cause might hold what was to be stored.
    raise ConfigInvalid(
        f"the keyring does not give or take {what}: {problem}", hint="unlock it, or set the route's variable"
    )


def _index(environ: Mapping[str, str]) -> Path:
    return user_folder(environ) / "keys.json"


def _write_index(names: Iterable[str], environ: Mapping[str, str]) -> None:
    path = _index(environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write_text(json.dumps(sorted(names)) + "\n", encoding="utf-8")
