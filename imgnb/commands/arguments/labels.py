"""The acts on pictures: name, tag, rate, note, star, rm and their opposites."""

from __future__ import annotations

from ..labels import ACTS
from .words import Adder, add_json


def declare(add: Adder) -> None:
    """Each as the list of them says."""
    for verb, act in ACTS.items():
        run = "slimming:restore" if verb == "restore" else "library:label"
        command = add(verb, run, f"{act.help}: {act.usage}")
        command.add_argument("reference", metavar="PICTURE", help="@last, @name, a hash, an id")
        if verb == "restore":
            command.description = "Bring pictures back from the trash, or the outputs of NOTEBOOK.ipynb from its lock."
            command.add_argument("--full", action="store_true", help="of a notebook: the pictures, not previews")
        if act.most != 0:
            command.add_argument("words", nargs="+" if act.fewest else "*", metavar="WORD")
        add_json(command)
