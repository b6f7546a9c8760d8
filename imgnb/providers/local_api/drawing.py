"""The pictures of one accepted request: how they are sketched, and what the answer says about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...request import ImageRequest
from ...request.sizes import parse_size
from ..local_engine import Rendering, Sketch
from .memory import Shelf
from .replies import Refused

_DRAWN: Shelf[bytes] = Shelf(256, 64_000_000)
"The files made last: who asks again for the same picture does not wait until it is drawn again."

NO_PICTURE = b"this is not a picture, " * 40


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn. Raises Refused when a reference cannot be decoded."""

    request: ImageRequest
    model: str
    images: Sequence[bytes]
    mask: bytes | None
    markup: bytes | None
    faults: Mapping[str, str]
    first: Rendering = field(init=False)
    "Made at once, so that what cannot be drawn is refused before the answer begins."

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "first", Rendering(self.sketch(0)))
        except ValueError as exc:
            raise Refused(400, str(exc), "image", "invalid_image_file") from exc

    @property
    def id(self) -> str:
        return self.request.fingerprint()[3:27]

    @property
    def count(self) -> int:
        return self.request.n or 1

    @property
    def partials(self) -> int:
        """How many partials come where the answer is a stream."""
        told = self.faults.get("partials")
        if told is None:
            return self.request.partial_images or 0
        return int(told) if told.isdigit() else 0

    @property
    def effective(self) -> dict[str, Any]:
        """What the answer says that it used."""
        request = self.request
        return {
            "size": "1024x1024" if request.size in (None, "auto") else request.size,
            "quality": "medium" if request.quality in (None, "auto") else request.quality,
            "background": "opaque" if request.background in (None, "auto") else request.background,
            "output_format": request.output_format or "png",
        }

    def sketch(self, index: int) -> Sketch:
        """The picture with this number."""
        request, said = self.request, self.effective
        width, height = parse_size(said["size"]) or (1024, 1024)
        if "other_size" in self.faults:
            width, height = (1536, 1024) if (width, height) == (1024, 1024) else (1024, 1024)
        output_format = said["output_format"]
        if "other_format" in self.faults:
            output_format = "png" if output_format == "jpeg" else "jpeg"
        ignored, unmasked = "ignore_images" in self.faults, "ignore_mask" in self.faults
        return Sketch(
            prompt=request.prompt,
            width=width,
            height=height,
            quality=said["quality"],
            background="opaque" if output_format == "jpeg" else said["background"],
            output_format=output_format,
            output_compression=100 if request.output_compression is None else request.output_compression,
            index=index,
            images=() if ignored else tuple(self.images),
            mask=None if ignored or unmasked else self.mask,
            markup=None if ignored else self.markup,
            frame_count=request.frame_count or 9,
            frame_duration_ms=request.frame_duration_ms or 200,
            model=self.model,
        )

    def rendering(self, index: int) -> Rendering:
        return self.first if index == 0 else Rendering(self.sketch(index))

    def renderings(self) -> Iterator[Rendering]:
        """All pictures, each drawn when it is reached."""
        return map(self.rendering, range(self.count))

    def sharpening(self, rendering: Rendering) -> Iterator[bytes]:
        """The partials that come before the finished picture, each made when it is reached."""
        sketch, count = rendering.sketch, self.partials
        for index in range(count if sketch.sharpens else 0):
            yield _drawn(sketch, f"{index}/{count}", partial(rendering.partial, index, count))

    def finished(self, rendering: Rendering) -> bytes:
        """The finished picture's bytes, or what a fault gives in their place."""
        if "not_an_image" in self.faults:
            return NO_PICTURE
        if "unchanged" in self.faults and self.images:
            return self.images[0]
        data = _drawn(rendering.sketch, "final", rendering.final)
        return _claiming(data, 100_000) if "huge" in self.faults else data


def _drawn(sketch: Sketch, which: str, draw: Callable[[], bytes]) -> bytes:
    name = f"{sketch.name} {which}"
    data = _DRAWN.get(name)
    if data is None:
        data = draw()
        _DRAWN.put(name, data, len(data))
    return data


def added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of two usages, level by level."""
    total = dict(one)
    for key, value in other.items():
        total[key] = added(total.get(key, {}), value) if isinstance(value, Mapping) else total.get(key, 0) + value
    return total


def _claiming(data: bytes, edge: int) -> bytes:
    """A PNG's bytes with a header that claims `edge` x `edge` pixels."""
    import zlib

    header = b"IHDR" + edge.to_bytes(4, "big") * 2 + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]
