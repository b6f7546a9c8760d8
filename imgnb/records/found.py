"""What a search gives back: a list of generations that shows itself as a contact sheet."""

from __future__ import annotations

from typing import Any, SupportsIndex, overload

from .generation import Generation

SHOWN = 12
"Pictures on the sheet of a search: the first of each of the first generations."


class Found(list[Generation]):
    """The generations that were found, the newest first."""

    @overload
    def __getitem__(self, key: SupportsIndex) -> Generation: ...

    @overload
    def __getitem__(self, key: slice) -> Found: ...

    def __getitem__(self, key: SupportsIndex | slice) -> Generation | Found:
        """The n-th, or a part that shows itself as the whole does."""
        return Found(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "nothing was found"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from ..pictures import bundle, bundle_of, strip

        shown = [generation for generation in self if generation.assets][:SHOWN]
        facts = {"generations": [generation.id for generation in shown]}
        if shown:
            data, metadata = bundle([generation.asset for generation in shown], alt=repr(self), facts=facts)
        else:
            says = f"{len(self)} without a picture" if self else repr(self)
            data, metadata = bundle_of(strip(says, "note"), alt=says, facts=facts)
        return {**data, "text/plain": repr(self)}, metadata
