"""What differs between Datasette 0.65 and the 1.0 alphas, in one place; `hasattr` tells them apart.

In 1.0 `datasette.jinja_env` is gone, permissions are asked for by action and resource, and the hook
`permission_allowed` is ignored without a word: nothing here relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def environment(datasette: Any, request: Any) -> Any:
    """The Jinja environment that renders this request's templates."""
    if hasattr(datasette, "get_jinja_environment"):
        return datasette.get_jinja_environment(request)
    return datasette.jinja_env


async def render(
    datasette: Any,
    request: Any,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The response with this template, such as "imgnb/gallery.html", filled; `url` is the function below, bound."""
    from datasette.utils.asgi import Response

    found = environment(datasette, request).get_template(template)
    known = {"url": lambda path: url(datasette, path), **context}
    html = await datasette.render_template(found, known, request=request, view_name="imgnb")
    return Response.html(html, status=status, headers=dict(headers or {}))


def url(datasette: Any, path: str) -> str:
    """The path, such as "/-/imgnb/costs", below the base URL that Datasette is served under."""
    return str(datasette.urls.path(path))


async def ensure_viewable(datasette: Any, request: Any, database: str) -> None:
    """Raise Datasette's Forbidden where its own rules do not show this database to whoever asks.

    Routes of plugins do not pass those rules by themselves.
    """
    if hasattr(datasette, "ensure_permission"):
        from datasette.resources import DatabaseResource

        resource = DatabaseResource(database=database)
        await datasette.ensure_permission(action="view-database", resource=resource, actor=request.actor)
    else:
        await datasette.ensure_permissions(request.actor, [("view-database", database), "view-instance"])
