"""What it costs to import, to load the extension, and to get the first request out."""

from __future__ import annotations

import sys
import time
from typing import Any

from .canned_server import Server, serving
from .places import place, run
from .table import Line, Table, differences

BARE = "pass"
IMPORTS = {"import imgnb": 20.0, "import imgnb.cli": None}
SHELL = (
    "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); "
    "s.history_manager.enabled = False"
)
TIMED = (
    f"{SHELL}; import time; begun = time.perf_counter(); s.run_line_magic('load_ext', 'imgnb'); "
    "print((time.perf_counter() - begun) * 1000)"
)
LOAD = f"{SHELL}; s.run_line_magic('load_ext', 'imgnb')"
WAIT = 3.0
"Seconds from loading the extension to the first cell: about what it takes to write a prompt."
CELL = "%%imagegen --size 1024x1024\na fox, take {number}"


def starting(quick: bool) -> Table:
    """Differences of whole fresh processes, taking turns; and a real kernel's way from a cell to a server."""
    rounds, kernels = (5, 2) if quick else (21, 9)
    took: dict[str, list[float]] = {code: [] for code in (BARE, *IMPORTS, SHELL, LOAD)}
    with place() as (folder, environment):
        for number in range(rounds + 1):
            for code, times in took.items():
                begun = time.perf_counter()
                run([sys.executable, "-c", code], folder, environment)
                if number:  # the first round fills caches
                    times.append((time.perf_counter() - begun) * 1000)
        inside = [float(run([sys.executable, "-c", TIMED], folder, environment)) for _ in range(rounds)]
    lines = [Line("a bare interpreter", took[BARE], "ms")]
    lines += [Line(f"{code}, over that", differences(took[code], took[BARE]), "ms", b) for code, b in IMPORTS.items()]
    lines += [
        Line("a bare IPython shell", took[SHELL], "ms"),
        Line("%load_ext imgnb, over that", differences(took[LOAD], took[SHELL]), "ms", 50.0),
        Line("the same, by the shell's own clock", inside, "ms", 50.0),
    ]
    with serving() as server:
        left = [_first_cell(server) for _ in range(kernels)]
    first, second = ([moments[number] for moments in left] for number in (0, 1))
    lines += [
        Line(f"cell {WAIT:.0f} s after %load_ext to its request at the server", first, "ms", 400.0),
        Line("the next cell, the same", second, "ms"),
    ]
    return Table("starting: imports, %load_ext, the first request", lines)


def _first_cell(server: Server) -> list[float]:
    """Milliseconds from sending the first and second cell to a fresh kernel until their requests have come."""
    from jupyter_client.manager import start_new_kernel

    with place(server.url()) as (folder, environment):
        manager, client = start_new_kernel(
            kernel_name="python3", cwd=str(folder), env=environment, extra_arguments=["--log-level=40"]
        )
        try:
            client.execute_interactive("%load_ext imgnb", timeout=60, output_hook=_dropped)
            time.sleep(WAIT)
            return [_sent(client, server, number) for number in range(2)]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def _sent(client: Any, server: Server, number: int) -> float:
    begun = time.monotonic()
    reply = client.execute_interactive(
        CELL.format(number=number), timeout=60, allow_stdin=True, stdin_hook=_dropped, output_hook=_dropped
    )
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return (server.arrival() - begun) * 1000


def _dropped(message: Any) -> None:
    """Nobody looks at what the kernel shows."""
