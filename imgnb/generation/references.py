"""Whatever a person names as a picture, as a reference: it is stored first, so that an edit can always be repeated."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import BYTES_GONE, AssetNotFound, ProviderError, RequestInvalid
from ..events import Cancel
from ..records import Asset, Generation
from ..request import Reference
from ..request.references import Role
from .encoding import add_pixels
from .expanding import expanded, several
from .masks import MaskWishes, described_mask, finished_mask, is_described

if TYPE_CHECKING:
    from ..library import Library
    from ..providers.http import Wire

Picture = Any
"""An Asset, a Generation, "@name" and other addresses in the library, a path or pattern, an https link, "$variable",
bytes, a PIL image, a NumPy array, a matplotlib or Plotly figure, a DataFrame or Styler."""

LINK_SECONDS = 60.0
"How long a picture that a link names may take to come: nobody has been asked to draw yet."

WHAT_WOULD_DO = (
    "give an Asset, a Generation, @name, a path, an https link, bytes, a PIL image, a NumPy array, a matplotlib or "
    "Plotly figure, or a DataFrame"
)


@dataclass(frozen=True)
class Gathering:
    """Where the pictures come from that people name, and how many may go into one request."""

    library: Library
    wire: Wire
    mode: str = "auto"
    'Whether links are fetched: "auto" once, "live" anew, "replay" never.'
    names: Mapping[str, object] = field(default_factory=dict, repr=False)
    "What $name stands for."
    limit: int = 16

    def references(
        self,
        images: Any = None,
        mask: Any = None,
        markup: Any = None,
        *,
        base: Reference | None = None,
        wishes: MaskWishes,
    ) -> tuple[Reference, ...]:
        """The references of a request, images first and in order; `base` is what is edited where no image is given.

        Each is stored first, deduplicated by its hash. Raises RequestInvalid for what is no picture or too many,
        AssetNotFound for an address that leads nowhere.
        """
        with _usable(images, "image"):
            listed = list(expanded(several(images), self.names, "image"))
        if len(listed) > self.limit:
            raise RequestInvalid(
                f"{len(listed)} images are given", hint=f"at most {self.limit} are taken", param="image"
            )
        found = [self.reference(item, "image", written) for item, written in listed]
        if mask is not None:
            found.append(self._mask(mask, found[0] if found else base, wishes))
        if markup is not None:
            found.append(self.one(markup, "markup"))
        return tuple(found)

    def one(self, item: Picture, role: Role) -> Reference:
        """The reference for one thing, which may be written as a variable or a pattern that names just one."""
        only, written = self._only(item, role)
        return self.reference(only, role, written)

    def _only(self, item: Picture, role: Role) -> tuple[Any, str | None]:
        with _usable(item, role):
            found = list(expanded([item], self.names, role))
        if len(found) != 1:
            raise RequestInvalid(f"{_short(item)} names {len(found)} pictures", hint=f"give one {role}", param=role)
        return found[0]

    def _mask(self, given: Picture, base: Reference | None, wishes: MaskWishes) -> Reference:
        """The finished mask for that base."""
        if base is None:
            raise RequestInvalid("the mask needs a picture", hint="name one first", param="mask")
        if not base.path.is_file():
            named = base.source or base.sha256[:12]
            raise AssetNotFound(f"the bytes of the reference {named} are not in the library", hint=BYTES_GONE)
        item, written = self._only(given, "mask")
        with _usable(item, "mask"):
            if is_described(item):
                mask, source = described_mask(self.library, item, base, wishes), item
            else:
                reference = self.reference(item, "mask", written)
                stored = self.library.asset(f"@{reference.sha256}")
                mask, source = finished_mask(self.library, stored, base, wishes), reference.source
        return replace(reference_to(mask, "mask", written or source), note=mask.source.partition(": ")[2])

    def reference(self, item: Picture, role: Role, written: str | None = None) -> Reference:
        """The reference that an item is, or becomes by being stored; `written` is what the user wrote for it."""
        with _usable(item, role):
            asset, source = self._stored(item, role)
        return reference_to(asset, role, written or source, url=source if _is_link(source) else None)

    def _stored(self, item: Picture, role: Role) -> tuple[Asset, str]:
        """The asset that an item is or becomes, and what the user wrote."""
        if isinstance(item, Generation):
            return item.asset, f"@{item.id}"
        if isinstance(item, Asset):
            return item, f"@{item.sha256[:12]}"
        if isinstance(item, str) and item.startswith("@"):
            return self.library.asset(item), item
        if isinstance(item, str) and _is_link(item):
            return self._linked(item, role), item
        if isinstance(item, str | Path):
            return self.library.add(self._file(item, role), source=str(item)), str(item)
        if hasattr(item, "read") and not isinstance(item, Path):
            item = item.read()
        if isinstance(item, bytes | bytearray | memoryview):
            return self.library.add(bytes(item), source="bytes"), "bytes"
        return self._drawn(item, role)

    def _file(self, item: str | Path, role: Role) -> Path:
        path = Path(item).expanduser()
        if path.exists() and not path.is_dir():
            return path
        what = "a folder, not a file" if path.is_dir() else "not a file"
        raise RequestInvalid(f"the {role} {str(item)!r} is {what}", hint=self._instead(item, path), param=role)

    def _instead(self, item: str | Path, path: Path) -> str:
        """What may have been meant by the name of a file that is not there."""
        if path.is_dir():
            return f"name its pictures: {path}/*.png"
        if str(item) in self.library.names():
            return f"did you mean @{item}, which is in the library?"
        there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        close = get_close_matches(path.name, there, 1)
        return f"did you mean {str(path.parent / close[0])!r}?" if close else "give a path, or @name"

    def _linked(self, url: str, role: Role) -> Asset:
        known = None if self.mode == "live" else self.library.fetched(url)
        if known is not None and known.path.is_file():
            return known
        if self.mode == "replay":
            raise RequestInvalid(
                f"the {role} {_short(url)} is not in the library, and nothing is fetched in mode 'replay'",
                hint="use --mode auto once",
                param=role,
            )
        return self._fetched(url)

    def _fetched(self, url: str) -> Asset:
        """The picture behind a link, by the rules of `providers/download.py`."""
        from ..providers.download import download, is_loopback  # httpx, where a link is given

        with TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            with path.open("wb") as file:
                deadline = time.monotonic() + LINK_SECONDS
                download(self.wire, url, file, cancel=Cancel(), deadline=deadline, loopback=is_loopback(url))
            return self.library.add(path, source=url)

    def _drawn(self, item: Picture, role: Role) -> tuple[Asset, str]:
        """The picture that an object of the notebook is or can be drawn as."""
        from ..pictures.drawn import described, drawn

        found = drawn(item)
        if found is None:
            raise RequestInvalid(f"{described(item)} cannot be used as {role}", hint=WHAT_WOULD_DO, param=role)
        picture, word = found
        if isinstance(picture, bytes):
            return self.library.add(picture, source=word), word
        return add_pixels(self.library, picture), word


@contextmanager
def _usable(item: Picture, role: Role) -> Iterator[None]:
    """Errors of whatever reads files, links and pixels leave as one that names the picture and the way out."""
    try:
        yield
    except (ProviderError, OSError, RuntimeError, ValueError) as exc:
        said = exc.message if isinstance(exc, ProviderError) else getattr(exc, "strerror", None) or exc
        hint = exc.hint if isinstance(exc, ProviderError) and exc.hint else "give a png, jpeg or webp picture"
        raise RequestInvalid(f"the {role} {_short(item)} cannot be used: {said}", hint=hint, param=role) from exc


def reference_to(asset: Asset, role: Role, source: str, *, url: str | None = None) -> Reference:
    """An asset as a reference."""
    return Reference(
        sha256=asset.sha256,
        media_type=asset.media_type,
        path=asset.path,
        role=role,
        width=asset.width,
        height=asset.height,
        has_alpha=asset.has_alpha,
        bytes=asset.byte_count,
        source=source,
        url=url,
    )


def _is_link(text: str) -> bool:
    return text.lower().startswith(("https://", "http://"))


def _short(item: Picture) -> str:
    text = str(item) if isinstance(item, str | Path) else type(item).__name__
    return repr(text if len(text) <= 80 else text[:77] + "...")
