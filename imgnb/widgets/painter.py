"""What both painters share: a base, what is drawn over it, and how that comes from the page and is stored.

The page draws at the base's full size and sends what stands there as a PNG, in parts where it is large. Nothing of it is
believed before it was looked at. It stays in memory until it is asked for or kept: a stroke is no asset.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError, RequestInvalid
from ..generation.encoding import as_png
from ..pictures import Preview, decode, preview, probe
from ..pictures.conversion import upright_size
from ..pictures.foreign_headers import FOREIGN
from ..records import Asset
from ..workspace import Workspace
from .panel import Given, Panel, Reply

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..request import ImageRequest

BASE_EDGE, BASE_BYTES = 2048, 1_500_000
"Pixels and bytes of the base that the page shows; what is drawn has the base's own size."

MOST_BYTES = 64_000_000
"What a page may send as one drawing."

PAGES = 8
"Pages that may be sending at the same time; what the one that began first has sent is then forgotten."

PATIENCE = 10.0
"Seconds that Python waits for a drawing that a page has said is on its way."


class Painter(Panel):
    """A picture to paint on. What is drawn is an image of the base's size as people see it, turned as EXIF asks."""

    def __init__(self, alt: str, base: Any, workspace: Workspace | None = None) -> None:
        super().__init__(alt, workspace)
        images = self._asked(base).images
        if len(images) != 1:
            raise RequestInvalid(f"{len(images)} pictures are given", hint="give the one to paint on", param="image")
        self.base: Asset = self.workspace.library.asset(f"@{images[0].sha256}")
        self.size = upright_size(self.base.path)
        self._shown = preview(self.base.path, BASE_EDGE, BASE_BYTES, self.base.media_type in FOREIGN)
        self._drawing = self._blank()
        self._version = 0
        self._by = ""
        self._parts: dict[str, list[bytes]] = {}
        self._coming: dict[str, int] = {}
        self._arrived = threading.Condition()
        self._heard_on = 0

    # What a subclass says

    def _blank(self) -> Image:
        """A drawing with nothing on it."""
        raise NotImplementedError

    def _read(self, sent: Image) -> Image:
        """The drawing that the page's picture, RGBA, is."""
        raise NotImplementedError

    def _sendable(self) -> Image:
        """The drawing as the page takes it: a picture whose alpha is where something is drawn."""
        raise NotImplementedError

    def _stored(self) -> Asset:
        """The drawing as an asset, the same one for as long as nothing changes. Raises RequestInvalid where it is empty."""
        raise NotImplementedError

    def _said(self) -> str:
        """What is drawn, in a few words."""
        raise NotImplementedError

    # What its user does

    def clear(self) -> None:
        """Take away all that is drawn; the page can undo it."""
        self._arrive()
        self._draw(self._blank())

    @property
    def image(self) -> Image:
        """What `_stored` would store, as a PIL image; it may be empty."""
        raise NotImplementedError

    def _repr_png_(self) -> bytes:
        # By this, a painter is a picture wherever one is asked for: mask=painter, --mask $painter.
        self._arrive()
        return self._stored().bytes

    # What the page asks

    def state(self) -> dict[str, Any]:
        """How large the base is, and which drawing is the newest, by whom."""
        return {"width": self.size[0], "height": self.size[1], "version": self._version, "by": self._by}

    def on_base(self, given: Given) -> Reply:
        """The base, small enough for a message."""
        return Reply({"type": self._shown.media_type}, [self._shown.data])

    def on_drawing(self, given: Given) -> Reply:
        """What is drawn now, as a PNG; no bytes where that is nothing."""
        picture = self._sendable()
        empty = picture.getchannel("A").getbbox() is None
        return Reply({"version": self._version}, [] if empty else [_quick_png(picture)])

    def on_touched(self, given: Given) -> None:
        """A page has something drawn that is on its way; 0 where it will not come."""
        by, touch = _page(given), given.get("touch")
        with self._arrived:
            if isinstance(touch, int) and touch > 0:
                self._coming[by] = touch
                _bound(self._coming)
            else:
                self._coming.pop(by, None)
            self._arrived.notify_all()

    def on_drawn(self, given: Given) -> dict[str, Any]:
        """Take what the page has drawn: part `part` of `parts`; the last one makes it count."""
        try:
            data = self._whole(given)
            if data is None:
                return {}
            self._draw(self._read(_checked(data, self.size)), by=_page(given))
        except ImgnbError:
            self.on_touched({"by": given.get("by")})
            raise
        self._has_come(given)
        return {"version": self._version, "said": self._said()}

    def on_keep(self, given: Given) -> dict[str, Any]:
        """Store what is drawn."""
        asset = self._stored()
        return {"sha256": asset.sha256, "said": f"Kept in the library as @{asset.sha256[:12]}: {self._said()}"}

    # How it goes

    def _heard(self, content: Any, buffers: Sequence[Any]) -> None:
        self._heard_on = threading.get_ident()
        super()._heard(content, buffers)

    def _has_come(self, given: Given) -> None:
        by, touch = _page(given), given.get("touch")
        with self._arrived:
            if isinstance(touch, int) and touch >= self._coming.get(by, 0):
                self._coming.pop(by, None)
            self._arrived.notify_all()

    def _arrive(self) -> None:
        """Wait for what the pages have drawn. Not to be called from what answers a page."""
        self._desk.settle()
        # On the thread on which messages come, waiting for one would only keep it away.
        patience = 0 if self._heard_on == threading.get_ident() else PATIENCE
        with self._arrived:
            come = self._arrived.wait_for(lambda: not self._coming, patience)
            self._coming.clear()
        self._desk.settle()
        if not come:
            warnings.warn("the last stroke is not here yet: run the cell again for it", stacklevel=3)

    def _draw(self, drawing: Image, by: str = "") -> None:
        self._drawing, self._version, self._by = drawing, self._version + 1, by
        self.changed()

    def _whole(self, given: Given) -> bytes | None:
        """The bytes once all parts are there. Raises RequestInvalid where one is missing or they are too many."""
        by, part, parts = _page(given), given.get("part", 0), given.get("parts", 1)
        buffers: Sequence[Any] = given.get("buffers", ())
        # Each page has its own: two that send at once must not mix.
        had = self._parts.pop(by, []) if part != 0 else []
        if part != len(had) or not isinstance(parts, int) or len(buffers) != 1:
            raise _refused("a part of it is missing")
        had = [*had, bytes(buffers[0])]
        if sum(map(len, had)) > MOST_BYTES:
            raise _refused(f"it has more than {MOST_BYTES // 1_000_000} MB")
        if len(had) >= parts:
            self._parts.pop(by, None)
            return b"".join(had)
        self._parts[by] = had
        _bound(self._parts)
        return None

    def _asked(self, base: Any, **given: Any) -> ImageRequest:
        """The request that these would go into: it takes whatever an edit takes, and stores it."""
        return self.workspace.request("paint", images=base, force=True, **given)

    def _twin_of(self, image: Image) -> tuple[Preview, Mapping[str, Any]]:
        return preview(image), {"assets": [self.base.sha256]}

    def _base_image(self) -> Image:
        """The base as it is shown, upright."""
        return decode(self._shown.data)


def _page(given: Given) -> str:
    """Which page says this."""
    return str(given.get("by", ""))[:40]


def _bound(pages: dict[str, Any]) -> None:
    while len(pages) > PAGES:
        del pages[next(iter(pages))]


def _checked(data: bytes, size: tuple[int, int]) -> Image:
    """The picture that a page has sent. Raises RequestInvalid for anything but a whole PNG of the base's size."""
    try:
        found = probe(data)
        if found.media_type != "image/png" or not found.whole or found.frames != 1:
            raise _refused(f"it is {found.media_type}, and a whole PNG is expected")
        if (found.width, found.height) != size:
            raise _refused(f"it is {found.width}x{found.height}, the picture {size[0]}x{size[1]}")
        return decode(data).convert("RGBA")
    except RequestInvalid:
        raise
    except ImgnbError as exc:
        raise _refused(exc.message) from exc


def _refused(reason: str) -> RequestInvalid:
    return RequestInvalid(
        f"what the page has drawn cannot be used: {reason}",
        hint="undo and draw it again; what was there before is still kept",
        param="image",
    )


def _quick_png(image: Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def kept(painter: Painter, kind: str, image: Image, **recipe: Any) -> Asset:
    """The asset of a finished drawing, derived from the base; the same drawing is the same asset."""
    import hashlib

    digest = hashlib.sha256(image.tobytes()).hexdigest()
    facts = {"painted": digest, "size": list(image.size), "mode": image.mode, **recipe}
    said = f"{kind} painted by hand: {painter._said()}"
    return painter.workspace.library.derive(painter.base, f"painted-{kind}", facts, lambda: (as_png(image), said))
