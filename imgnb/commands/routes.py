"""`imgnb routes` and `imgnb keys`: where requests can go, and the keys for it."""

from __future__ import annotations

import argparse
import sys

from ..errors import ConfigInvalid
from ..providers import keys
from ..providers.keys import Key
from ..providers.route_table import key_from, table_text
from ..providers.routes import Route, pick_route
from ..workspace import current
from .printing import plain, print_json


def routes(arguments: argparse.Namespace) -> int:
    """Print what every route can do."""
    rows = current().route_rows()
    if arguments.json:
        print_json([row.to_dict() for row in rows])
    else:
        print(plain(table_text(rows)))
    return 0


def list_keys(arguments: argparse.Namespace) -> int:
    """Print which routes have a key and where from; never a key."""
    rows = [
        {
            "route": route.name,
            "variable": route.key_env,
            "environment": key_from(route) == "environment",
            "keyring": route.name in keys.stored_routes(),
        }
        for route in current().routes.values()
        if route.key_env
    ]
    if arguments.json:
        print_json(rows)
        return 0
    for row in rows:
        places = [place for place in ("environment", "keyring") if row[place]]
        print(plain(f"{row['route']:<12} {row['variable']:<24} {' and '.join(places) or 'no key'}"))
    return 0


def set_key(arguments: argparse.Namespace) -> int:
    """Put a key into the keyring: asked for without an echo on a terminal, else read from standard input."""
    route = _keyed(arguments.route)
    place = keys.store(route.name, _asked(route))
    print(plain(f"the key of route {route.name} is in {place}, as {route.name!r} of {keys.SERVICE!r}"))
    if key_from(route) == "environment":
        print(plain(f"imgnb: {route.key_env} is set, too, and goes first"), file=sys.stderr)
    return 0


def forget_key(arguments: argparse.Namespace) -> int:
    """Take a key out of the keyring."""
    name = arguments.route if arguments.route in keys.stored_routes() else _keyed(arguments.route).name
    if not keys.forget(name):
        raise ConfigInvalid(f"the keyring holds no key of route {name!r}", hint="imgnb keys list says which it holds")
    print(plain(f"the key of route {name} is forgotten"))
    return 0


def _keyed(name: str) -> Route:
    """The route of that name. Raises ConfigInvalid where there is none, or where it takes no key."""
    route = pick_route(current().routes, name)
    if not route.key_env or route.from_project:
        raise ConfigInvalid(
            f"route {route.name!r} takes no key",
            hint=f"name a variable for it: key_env in [routes.{route.name}] of your own config.toml",
        )
    return route


def _asked(route: Route) -> Key:
    if not sys.stdin.isatty():
        return Key(sys.stdin.read().strip())
    from getpass import getpass

    return Key(getpass(f"key of route {route.name} (it is not shown): ").strip())
