"""Writing a file that appears when it is whole, however many threads and processes write to its name at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(target: Path, *, over: bool = True) -> Iterator[Path]:
    """An empty file beside the target to write to; it takes the target's place at the end, and after an error it is gone.

    Its name is nobody else's, and short: the target's own may be as long as a name can be. Who may read it is as of any
    new file. What is to outlast a power cut is synced before the end, by `sync_file`. Raises OSError where none can be
    made there; FileExistsError where the target has come meanwhile and is not to be written over.
    """
    temporary = _made_beside(target)
    try:
        yield temporary
        _name(temporary, target, over)
    finally:
        temporary.unlink(missing_ok=True)


def _made_beside(target: Path) -> Path:
    # Not by `tempfile`: what it makes nobody else may read, and the process's mask cannot be asked while threads run.
    while True:
        path = target.with_name(f".imgnb-{secrets.token_hex(6)}.part")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        return path


def _name(temporary: Path, target: Path, over: bool) -> None:
    if not over:
        try:
            os.link(temporary, target)  # unlike a rename, this refuses what has come there meanwhile
        except FileExistsError:
            raise
        except OSError:
            pass  # a disk without second names
        else:
            return
    temporary.replace(target)
