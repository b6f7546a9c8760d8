"""Every route of the plugin, each behind Datasette's own rules and with the strict headers of our pages.

Plugin routes pass neither `permission_allowed` nor the database's `allow` block by themselves: `guarded` asks. What the
library refuses is shown as a page with its sentence and the way out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from ..errors import AssetNotFound, ImgnbError
from .compat import ensure_viewable
from .reading import libraries

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"What our pages may load: nothing from elsewhere, nothing inline."

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[Any, Any], Awaitable[Any]]


def routes() -> list[tuple[str, Handler]]:
    """What `register_routes` gives to Datasette."""
    from . import files, pages

    return [(pattern, guarded(handler)) for pattern, handler in (*files.ROUTES, *pages.ROUTES)]


def guarded(handler: Handler) -> Handler:
    """The handler for those who may see every library that is served here."""

    @wraps(handler)
    async def answer(datasette: Any, request: Any) -> Any:
        for database in libraries(datasette):
            await ensure_viewable(datasette, request, database)
        try:
            response = await handler(datasette, request)
        except ImgnbError as error:
            response = await _refusal(datasette, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer


async def _refusal(datasette: Any, error: ImgnbError) -> Any:
    from datasette.utils.asgi import Response

    status = 404 if isinstance(error, AssetNotFound) else 503
    return Response.text(f"{error.message}\n{error.hint}\n", status=status)
