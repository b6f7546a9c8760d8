"""`imgnb browse`: the library in a browser, served by Datasette to this machine and to whoever has the token.

The library is opened once for writing, which brings it up to date and finishes what dead kernels have left; then it is
only read. Who may see anything is the affair of the plugin's gate, which takes the token from the environment: this
module sees to it that there is one, and that Datasette has the plugin.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module, resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ..errors import ConfigInvalid, ImgnbError
from .printing import print_json

TOKEN = "IMGNB_BROWSE_TOKEN"  # noqa: S105 - the name of a variable
PLUGIN = "imgnb.datasette_plugin"
HOST = "127.0.0.1"

SETTINGS = {"allow_download": False, "default_cache_ttl": 0, "max_returned_rows": 1000, "num_sql_threads": 4}
"What Datasette does otherwise here than by hand: nothing is kept that a kernel has changed since."


def browse(arguments: argparse.Namespace) -> int:
    """Serve the library until it is interrupted."""
    root = _prepared()
    token = os.environ[TOKEN] = os.environ.get(TOKEN) or secrets.token_urlsafe(32)
    with _listener(arguments) as listener:
        app = _app(root, _base_url(arguments.base_url), sql=not arguments.no_sql)
        if arguments.uds:
            print_json({"socket": arguments.uds, "library": str(root)})
            sys.stdout.flush()
        else:
            _announce(arguments, root, _link(listener, token, " ".join(arguments.query)))
        _serve(app, listener, ends_with_input=arguments.until_closed)
    return 0


def _prepared() -> Path:
    """The folder of the library, which is there and up to date from now on."""
    from ..workspace import Workspace

    with Workspace.open() as workspace:
        return Path(workspace.library.path)


def _app(root: Path, base_url: str, *, sql: bool) -> Any:
    from datasette.app import Datasette
    from datasette.plugins import pm
    from datasette.utils import parse_metadata

    if PLUGIN not in {plugin.__name__ for plugin in pm.get_plugins()}:
        # Without its plugin there is no gate, and everybody on this machine could read everything.
        raise ConfigInvalid(
            "Datasette has not loaded imgnb's plugin, so nothing would be protected",
            hint="unset DATASETTE_LOAD_PLUGINS, or install imgnb again: pip install --force-reinstall --no-deps imgnb",
        )
    # With rich, Datasette prints the locals of every 404: the headers with the token, in half a second.
    import_module("datasette.handle_exception").__dict__["rich"] = None
    config = parse_metadata((resources.files("imgnb") / "datasette_plugin/datasette.yaml").read_text("utf-8"))
    settings = config.pop("settings") | SETTINGS | {"default_allow_sql": sql, "base_url": base_url}
    # Datasette 1.0 reads queries and sorting from `config`, titles from `metadata`; 0.65 has only the latter.
    both = {"config": config} if hasattr(Datasette, "get_jinja_environment") else {}
    return Datasette(**_files(root), metadata=config, settings=settings, **both).app()


def _files(root: Path) -> dict[str, list[str]]:
    """How Datasette is told of the database: where nothing can be written, not even SQLite's own neighbours."""
    return {"files" if os.access(root, os.W_OK) else "immutables": [str(root / "library.db")]}


def _base_url(text: str) -> str:
    return f"/{text.strip('/')}/".replace("//", "/")


@contextmanager
def _listener(arguments: argparse.Namespace) -> Iterator[socket.socket]:
    """The socket that is listened on: a port of this machine, or a file that only this user can open."""
    path = arguments.uds
    # The protocol by name, so that asyncio turns Nagle's algorithm off: each answer would wait for 40 ms.
    kind = (socket.AF_UNIX, 0) if path else (socket.AF_INET, socket.IPPROTO_TCP)
    with socket.socket(kind[0], socket.SOCK_STREAM, kind[1]) as listener:
        try:
            if path:
                _bind_privately(listener, path)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((HOST, arguments.port))
        except (OSError, OverflowError) as exc:
            where = path or f"port {arguments.port}"
            raise ImgnbError(
                f"{where} cannot be listened on: {exc}", hint="leave --port out to get a free one"
            ) from exc
        listener.listen(128)
        try:
            yield listener
        finally:
            if path:
                Path(path).unlink(missing_ok=True)


def _bind_privately(listener: socket.socket, path: str) -> None:
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)


def _link(listener: socket.socket, token: str, query: str) -> str:
    asked = {"token": token, **({"q": query} if query else {})}
    return f"http://{HOST}:{listener.getsockname()[1]}/-/imgnb/enter?{urlencode(asked)}"


def _announce(arguments: argparse.Namespace, root: Path, link: str) -> None:
    if arguments.json:
        print_json({"url": link, "library": str(root)})
    else:
        print(f"{root} is shown at\n  {link}\nuntil Ctrl+C; who has this link can see all of it")
    sys.stdout.flush()
    if arguments.open if arguments.open is not None else sys.stdout.isatty():
        # Off the main thread: a browser in a terminal would keep the server from starting.
        threading.Thread(target=_open, args=(link,), daemon=True).start()


def _open(link: str) -> None:
    """Show the link in the user's browser, through a page that only they can read: others see a command's arguments."""
    import html
    import tempfile
    import webbrowser

    with suppress(OSError, webbrowser.Error):
        file, name = tempfile.mkstemp(prefix="imgnb-", suffix=".html")
        with os.fdopen(file, "w", encoding="utf-8") as page:
            page.write(
                f'<!doctype html><meta name="referrer" content="no-referrer">'
                f'<meta http-equiv="refresh" content="0;url={html.escape(link)}">'
            )
        webbrowser.open(Path(name).as_uri())
        threading.Timer(30, lambda: Path(name).unlink(missing_ok=True)).start()


def _serve(app: Any, listener: socket.socket, *, ends_with_input: bool) -> None:
    import uvicorn

    # No access log: the link with the token would stand in it. No proxy's word is taken for who asks.
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", proxy_headers=False, server_header=False,
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    if ends_with_input:
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _end_with_input(server: Any) -> None:
    """End the server when whoever holds the other end of standard input is gone, however it went."""
    with suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    server.should_exit = True
