"""CPU time and peak memory of this very process, from Linux's own books."""

from __future__ import annotations

import gc
import re
import time
from pathlib import Path
from typing import Self

MB = 1_000_000


class Meter:
    """A context manager that measures what happens in it: `seconds`, `cpu` (all threads), `rest` and `peak` (bytes)."""

    seconds: float
    cpu: float
    peak: int

    def __enter__(self) -> Self:
        gc.collect()
        self.rest = _status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        self._began, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self._cpu
        self.seconds = time.perf_counter() - self._began
        self.peak = _status("VmHWM")

    def to_dict(self) -> dict[str, float]:
        """Milliseconds and megabytes."""
        return {
            "wall": self.seconds * 1000,
            "cpu": self.cpu * 1000,
            "rest": self.rest / MB,
            "peak": self.peak / MB,
            "above": (self.peak - self.rest) / MB,
        }


def _status(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
