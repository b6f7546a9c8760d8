"""What all pages have in common: how a template is filled, and how a link keeps its query.

The layout is our own and not Datasette's `base.html`, which brings scripts in the page itself that a strict
Content-Security-Policy forbids, and no dark colours. Datasette's menu, footer and log-out stand in ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ...errors import AssetNotFound, ImgnbError
from ..compat import render, url
from ..reading import libraries
from . import say, terms

HOME = "/-/imgnb"

Handler = Callable[[Any, Any], Awaitable[Any]]

TABS = (("Gallery", HOME), ("Failures", f"{HOME}/failures"), ("Costs", f"{HOME}/costs"))


async def page(datasette: Any, request: Any, template: str, code: int = 200, **context: Any) -> Any:
    """The response with `imgnb/<template>.html` filled."""
    served = libraries(datasette)
    database = next(iter(served), "")
    known = {
        "say": say,
        "term": terms.term,
        "static": lambda name: url(datasette, f"/-/static-plugins/imgnb/{name}") + f"?{_version(name)}",
        # Behind a base URL the path of a request has it in front, or not, as its server likes.
        "tabs": [
            (title, (there := url(datasette, path)), request.path.rstrip("/") in (path, there)) for title, path in TABS
        ],
        "at": lambda path, **query: url(datasette, linked(f"{HOME}{path}", query)),
        "database": database,
        "others": list(served)[1:],
    }
    return await render(datasette, request, f"imgnb/{template}.html", {**known, **context}, status=code)


def told(handler: Handler) -> Handler:
    """The handler, whose refusals are a page with what is wrong and the way out."""

    @wraps(handler)
    async def answer(datasette: Any, request: Any) -> Any:
        try:
            return await handler(datasette, request)
        except ImgnbError as error:
            status = 404 if isinstance(error, AssetNotFound) else 503
            return await page(datasette, request, "trouble", status, error=error, status=status, slow=_is_slow(error))

    return answer


def _is_slow(error: ImgnbError) -> bool:
    """Whether SQLite was stopped because it took too long."""
    return str(getattr(error.__cause__, "orig", error.__cause__)) == "interrupted"


def linked(path: str, query: Mapping[str, Any]) -> str:
    """The path with those parts of the query that say something."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def asked(request: Any, name: str) -> str:
    """A parameter of the URL, "" where it is not given; the last where it is given twice. NUL has no place in HTML."""
    given = request.args.getlist(name)
    return str(given[-1]).replace("\0", " ") if given else ""


@cache
def _version(name: str) -> str:
    """Changes with the file, so that browsers may keep it."""
    return hashlib.sha256((Path(__file__).parents[1] / "static" / name).read_bytes()).hexdigest()[:8]
