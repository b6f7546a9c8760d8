"""Whether a folder lies on a network disk, where SQLite's WAL is unsafe because its readers share memory.

File systems in user space count as such: most are a bucket or a drive elsewhere, and few share memory reliably.
"""

from __future__ import annotations

import re
from pathlib import Path

_NETWORK = re.compile(r"nfs\d?|cifs|smb\w*|fuse(\..+)?|afs|ceph|lustre|glusterfs")
_ESCAPE = re.compile(r"\\([0-7]{3})")


def network_file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The type of the network file system that holds the folder, or None; only Linux says so."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    holder, kind = Path(), ""
    for line in lines:
        _, target, type_, *_ = line.split(" ")
        target_path = Path(_ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), target))
        # A later mount on the same place hides the earlier one.
        if folder.is_relative_to(target_path) and len(target_path.parts) >= len(holder.parts):
            holder, kind = target_path, type_
    return kind if _NETWORK.fullmatch(kind) else None
