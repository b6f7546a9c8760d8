"""The pictures of a notebook, newest first, as a studio shows them: each with what people have said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError
from ..records import Asset, Generation

if TYPE_CHECKING:
    from ..library import Library

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

    def called(self, name: str | None) -> Shown:
        """The same with this of its names as the first."""
        if name not in self.names:
            return self
        return replace(self, names=(name, *(other for other in self.names if other != name)))


def history(library: Library, made: Mapping[str, str], notebook: str | None) -> tuple[Shown, ...]:
    """The pictures of the notebook and of the generations that were `made`, each with when it came, the newest first.

    What was made here stays, though the notebook has more pictures than are shown.
    """
    there = {item.id: item for item in _of_notebook(library, notebook)}
    latest = list(made)[: -MOST - 1 : -1]
    own = [item for made_id in latest if (item := there.get(made_id) or found(library, made_id))]
    others = [item for item in there.values() if item.id not in made]
    kept = {asset.sha256 for asset, _ in _pictures([*own, *others])[:MOST]}
    newest = sorted([*own, *others], key=lambda item: made.get(item.id, item.created_at), reverse=True)
    return tuple(_shown(library, asset, item) for asset, item in _pictures(newest) if asset.sha256 in kept)


def _pictures(items: Sequence[Generation]) -> list[tuple[Asset, Generation]]:
    """The pictures that are not in the trash, in this order; one that two requests brought is the first one's."""
    pictures: dict[str, tuple[Asset, Generation]] = {}
    for item in items:
        for asset in item.assets:
            if not asset.trashed:
                pictures.setdefault(asset.sha256, (asset, item))
    return list(pictures.values())


def _of_notebook(library: Library, notebook: str | None) -> Sequence[Generation]:
    if not notebook or '"' in notebook:
        return ()
    try:
        return library.find(f'notebook:"{notebook}"', limit=MOST)
    except ImgnbError:  # a path that a query cannot say
        return ()


def found(library: Library, generation_id: str) -> Generation | None:
    """The generation; None where it is gone."""
    try:
        return library.generation(f"@{generation_id}")
    except ImgnbError:  # emptied from the trash meanwhile
        return None


def _shown(library: Library, asset: Asset, item: Generation) -> Shown:
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
