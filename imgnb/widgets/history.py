"""The pictures of a notebook, newest first, as a studio shows them: each with what people have said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import ImgnbError
from ..library import Library
from ..records import Generation

MOST = 50
"Pictures in the strip."

SHORT = 160
"Characters of a prompt: what the page shows of it, and says where the picture is not seen."


@dataclass(frozen=True)
class Shown:
    """One picture of the strip."""

    sha256: str
    generation: str
    prompt: str
    size: str
    take: int | None
    route: str
    names: tuple[str, ...]
    starred: bool
    stars: int | None

    def to_dict(self) -> dict[str, Any]:
        """The picture as plain JSON values."""
        return asdict(self)


def history(library: Library, made: Sequence[str], notebook: str | None) -> tuple[Shown, ...]:
    """The pictures of these generations and of the notebook, the newest first."""
    found = {item.id: item for item in _of_notebook(library, notebook)}
    for generation_id in made[-MOST:]:
        if generation_id not in found and (item := _found(library, generation_id)):
            found[generation_id] = item
    newest = sorted(found.values(), key=lambda item: item.id, reverse=True)
    # A picture that two requests brought is shown once: as the newest of them.
    pictures = {asset.sha256: (asset, item) for item in reversed(newest) for asset in item.assets if not asset.trashed}
    return tuple(_shown(library, asset, item) for asset, item in list(pictures.values())[::-1][:MOST])


def _of_notebook(library: Library, notebook: str | None) -> Sequence[Generation]:
    if not notebook or '"' in notebook:
        return ()
    try:
        return library.find(f'notebook:"{notebook}"', limit=MOST)
    except ImgnbError:  # a path that a query cannot say
        return ()


def _found(library: Library, generation_id: str) -> Generation | None:
    try:
        return library.generation(f"@{generation_id}")
    except ImgnbError:  # emptied from the trash meanwhile
        return None


def _shown(library: Library, asset: Any, item: Generation) -> Shown:
    labels = library.labels(asset)
    prompt = " ".join(item.prompt[: 2 * SHORT].split())
    return Shown(
        sha256=asset.sha256,
        generation=item.id,
        prompt=prompt[:SHORT] + ("…" if len(prompt) > SHORT else ""),
        size=f"{asset.width}x{asset.height}" if asset.width else "",
        take=item.take,
        route=item.route,
        names=labels.names,
        starred=labels.starred,
        stars=labels.stars,
    )
