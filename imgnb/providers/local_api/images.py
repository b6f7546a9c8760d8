"""The Images API: generations and edits, as one document or as a stream of events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..local_engine import Rendering, revised_prompt, usage
from .asked import asked, check_asked
from .call import Call
from .drawing import Drawing, added
from .faults import OF_LINKS
from .forms import Form, form_fields
from .given import bare_picture, given_picture
from .ink import TOLD_TO_FAIL, InBase64, in_base64
from .replies import Refused, Reply


def generations(call: Call) -> Reply:
    """POST /images/generations"""
    form = _form(call)
    if call.dialect.takes_image_array and (listed := form.values.pop("image", None)):
        for item in listed if isinstance(listed, list) else [listed]:
            form.images.append(bare_picture(item, "image", call.memory, call.host))
    if call.dialect.streams_need_partials and form.values.get("stream") and not form.values.get("partial_images"):
        # These words, and no `param`: so stands it in the provider's reference.
        raise Refused(400, "Streaming must have non-zero partial images", bare=True)
    links = call.dialect.generations_are_links
    return _answer(call, form, edits=call.dialect.takes_image_array and bool(form.images), links=links)


def edits(call: Call) -> Reply:
    """POST /images/edits"""
    return _answer(call, _form(call), edits=True, links=False)


def _form(call: Call) -> Form:
    forgotten = "forgotten_files" in call.faults

    def read(item: object, param: str) -> bytes:
        return given_picture(item, param, call.memory, call.host, forgotten=forgotten)

    return form_fields(call.headers, call.body, read)


def _answer(call: Call, form: Form, *, edits: bool, links: bool) -> Reply:
    wanted = form.values.get("response_format")
    request = asked(form.values, form.images, form.mask, form.markup, edits=edits)
    model = request.model or call.capabilities.default_model
    if wanted is not None and call.dialect.response_format == "refused" and "gpt-image" in model:
        raise Refused(400, "Unknown parameter: 'response_format'.", "response_format", "unknown_parameter")
    if call.dialect.response_format == "obeyed" and wanted == "url":
        links = True
    if suffix := call.dialect.model_suffix:
        model = model.removesuffix(suffix)
    check_asked(request, model, call.capabilities, call.dialect)
    if request.stream and "no_streaming" in call.faults:
        raise Refused(400, "Streaming is not supported here", "stream", "unsupported_parameter")
    drawing = Drawing(request, model, form.images, form.mask, form.markup, call.faults)
    return ImagesAnswer(call, drawing, links).reply()


@dataclass(frozen=True)
class ImagesAnswer:
    """The answer to one accepted request."""

    call: Call
    drawing: Drawing
    links: bool
    "Whether pictures are answered as links."

    def reply(self) -> Reply:
        """Headers now, the body while it is read."""
        headers = {"x-request-id": f"req_{self.drawing.id}", "x-imgnb-sketch": "1"}
        stream = self._stream() if self.drawing.request.stream else None
        return self.call.ink.reply(headers, self._document(), stream)

    @cached_property
    def _said(self) -> dict[str, Any]:
        request = self.drawing.request
        identifier = request.safety_identifier or request.user
        return {**self.drawing.effective, **({"safety_identifier": identifier} if identifier else {})}

    def _document(self) -> Iterator[bytes]:
        call, drawing = self.call, self.drawing
        call.pause()
        count = 0 if "empty" in call.faults else drawing.count
        links = self.links or bool(call.faults.keys() & {"url", *OF_LINKS})
        items = [self._item(index, links) for index in range(count)]
        document = {"created": int(time.time()), **self._said, "data": items}
        yield from call.ink.json({**document, **self._usage(range(count))})

    def _item(self, index: int, links: bool) -> dict[str, Any]:
        drawing = self.drawing
        item: dict[str, Any] = {"revised_prompt": revised_prompt(drawing.sketch(index))}
        if links:
            return item | {"b64_json": "", "url": self._link(drawing.rendering(index))}
        return item | {
            "b64_json": InBase64(lambda: drawing.finished(drawing.rendering(index)), index == drawing.count - 1)
        }

    def _usage(self, indexes: range, partials: int = 0) -> dict[str, Any]:
        if "no_usage" in self.call.faults:
            return {}
        total: dict[str, Any] = {}
        for index in indexes:
            total = added(total, usage(self.drawing.sketch(index), partials))
        return {"usage": total or None}

    def _stream(self) -> Iterator[bytes]:
        drawing, faults, ink, pause = self.drawing, self.call.faults, self.call.ink, self.call.pause
        edit = drawing.request.operation == "edit" and not self.links
        name = "image_edit" if edit else "image_generation"
        for number, rendering in enumerate(drawing.renderings()):
            if "unknown_events" in faults:
                yield from ink.event(f"{name}.queued", {"position": 0})
            for index, partial in enumerate(drawing.sharpening(rendering)):
                pause()
                yield from self._event(f"{name}.partial_image", {"partial_image_index": index}, in_base64(partial))
            pause()
            if "empty" in faults:
                return
            last = number == drawing.count - 1
            if last and "error_event" in faults:
                yield from self._failure()
                return
            if "unknown_events" in faults:
                yield from ink.event(f"{name}.polishing", {"b64_json": "", "progress": 0.9})
            more: dict[str, Any] = self._usage(range(number, number + 1), drawing.partials)
            if self.links:
                yield from ink.event(
                    f"{name}.completed",
                    {
                        "created_at": int(time.time()),
                        **self._said,
                        **more,
                        "url": self._link(rendering),
                        "b64_json": "",
                    },
                )
            else:
                yield from self._event(f"{name}.completed", more, in_base64(drawing.finished(rendering), last))
        if "unknown_events" in faults:
            yield from ink.event(f"{name}.archived", {"id": drawing.id})
        if "done" in faults:
            yield ink.done()

    def _failure(self) -> Iterator[bytes]:
        said = {"message": TOLD_TO_FAIL, "type": "server_error", "param": None, "code": "server_error"}
        return self.call.ink.event("error", {"error": said})

    def _event(self, kind: str, more: dict[str, Any], picture: InBase64) -> Iterator[bytes]:
        said = {"created_at": int(time.time()), **self._said, **more}
        return self.call.ink.event(kind, {**said, "b64_json": picture})

    def _link(self, rendering: Rendering) -> str:
        sketch = rendering.sketch
        name = f"{self.drawing.id}-{sketch.index}.{sketch.output_format}"
        return self.call.link(name, f"image/{sketch.output_format}", self.drawing.finished(rendering))
