"""What is painted while a generation runs: a placeholder, then the partials, with stage and time.

It has the shape that the finished picture, or the sheet of several, will have, and as many pixels as it takes on the
page: fewer would blur the words, more would only be sent.
"""

from __future__ import annotations

from contextlib import suppress

from ..errors import ImgnbError
from ..events import Partial
from ..pictures import Preview, caption, contact_sheet, display_size, placeholder, preview, probe
from ..pictures.placeholder import elapsed
from ..pictures.preview import EDGE
from ..request import ImageRequest
from ..request.sizes import parse_size

UNKNOWN = (1024, 1024)
"Pixels that a picture is taken to have whose size the model chooses, until a partial shows it."

MOST = 10
"Pictures that anybody draws at once; a request for more has not been refused yet."


class Painting:
    """The unfinished picture of a request; `take` a partial and `paint` what there is."""

    def __init__(self, request: ImageRequest) -> None:
        self._count = max(1, min(request.n or 1, MOST))
        self._alpha = request.background == "transparent"
        self._one = (parse_size(request.size) if request.size else None) or UNKNOWN
        self._size: tuple[int, int] | None = None
        self._taken: dict[int, bytes] = {}  # decoded when painted: what another one replaces before that never is
        self._partials: dict[int, Preview] = {}
        self._painted: tuple[str, Preview] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of what will be shown at the end, as far as is known: they keep the page from jumping."""
        if self._size is None:
            self._size = self._one if self._count == 1 else self._sheet_size()
        return self._size

    def take(self, partial: Partial) -> None:
        """Show this partial when next painting; one that cannot be read is no reason to stop."""
        try:
            picture = probe(partial.data)
        except ImgnbError:
            return
        came = (picture.width, picture.height)
        one = self._one if _alike(self._one, came) else came
        self._taken[min(partial.image, self._count - 1)] = partial.data
        if one != self._one:
            self._one, self._size = one, None

    def paint(self, stage: str, seconds: float) -> Preview:
        """What there is now."""
        changed = self._decode()
        edge = max(display_size(*self.size))
        if not self._partials:
            return placeholder(*self.size, stage, seconds, edge=edge, alpha=self._alpha)
        text = f"{stage} · {elapsed(seconds)}"
        if self._painted is None or changed or text != self._painted[0]:
            self._painted = text, caption(self._unfinished(seconds), text, edge=edge, alpha=self._alpha)
        return self._painted[1]

    def _decode(self) -> bool:
        """Decode what was taken since; True when there was something."""
        changed = bool(self._taken)
        while self._taken:
            index, data = self._taken.popitem()
            with suppress(ImgnbError):
                self._partials[index] = preview(data, edge=max(display_size(*self._one)))
        return changed

    def _unfinished(self, seconds: float) -> Preview:
        if self._count == 1:
            return self._partials[0]
        blank = placeholder(*self._one, "waiting", seconds, alpha=self._alpha)
        return contact_sheet([self._partials.get(index, blank) for index in range(self._count)])

    def _sheet_size(self) -> tuple[int, int]:
        """The size of the sheet that the library's previews will make."""
        blank = placeholder(*self._one, "", 0.0, edge=EDGE)
        sheet = contact_sheet([blank] * self._count)
        return sheet.width, sheet.height


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """True for the same shape, to within two in a hundred."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= 0.02 * one[0] * other[1]
