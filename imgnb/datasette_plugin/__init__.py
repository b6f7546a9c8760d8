"""The Datasette plugin: what Datasette calls, each hook in a line or two; the work stands in the modules beside it.

It comes with imgnb, so it is loaded by every Datasette in the same environment: importing it costs nothing, and
databases that are no library of ours are left as they are.
"""

from __future__ import annotations

import os
from typing import Any

from datasette import hookimpl


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    from .routes import routes

    return routes()


@hookimpl  # type: ignore[untyped-decorator]
def menu_links(datasette: Any) -> list[dict[str, str]]:
    from .compat import url
    from .reading import libraries

    return [{"href": url(datasette, "/-/imgnb"), "label": "Gallery"}] if libraries(datasette) else []


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Any) -> Any:
    # Last is outermost: no other plugin answers before the gate.
    if not (token := os.environ.get("IMGNB_BROWSE_TOKEN")):
        return lambda app: app
    from .gate import gated

    return lambda app: gated(app, token, datasette.setting("base_url"))


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str | None, datasette: Any) -> Any:
    from .cells import cell

    return cell(datasette, database, table, column, value, row)
