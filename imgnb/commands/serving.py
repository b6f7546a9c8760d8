"""`imgnb serve-local`: the embedded engine as a server that any client can ask."""

from __future__ import annotations

import argparse

from ..errors import ConfigInvalid


def serve_local(arguments: argparse.Namespace) -> int:
    """Serve until it is interrupted, or list the faults that there are."""
    from ..providers.local_api.dialects import dialect
    from ..providers.local_api.faults import FAULTS, Faults
    from ..providers.local_api.serve import serve

    if "list" in arguments.fault:
        print("\n".join(f"{name:<20} {text}" for name, text in FAULTS.items()))
        return 0
    spoken, faults = dialect(arguments.dialect), Faults(arguments.fault)
    try:
        serve(arguments.port, faults=faults, dialect=spoken, announce=lambda url: print(url, flush=True))
    except (OSError, OverflowError) as exc:
        raise ConfigInvalid(f"port {arguments.port} cannot be used: {exc}", hint="use --port 0 for a free one") from exc
    return 0
