"""The OpenAI Images API: `/images/generations` and `/images/edits`, as JSON, multipart and event streams.

Contract: OpenAI API reference "Images", and the types of the `openai` SDK 3.52.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from typing import IO, Any

import httpx

from ..errors import Cancelled, ImgnbError, ProtocolBroken, ProviderError
from ..events import Answered, Event, Image, Partial, Progress, Spooled
from ..request import ImageRequest, Reference
from .answer_reader import AnswerReader
from .download import download, is_loopback
from .http import Wire, told
from .picture_stream import StreamBroken
from .provider import Call
from .refusals import HINTS, failure, request_id, web_page
from .routes import Key, Route
from .said import fit, one_line

EFFECTIVE = ("size", "quality", "background", "output_format")
"Fields by which an answer says what it used."

LINK_ATTEMPTS = 3
MAYBE_BILLED = "the picture may be billed all the same; try again"


class OpenAIImages:
    """Speaks the Images API over a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def endpoint(self, request: ImageRequest) -> str:
        return "/images/edits" if request.operation == "edit" else "/images/generations"

    def answer(self, call: Call) -> Iterator[Event]:
        started = time.monotonic()
        with ExitStack() as stack:
            reader = AnswerReader(call.open_sink, previews=call.previews)
            stack.callback(reader.discard)
            arguments = self._arguments(call, stack)
            url = call.route.base_url + self.endpoint(call.request)
            stack.enter_context(_key_hidden(call.key))
            yield Progress("waiting")
            response = stack.enter_context(self._wire.send("POST", url, cancel=call.cancel, **arguments))
            reader.begin(content_type=response.headers.get("content-type", ""))
            yield Progress("drawing")
            for event in chain(self._read(call, response, reader, started), self._links(call, reader)):
                yield replace(event, meta=fit(event.meta, call.key)) if isinstance(event, Image) else event
            yield self._answered(call, response, reader, started)

    def _read(
        self, call: Call, response: httpx.Response, reader: AnswerReader, started: float
    ) -> Iterator[Partial | Image]:
        try:
            yield from self._pieces(call, response, reader, started)
        except StreamBroken as exc:
            page = web_page(response.headers.get("content-type", ""), reader.beginning)
            said = f"{page} (route {call.route.name!r})" if page else f"route {call.route.name!r}: {exc}"
            raise told(response, ProtocolBroken(said, hint=HINTS[ProtocolBroken] if page else MAYBE_BILLED)) from exc
        if reader.error is not None:
            raise told(response, failure(reader.error))
        if not reader.images and not reader.links:
            raise told(response, self._nothing(call, response, reader))

    def _pieces(
        self, call: Call, response: httpx.Response, reader: AnswerReader, started: float
    ) -> Iterator[Partial | Image]:
        deadline = started + self._wire.timeouts.total
        try:
            for chunk in self._wire.chunks(response, call.cancel, deadline):
                yield from reader.feed(chunk)
            yield from reader.close()
        except (httpx.HTTPError, StreamBroken, ImgnbError, Cancelled):
            yield from reader.rescue()
            raise

    def _links(self, call: Call, reader: AnswerReader) -> Iterator[Event]:
        for index, url, meta in reader.links:
            yield Progress("fetching")
            yield Image(index, self._fetched(call, index, url), meta)

    def _fetched(self, call: Call, index: int, url: str) -> Spooled:
        """The picture behind a link. Only the link is tried again: the picture is drawn, and may be billed."""
        for left in reversed(range(LINK_ATTEMPTS)):
            sink = call.open_sink(index)
            try:
                download(self._wire, url, sink, cancel=call.cancel, loopback=is_loopback(call.route.base_url))
                return sink.finish()
            except ProtocolBroken:
                raise
            except ProviderError as exc:
                if not (exc.retried and left):
                    said = f"the picture's link cannot be followed: {exc.message}; it was {one_line(url)[:500]}"
                    raise ProtocolBroken(said, hint=MAYBE_BILLED, status=exc.status) from exc
            finally:
                sink.discard()
        raise AssertionError("unreachable")

    def _nothing(self, call: Call, response: httpx.Response, reader: AnswerReader) -> ProviderError:
        kind = response.headers.get("content-type", "")
        if reader.partials:
            said = f"the stream ended after {reader.partials} partials and before the picture"
        elif reader.documents:
            said = "the answer holds no picture"
        else:
            said = f"the answer is {kind.split(';')[0] or 'of no type'} and holds no picture"
        return ProtocolBroken(f"{said} (route {call.route.name!r})", hint=MAYBE_BILLED)

    def _answered(self, call: Call, response: httpx.Response, reader: AnswerReader, started: float) -> Answered:
        said = fit(reader.said, call.key)
        return Answered(
            effective={name: said[name] for name in EFFECTIVE if said.get(name)},
            usage=fit(reader.usage, call.key),
            model=_text(said.get("model")),
            status=response.status_code,
            request_id=fit(request_id(response.headers), call.key),
            revised_prompt=fit(reader.revised_prompt, call.key),
            partials_received=reader.partials,
            seconds_to_first_byte=_since(started, reader.first_byte),
            seconds_to_first_partial=_since(started, reader.first_partial),
            streamed=reader.streamed,
            sketch=response.headers.get("x-imgnb-sketch") == "1",
        )

    def _arguments(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        route, request = call.route, call.request
        arguments: dict[str, Any] = {"headers": dict(route.headers), "params": dict(route.query) or None}
        if call.key is not None:
            arguments["auth"] = _KeyAuth(call.key, route)
        fields = self._fields(call)
        if request.operation == "generate":
            return {**arguments, "json": fields}
        if route.edit_body == "json":
            return {**arguments, "json": {**fields, **_linked(request)}}
        files = [
            (_field(reference, request, route.image_field), _file(reference, stack)) for reference in request.references
        ]
        return {**arguments, "data": _form(fields), "files": files}

    def _fields(self, call: Call) -> dict[str, Any]:
        fields: dict[str, Any] = {"model": call.route.models.get(call.model, call.model), "prompt": call.request.prompt}
        fields |= {
            name: value
            for name, value in call.request.params().items()
            if name not in ("model", "stream", "partial_images")
        }
        if call.route.response_format:
            fields["response_format"] = call.route.response_format
        if call.stream:
            fields |= {"stream": True, "partial_images": call.request.partial_images or 0}
        return fields


class _KeyAuth(httpx.Auth):
    """Puts the key into a request when it is sent, so that it stands in no variable that a traceback might show."""

    def __init__(self, key: Key, route: Route) -> None:
        self._key, self._header, self._prefix = key, route.key_header, route.key_prefix

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._prefix + self._key.reveal()
        yield request


@contextmanager
def _key_hidden(key: Key | None) -> Iterator[None]:
    """Errors leave without the key, even where a server repeats it in its refusal."""
    try:
        yield
    except ImgnbError as exc:
        if key is not None:
            exc.message, exc.hint = key.hidden_in(exc.message), key.hidden_in(exc.hint)
            exc.code, exc.param = key.hidden_in(exc.code or "") or None, key.hidden_in(exc.param or "") or None
            exc.args = (exc.message,)
            if isinstance(exc, ProviderError):
                exc.request_id = key.hidden_in(exc.request_id or "") or None
        raise


def _linked(request: ImageRequest) -> dict[str, Any]:
    """The references as data URLs, for edits in JSON."""
    import pybase64

    def link(reference: Reference) -> dict[str, str]:
        text = pybase64.b64encode(reference.path.read_bytes()).decode()
        return {"image_url": f"data:{reference.media_type};base64,{text}"}

    linked: dict[str, Any] = {"images": [link(image) for image in request.images]}
    for reference in request.references:
        if reference.role != "image":
            linked[reference.role] = link(reference)
    return linked


def _field(reference: Reference, request: ImageRequest, image_field: str) -> str:
    if reference.role != "image":
        return reference.role
    return image_field if len(request.images) > 1 else image_field.removesuffix("[]")


def _file(reference: Reference, stack: ExitStack) -> tuple[str, IO[bytes], str]:
    extension = reference.media_type.rpartition("/")[2].partition("+")[0]
    name = f"{reference.sha256[:12]}.{extension}"
    return name, stack.enter_context(reference.path.open("rb")), reference.media_type


def _form(fields: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Form fields for multipart: nested objects as `svg[model]`, truth values as `true`."""
    form: dict[str, str] = {}
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            form |= _form(value, key)
        else:
            form[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return form


def _since(started: float, moment: float | None) -> float | None:
    return None if moment is None else round(moment - started, 4)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
