"""What a studio's page says and asks of one picture: its labels, the picture at large, and the cells that go on from it.

The form and what is drawn are the affair of `studio.py`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..display.cell import running_shell
from ..errors import BYTES_GONE, AssetNotFound, ImgnbError
from ..pictures import stored_preview
from ..records import Asset, Generation
from .panel import Given, Panel, Reply

LARGE = 1024
"Pixels of the picture that is looked at."


class OfPictures(Panel):
    """A panel that has pictures, of which its page may say and ask this."""

    def __init__(self, alt: str) -> None:
        super().__init__(alt)
        # Asked for now: what the page asks is answered on another thread, where there is none.
        self._shell: Any = running_shell() if self._watched else None
        self._named: dict[str, str] = {}  # the name that was given last, by the hash

    def _look(self) -> None:
        """Show what the library says of the pictures now."""
        raise NotImplementedError

    def on_star(self, given: Given) -> None:
        self.workspace.library.star(self._asset(given.get("sha256")), bool(given.get("on")))
        self._look()

    def on_rate(self, given: Given) -> None:
        stars = given.get("stars")
        self.workspace.library.rate(self._asset(given.get("sha256")), stars if isinstance(stars, int) else None)
        self._look()

    def on_name(self, given: Given) -> None:
        """Name the picture; without a name, take `was` away from it."""
        library, asset = self.workspace.library, self._asset(given.get("sha256"))
        name, was = (str(given.get(word) or "").strip().removeprefix("@") for word in ("name", "was"))
        if name:
            library.name(asset, name)
            self._named[asset.sha256] = name
        elif was in library.names(asset):
            library.unname(was)
        self._look()

    def on_recipe(self, given: Given) -> dict[str, Any]:
        """The text of a cell that asks for it once more."""
        return {"recipe": self._generation(given).recipe()}

    def on_large(self, given: Given) -> Reply:
        """A picture to be looked at, and its whole prompt."""
        asset = self._asset(given.get("sha256"))
        try:
            shown = stored_preview(asset, LARGE)
        except OSError as exc:
            raise AssetNotFound(f"the bytes of @{asset.sha256[:12]} are gone", hint=BYTES_GONE) from exc
        prompt = ""
        with suppress(ImgnbError):
            prompt = self._generation(given).prompt
        return Reply({"type": shown.media_type, "prompt": prompt}, [shown.data])

    def on_mask_cells(self, given: Given) -> dict[str, Any]:
        """The texts of two cells: one in which a mask is painted on this picture, and one that uses it."""
        at = f"@{self._asset(given.get('sha256')).sha256[:12]}"
        paint = f'import imgnb\n\npainter = imgnb.mask_painter("{at}")\npainter'
        name = self._variable()
        prompt = str(given.get("prompt") or "what is to be there")
        use = f"{name}.set(mask=painter)" if name else f'imgnb.edit({prompt!r}, "{at}", mask=painter)'
        return {"cells": [paint, use]}

    def _variable(self) -> str | None:
        """The notebook's name for this panel."""
        names = dict(self._shell.user_ns) if self._shell is not None else {}
        return next((name for name, value in names.items() if value is self and not name.startswith("_")), None)

    def _asset(self, sha256: object) -> Asset:
        return self.workspace.library.asset(f"@{sha256}")

    def _generation(self, given: Given) -> Generation:
        return self.workspace.library.generation(f"@{given.get('generation')}")
