"""`imgnb generate`, `edit` and `converse`: a request from a command line, through the same pipeline as in a notebook."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..errors import ImgnbError, RequestInvalid
from ..request.options import OPTIONS, literal
from .printing import plain, print_json

NOT_HERE = frozenset(("out", "embed", "help", "mask", "markup", "caption", "alt", "figure"))
"Options of the magics that mean nothing here, or that `edit` has on its own."


def generate(arguments: argparse.Namespace) -> int:
    """Draw, edit or converse, and print where the pictures lie."""
    from ..api import meet, order_from
    from ..display.terminal import TerminalLine
    from ..workspace import current
    from .library import check_target, save

    given = vars(arguments)
    prompt = sys.stdin.read().strip() if arguments.prompt == "-" else arguments.prompt
    options = {option.sets: given.get(option.sets) for option in OPTIONS if option.sets not in NOT_HERE}
    if arguments.command != "generate":
        options |= {"images": arguments.images, "mask": arguments.mask, "markup": arguments.markup}
    if arguments.command == "converse":
        options |= {"images": arguments.images or None, "converse": True}
    options["place"] = {"front_end": "shell"}
    dry_run = options.pop("dry_run")
    options["extras"] = {key: literal(text) for key, text in map(_pair, options["extras"] or ())}
    if arguments.var:
        options["variables"] = dict(map(_pair, arguments.var))
    check_target(arguments.save)
    workspace = current()
    order = order_from(workspace, prompt, {name: value for name, value in options.items() if value is not None})
    if dry_run:
        _say_what_would_be(workspace.service.outlook(order), arguments.json)
        return 0
    generation = meet(workspace, order, TerminalLine())
    try:
        saved = [str(path) for path in save(generation.assets, arguments.save)]
    except ImgnbError as exc:
        exc.generation = generation
        raise
    if arguments.json:
        print_json({**generation.to_dict(), "replayed": generation.replayed, "saved": saved})
    else:
        for sentence in (*generation.notes, *generation.mismatches):
            print(plain(f"imgnb: {sentence}"), file=sys.stderr)
        said = [plain(generation.text)] if generation.text else []
        print("\n".join([*said, *(saved or [str(asset.path) for asset in generation.assets])]))
    return 0


def _say_what_would_be(outlook: Any, as_json: bool) -> None:
    from ..display.dry_run import dry_run, dry_run_document

    if as_json:
        print_json(dry_run_document(outlook))
    else:
        print(plain(dry_run(outlook)))


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise RequestInvalid(f"{text!r} is not key=value", hint="write it as key=value")
    return key, value
