"""A small widget of the tests' own: it counts, fails, waits, and shows the thumbnails it is given."""

from __future__ import annotations

import threading
from pathlib import Path

from imgnb.errors import RequestInvalid
from imgnb.pictures import strip
from imgnb.widgets import pages
from imgnb.widgets.panel import Panel, Reply

HERE = Path(__file__).parent
if HERE not in pages.PLACES:
    pages.PLACES.append(HERE)


class Counter(Panel):
    """Counts what its page adds."""

    page = "counter"

    def __init__(self, workspace=None, shown=()):
        super().__init__("a counter", workspace)
        self.count = 0
        self.shown = list(shown)
        self.go_on = threading.Event()

    def state(self):
        return {"count": self.count, "shown": self.shown}

    def picture(self):
        return strip(f"counted to {self.count}", "note"), {"assets": self.shown}

    def add(self, by):
        self.count += by
        self.changed()

    def on_add(self, given):
        if not isinstance(given.get("by"), int):
            raise RequestInvalid("only whole numbers are added", hint="say `by`")
        self.add(given["by"])
        return {"count": self.count}

    def on_echo(self, given):
        return Reply({"sizes": [len(part) for part in given["buffers"]]}, [bytes(part) for part in given["buffers"]])

    def on_break(self, given):
        return 1 // 0

    def on_refuse(self, given):
        raise RequestInvalid(f"not {given['text']}")

    def on_wait(self, given):
        self.go_on.wait(30)


def counter(**given):
    """A counter; in a notebook, its value shows it."""
    return Counter(**given)
