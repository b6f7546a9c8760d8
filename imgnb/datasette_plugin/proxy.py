"""The library in JupyterLab's launcher: how jupyter-server-proxy starts `imgnb browse`, and lets itself in.

No port is opened: the server listens on a Unix socket in a folder of the user's own, and the proxy, which has looked at
who asks, puts the token into every request. It is new for each start of Jupyter and stands in no command line.
"""

from __future__ import annotations

import os
import secrets
import sys
from typing import Any

from .gate import GALLERY, TOKEN

NAME = "imgnb"


def setup() -> dict[str, Any]:
    """What jupyter-server-proxy wants to know of a server."""
    token = secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--uds", "{unix_socket}"]
    return {
        "command": [*command, "--base-url", "{base_url}" + NAME],
        "unix_socket": True,
        "environment": {TOKEN: token},
        "request_headers_override": {"X-Imgnb-Token": token},
        "absolute_url": False,
        "timeout": 30,
        "new_browser_tab": False,
        # No category: with any but Notebook and Console, JupyterLab leaves the icon out.
        "launcher_entry": {
            "title": "Image library",
            "icon_path": os.path.join(os.path.dirname(__file__), "icon.svg"),
            "path_info": NAME + GALLERY,
        },
    }
