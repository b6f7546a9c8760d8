"""`imgnb browse`: the library in a browser, served by Datasette to this machine and to whoever has the token.

The library is opened once for writing, which brings it up to date and finishes what dead kernels have left; then it is
only read. Who may see anything is the affair of the plugin's gate, which takes the token from the environment: this
module sees to it that there is one, and that Datasette has the plugin.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
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
    _refuse_what_datasette_misreads(root)
    token = os.environ[TOKEN] = os.environ.get(TOKEN) or secrets.token_urlsafe(32)
    base_url = _base_url(arguments.base_url)
    _end_when_told()
    with _listener(arguments) as listener:
        app = _Renewed(root / "library.db", lambda: _app(root, base_url, sql=not arguments.no_sql))
        if arguments.uds:
            print_json({"socket": arguments.uds, "library": str(root)})
            sys.stdout.flush()
        else:
            _announce(arguments, root, _link(listener, base_url, token, " ".join(arguments.query)))
        _serve(app, listener, ends_with_input=arguments.until_closed)
    return 0


def _prepared() -> Path:
    """The folder of the library, which is there and up to date from now on."""
    from ..workspace import Workspace

    with Workspace.open() as workspace:
        return Path(workspace.library.path)


def _refuse_what_datasette_misreads(root: Path) -> None:
    """Datasette puts the path into a URL as it is: what follows such a letter would be lost, and another file opened."""
    if found := sorted(set("?#%") & set(str(root))):
        raise ConfigInvalid(
            f"a library whose path has {' or '.join(found)} in it cannot be served: {root}",
            hint="rename the folder, or reach it by a symbolic link without them: IMGNB_LIBRARY=LINK imgnb browse",
        )


def _end_when_told() -> None:
    """Let whoever ends this process politely have the socket removed, and the page with the token."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: sys.exit(0))


class _Renewed:
    """The app, made anew where the file is another one since: Datasette would go on with the old one, out of sight."""

    def __init__(self, file: Path, make: Callable[[], Any]) -> None:
        self._file, self._make = file, make
        self._which, self._app = self._now(), make()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # A file that is missing is being exchanged just now.
        if scope["type"] == "http" and (which := self._now()) not in (None, self._which):
            self._which, self._app = which, self._make()
        await self._app(scope, receive, send)

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


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
        own = os.lstat(path).st_ino if path else 0
        try:
            yield listener
        finally:
            if path:
                _remove_own(path, own)


def _remove_own(path: str, own: int) -> None:
    """Remove the socket, not that of a server that has come since."""
    with suppress(OSError):
        if os.lstat(path).st_ino == own:
            os.unlink(path)


def _bind_privately(listener: socket.socket, path: str) -> None:
    _remove_dead(path)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)


def _remove_dead(path: str) -> None:
    """Remove the socket of a server that was killed: nobody listens there, and nobody else could."""
    if not os.path.exists(path) or not stat.S_ISSOCK(os.lstat(path).st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1)
        try:
            asking.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            return  # it is busy, or not ours: binding says so


def _link(listener: socket.socket, base_url: str, token: str, query: str) -> str:
    asked = {"token": token, **({"q": query} if query else {})}
    return f"http://{HOST}:{listener.getsockname()[1]}{base_url}-/imgnb/enter?{urlencode(asked)}"


def _announce(arguments: argparse.Namespace, root: Path, link: str) -> None:
    if arguments.json:
        print_json({"url": link, "library": str(root)})
    else:
        print(f"{root} is shown at\n  {link}\nuntil Ctrl+C; who has this link can see all of it")
    sys.stdout.flush()
    if arguments.open if arguments.open is not None else sys.stdout.isatty() and _has_screen():
        # Off the main thread: what opens it may take its time.
        threading.Thread(target=_open, args=(link,), daemon=True).start()


def _has_screen() -> bool:
    """Whether a browser has a screen to appear on; over SSH, one in the terminal would take it over."""
    return os.name == "nt" or sys.platform == "darwin" or bool(os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"})


def _open(link: str) -> None:
    """Show the link in the user's browser, through a page that only they can read: others see a command's arguments."""
    import atexit
    import html
    import tempfile
    import webbrowser

    with suppress(OSError, webbrowser.Error):
        page = Path(tempfile.gettempdir(), f"imgnb-{secrets.token_hex(8)}.html")
        atexit.register(page.unlink, missing_ok=True)  # first: a signal may come as soon as the page is there
        with open(os.open(page, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(
                f'<!doctype html><meta name="referrer" content="no-referrer">'
                f'<meta http-equiv="refresh" content="0;url={html.escape(link)}">'
            )
        webbrowser.open(page.as_uri())


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
