"""The commands about where requests go."""

from __future__ import annotations

from .words import Adder, add_json, adder, whole_number


def declare(add: Adder) -> None:
    """What there is, how it does, its keys, and a route on this machine."""
    _routes(add)
    _doctor(add)
    _keys(add)
    _serve_local(add)


def _routes(add: Adder) -> None:
    command = add("routes", "routes:routes", "where requests can go, what each route can do and costs")
    add_json(command)


def _doctor(add: Adder) -> None:
    command = add("doctor", "doctor:doctor", "what is well and what is not, and what a route can do")
    command.add_argument("--route", help="look at this one; without it, at all whose key is there")
    command.add_argument("--probe", action="store_true", help="find out by real, cheap requests what the route can do")
    command.add_argument("--yes", action="store_true", help="probe without asking first")
    command.add_argument("--forget", action="store_true", help="forget what probes have found of the route")
    add_json(command)


def _keys(add: Adder) -> None:
    keys = add("keys", "routes:list_keys", "keys in the operating system's keyring").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add_key = adder(keys)
    command = add_key("set", "routes:set_key", "put a route's key into the keyring")
    command.add_argument("route", metavar="ROUTE", help="the key is asked for, or read from standard input")
    command = add_key("list", "routes:list_keys", "which routes have a key, and where")
    add_json(command)
    command = add_key("forget", "routes:forget_key", "take a route's key out of the keyring")
    command.add_argument("route", metavar="ROUTE")


def _serve_local(add: Adder) -> None:
    command = add("serve-local", "serving:serve_local", "serve the embedded engine over HTTP, as a provider would")
    command.add_argument("--port", type=whole_number, default=0, help="0 picks a free one (default)")
    command.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=VALUE][*TIMES]", help="misbehave; `list` lists how"
    )
    command.add_argument("--dialect", default="openai", metavar="NAME", help="whose wire protocol it speaks (openai)")
