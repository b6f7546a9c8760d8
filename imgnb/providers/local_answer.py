"""What the local engine's answers look like on the wire: one JSON document or a stream of events, made while it is read.

Faults bend them, so that a client meets here what it may meet elsewhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..request import ImageRequest
from ..request.sizes import parse_size
from .local_engine import Rendering, Sketch, revised_prompt, usage
from .local_forms import Form, Refused

CHUNK = 65_535
"Bytes of a picture that are encoded at a time: a multiple of 3, so that base64 needs no padding within."

PAGE = b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>502 Bad gateway</h1></body></html>"
NO_PICTURE = b"this is not a picture, " * 40


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: its body is made while it is read."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


class StopStream(Exception):
    """The body ends here, though nothing says so: what a cut stream looks like."""


@dataclass(frozen=True)
class Answer:
    """The answer to one accepted request. Raises Refused when a reference cannot be decoded."""

    request: ImageRequest
    model: str
    form: Form
    faults: Mapping[str, str]
    host: str
    "Scheme and host that links begin with."
    keep_file: Callable[[str, str, bytes], None]
    pause: Callable[[], object]
    first: Rendering = field(init=False)
    "Made at once, so that what cannot be drawn is refused before the answer begins."

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "first", Rendering(self._sketch(0)))
        except ValueError as exc:
            raise Refused(400, str(exc), "image", "invalid_image_file") from exc

    def reply(self) -> Reply:
        """Headers now, the body while it is read."""
        if "html" in self.faults:
            return Reply(200, {"content-type": "text/html; charset=utf-8"}, iter([PAGE]))
        headers = {"x-request-id": f"req_{self._id}", "x-imgnb-sketch": "1"}
        if self.request.stream and "json_instead" not in self.faults:
            kind = "text/event-stream; charset=utf-8"
            return Reply(200, {**headers, "content-type": kind, "cache-control": "no-store"}, self._stream())
        return Reply(200, {**headers, "content-type": "application/json"}, self._document())

    @property
    def _id(self) -> str:
        return self.request.fingerprint()[3:27]

    @property
    def _count(self) -> int:
        return self.request.n or 1

    @property
    def _effective(self) -> dict[str, Any]:
        """What the answer says that it used."""
        request = self.request
        said = {
            "size": "1024x1024" if request.size in (None, "auto") else request.size,
            "quality": "medium" if request.quality in (None, "auto") else request.quality,
            "background": "opaque" if request.background in (None, "auto") else request.background,
            "output_format": request.output_format or "png",
        }
        identifier = request.safety_identifier or request.user
        return {**said, "safety_identifier": identifier} if identifier else said

    def _sketch(self, index: int) -> Sketch:
        request, said = self.request, self._effective
        width, height = parse_size(said["size"]) or (1024, 1024)
        if "other_size" in self.faults:
            width, height = (1536, 1024) if (width, height) == (1024, 1024) else (1024, 1024)
        output_format = said["output_format"]
        if "other_format" in self.faults:
            output_format = "png" if output_format == "jpeg" else "jpeg"
        return Sketch(
            prompt=request.prompt,
            width=width,
            height=height,
            quality=said["quality"],
            background="opaque" if output_format == "jpeg" else said["background"],
            output_format=output_format,
            output_compression=100 if request.output_compression is None else request.output_compression,
            index=index,
            images=tuple(self.form.images),
            mask=self.form.mask,
            markup=self.form.markup,
            frame_count=request.frame_count or 9,
            frame_duration_ms=request.frame_duration_ms or 200,
            model=self.model,
        )

    def _renderings(self) -> Iterator[Rendering]:
        yield self.first
        for index in range(1, self._count):
            yield Rendering(self._sketch(index))

    def _picture(self, rendering: Rendering) -> bytes:
        if "not_an_image" in self.faults:
            return NO_PICTURE
        data = rendering.final()
        return _claiming(data, 100_000) if "huge" in self.faults else data

    def _document(self) -> Iterator[bytes]:
        self.pause()
        yield json.dumps({"created": int(time.time()), **self._effective})[:-1].encode() + b', "data": ['
        total: dict[str, Any] = {}
        for number, rendering in enumerate(() if "empty" in self.faults else self._renderings()):
            data = self._picture(rendering)
            total = _added(total, usage(rendering.sketch))
            item = {"revised_prompt": revised_prompt(rendering.sketch)}
            if "url" in self.faults:
                item |= {"b64_json": "", "url": self._link(rendering.sketch, data)}
            yield (b", " if number else b"") + json.dumps(item)[:-1].encode()
            if "url" not in self.faults:
                yield b', "b64_json": "'
                yield from self._encoded(data, last=number == self._count - 1)
                yield b'"'
            yield b"}"
        yield b'], "usage": ' + json.dumps(total or None).encode() + b"}"

    def _stream(self) -> Iterator[bytes]:
        name = "image_edit" if self.request.operation == "edit" else "image_generation"
        asked = self.request.partial_images or 0
        wanted = int(self.faults["partials"] or 0) if "partials" in self.faults else asked
        for number, rendering in enumerate(self._renderings()):
            for index, partial in enumerate(rendering.partials(wanted)):
                self.pause()
                yield from self._event(f"{name}.partial_image", {"partial_image_index": index}, partial)
            self.pause()
            if "empty" in self.faults:
                return
            last = number == self._count - 1
            if last and "error_event" in self.faults:
                yield self._failure()
                return
            more = {"usage": usage(rendering.sketch, wanted)}
            yield from self._event(f"{name}.completed", more, self._picture(rendering), last=last)
        if "done" in self.faults:
            yield self._frame(None, b"[DONE]")

    def _failure(self) -> bytes:
        said = {"message": "the engine was told to fail", "type": "server_error", "param": None, "code": "server_error"}
        return self._frame("error", json.dumps({"type": "error", "error": said}).encode())

    def _event(self, kind: str, more: Mapping[str, Any], data: bytes, *, last: bool = False) -> Iterator[bytes]:
        if "heartbeats" in self.faults:
            yield b": still drawing" + self._end + self._end
        if "no_event_names" not in self.faults:
            yield b"event: " + kind.encode() + self._end
        said = {"created_at": int(time.time()), **self._effective, **more}
        first, behind = ({}, f', "type": "{kind}"') if "type_last" in self.faults else ({"type": kind}, "")
        yield b"data: " + json.dumps({**first, **said})[:-1].encode() + b', "b64_json": "'
        yield from self._encoded(data, last=last)
        yield b'"' + behind.encode() + b"}" + self._end + self._end

    def _frame(self, kind: str | None, data: bytes) -> bytes:
        named = kind is not None and "no_event_names" not in self.faults
        name = b"event: " + str(kind).encode() + self._end if named else b""
        return name + b"data: " + data + self._end + self._end

    @property
    def _end(self) -> bytes:
        return b"\r\n" if "crlf" in self.faults else b"\n"

    def _encoded(self, data: bytes, *, last: bool) -> Iterator[bytes]:
        """The bytes in base64; the last finished picture of the answer is where faults strike."""
        import pybase64

        stop = len(data) // 2 if last and self.faults.keys() & {"cut", "drop"} else len(data)
        for start in range(0, stop, CHUNK):
            text = pybase64.b64encode(data[start : min(start + CHUNK, stop)])
            if last and start == 0 and "bad_base64" in self.faults:
                text = text[:100] + b"*!*!" + text[104:]
            if last and start + CHUNK >= stop and "cut_base64" in self.faults:
                text = text.rstrip(b"=")[:-3]
                text = text[: len(text) // 4 * 4 + 1]
            yield text
        if last and "drop" in self.faults:
            raise ConnectionResetError("the connection is dropped on purpose")
        if last and "cut" in self.faults:
            raise StopStream

    def _link(self, sketch: Sketch, data: bytes) -> str:
        path = f"files/{self._id}-{sketch.index}.{sketch.output_format}"
        self.keep_file(path, f"image/{sketch.output_format}", data)
        return f"{self.host}/{path}"


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of two usages, level by level."""
    total = dict(one)
    for key, value in other.items():
        total[key] = _added(total.get(key, {}), value) if isinstance(value, Mapping) else total.get(key, 0) + value
    return total


def _claiming(data: bytes, edge: int) -> bytes:
    """A PNG's bytes with a header that claims `edge` x `edge` pixels."""
    import zlib

    header = b"IHDR" + edge.to_bytes(4, "big") * 2 + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]
