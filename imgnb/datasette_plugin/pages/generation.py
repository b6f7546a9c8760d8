"""One generation: its pictures, what was asked and what came, what it cost, what it came from, how to make it again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ImgnbError
from ...records import Asset, Found, Generation, Labels, Lineage
from ..compat import url
from ..reading import ask
from . import say, terms
from .page import page

if TYPE_CHECKING:
    from ...library import Library

SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif")
"What browsers show as it is; the rest is seen as its preview, an SVG as what is harmless in it."

RELATIVES = 24


@dataclass(frozen=True)
class Compared:
    """A parameter as it was asked for and as it came."""

    name: str
    asked: str
    came: str
    differs: bool


@dataclass(frozen=True)
class Seen:
    """Everything that the page shows."""

    generation: Generation
    labels: dict[str, Labels]
    compared: tuple[Compared, ...]
    older: str | None
    newer: str | None
    takes: Found[Generation]
    turns_after: Found[Generation]
    continues: Generation | None
    lineage: Lineage | None
    lineage_alt: str
    recipes: tuple[tuple[str, str], ...]


async def show(datasette: Any, request: Any) -> Any:
    """The page of a generation, however it ended."""
    seen = await ask(datasette, look, request.url_vars["id"])
    found = seen.generation
    of_notebook = terms.term("notebook", found.notebook or "")
    return await page(
        datasette, request, "generation", seen=seen, generation=found, shown=SHOWN, of_notebook=of_notebook
    )


async def of_asset(datasette: Any, request: Any) -> Any:
    """The way from a picture to the generation that made it; one that none made has its lineage."""
    from datasette.utils.asgi import Response

    path = await ask(datasette, _made_by, request.url_vars["sha256"])
    return Response.redirect(url(datasette, path))


def look(library: Library, id: str) -> Seen:
    """Everything that the page shows. Raises AssetNotFound where there is no such generation."""
    found = library.generation(f"@{id}")
    pictures = [*found.assets, *found.originals, *found.references]
    older, newer = library.beside(found)
    before = None
    if found.continues:
        with suppress(ImgnbError):
            before = library.generation(f"@{found.continues}")
    lineage = library.lineage(found, limit=RELATIVES) if found.assets else None
    if lineage is not None and not lineage.links:
        lineage = None
    return Seen(
        found,
        library.labels_on(pictures),
        tuple(_compared(found)),
        older,
        newer,
        library.takes(found),
        library.turns_after(found),
        before,
        lineage,
        lineage._alt() if lineage else "",
        tuple(_recipes(found)),
    )


def _compared(found: Generation) -> list[Compared]:
    rows = []
    for name, wanted, came in found.comparison():
        asked, got = say.value(wanted), say.value(found.model_answered if name == "model" else came)
        free = asked in ("", "auto")
        rows.append(Compared(say.line(name, 60), asked, got, bool(got) and not free and asked.lower() != got.lower()))
    return rows


def _recipes(found: Generation) -> list[tuple[str, str]]:
    recipes: list[tuple[str, str]] = []
    for kind, title in (("magic", "In a notebook cell"), ("python", "In Python")):
        with suppress(ImgnbError):
            text = found.recipe("magic" if kind == "magic" else "python")
            # What no cell can say is said in Python, once.
            if all(text != other for _, other in recipes):
                recipes.append((title if kind == "python" or text.startswith("%%") else "In Python", text))
    return recipes


def _made_by(library: Library, sha256: str) -> str:
    found: Asset = library.asset(f"@{sha256}")
    with suppress(ImgnbError):
        return f"/-/imgnb/generation/{library.generation(f'@{sha256}').id}"
    return f"/-/imgnb/lineage/{found.sha256}"
