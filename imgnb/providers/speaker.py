"""What speaking to a provider has in common in every dialect: one POST, its answer read while it comes, its links followed.

A dialect says where the request goes, what its body is and who reads the answer; it stands in a file of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

import httpx

from ..errors import Cancelled, ImgnbError, ProtocolBroken, ProviderError
from ..events import Answered, Event, Image, Progress, Spooled, TextDelta
from ..request import ImageRequest
from .answer_reader import AnswerReader, Read
from .download import download, is_loopback
from .http import Wire, told
from .keys import Key
from .picture_stream import StreamBroken
from .provider import Call
from .refusals import HINTS, request_id, web_page
from .routes import Route
from .said import cut, fit, one_line
from .secrecy import hide, unlog

EFFECTIVE = ("size", "quality", "background", "output_format", "main_model")
"Fields by which an answer says what it used."

LINK_ATTEMPTS = 3
MAYBE_BILLED = "the picture may be billed all the same; try again"


class Speaker:
    """Speaks one dialect over a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def endpoint(self, request: ImageRequest, route: Route) -> str:
        """The path below the base URL that this request goes to."""
        raise NotImplementedError

    def body(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        """The body as arguments of httpx: as `in_json` gives them, or `data` and `files` that the stack closes."""
        raise NotImplementedError

    def reader(self, call: Call) -> AnswerReader:
        """Who reads the answer."""
        raise NotImplementedError

    def answer(self, call: Call) -> Iterator[Event]:
        """Make one call; yields Progress, Partial, Image and TextDelta. What the answer says is told to `call.hear`."""
        started = time.monotonic()
        with ExitStack() as stack:
            reader = self.reader(call)
            stack.callback(reader.discard)
            stack.enter_context(_key_hidden(call.key))
            if call.image_input == "file" and call.request.references:
                yield Progress("sending pictures")
            arguments = _joined(common(call), self.body(call, stack))
            url = call.base_url + self.endpoint(call.request, call.route)
            yield Progress("waiting")
            response = stack.enter_context(
                self._wire.send("POST", url, cancel=call.cancel, deadline=call.deadline, **arguments)
            )
            # However the answer ends, also by an interrupt: what had been said is for the record.
            stack.callback(lambda: call.hear(self._answered(call, response, reader, started)))
            reader.begin(content_type=response.headers.get("content-type", ""))
            yield Progress("drawing")
            for event in chain(self._read(call, response, reader), self._links(call, reader)):
                yield _fit(event, call.key)

    def _read(self, call: Call, response: httpx.Response, reader: AnswerReader) -> Iterator[Read]:
        try:
            yield from self._pieces(call, response, reader)
        except StreamBroken as exc:
            page = web_page(response.headers.get("content-type", ""), reader.beginning)
            said = f"{page} (route {call.route.name!r})" if page else f"route {call.route.name!r}: {exc}"
            raise told(response, ProtocolBroken(said, hint=HINTS[ProtocolBroken] if page else MAYBE_BILLED)) from exc
        if reader.failed is not None:
            raise told(response, reader.failed)
        if not reader.images and not reader.links and not reader.text:
            raise told(response, self._nothing(call, response, reader))

    def _pieces(self, call: Call, response: httpx.Response, reader: AnswerReader) -> Iterator[Read]:
        try:
            for chunk in self._wire.chunks(response, call.cancel, call.deadline):
                yield from reader.feed(chunk)
            yield from reader.close()
        except (httpx.HTTPError, StreamBroken, ImgnbError, Cancelled):
            yield from reader.rescue()
            raise

    def _links(self, call: Call, reader: AnswerReader) -> Iterator[Event]:
        """The pictures behind links, all that can be had; the first that cannot is what the run fails with."""
        failed: ProviderError | None = None
        for index, url, meta in reader.links:
            yield Progress("fetching")
            lost = f"not fetched: {_link(url)}"
            reader.notes.append(lost)  # until it is here, whatever happens
            try:
                spooled = self._fetched(call, index, url)
            except ProviderError as exc:
                failed = failed or exc
                continue
            reader.notes.remove(lost)
            yield Image(index, spooled, meta)
        if failed is not None:
            raise failed

    def _fetched(self, call: Call, index: int, url: str) -> Spooled:
        """The picture behind a link. Only the link is tried again: the picture is drawn, and may be billed."""
        link = f"the link was {_link(url)}"
        for left in reversed(range(LINK_ATTEMPTS)):
            sink = call.open_sink(index)
            try:
                loopback = is_loopback(call.base_url)
                download(self._wire, url, sink, cancel=call.cancel, deadline=call.deadline, loopback=loopback)
                return sink.finish()
            except ProtocolBroken as exc:
                raise ProtocolBroken(f"{exc.message}; {link}", hint=exc.hint) from exc
            except ProviderError as exc:
                if not (exc.retried and left and time.monotonic() < call.deadline):
                    said = f"the picture's link cannot be followed: {exc.message}; {link}"
                    raise ProtocolBroken(said, hint=MAYBE_BILLED) from exc
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
            effective={name: said[name] for name in EFFECTIVE if isinstance(said.get(name), str) and said[name]},
            usage=fit(reader.usage, call.key),
            model=_text(said.get("model")),
            status=response.status_code,
            request_id=fit(request_id(response.headers), call.key),
            response_id=fit(reader.response_id, call.key),
            revised_prompt=fit(reader.revised_prompt, call.key),
            text=fit(reader.text, call.key),
            partials_received=reader.partials,
            unknown_events=reader.unknown_events,
            notes=tuple(fit(reader.notes, call.key)),
            seconds_to_first_byte=_since(started, reader.first_byte),
            seconds_to_first_partial=_since(started, reader.first_partial),
            streamed=reader.streamed,
            began=bool(reader.partials or reader.place or reader.text),
            sketch=response.headers.get("x-imgnb-sketch") == "1" and (call.route.sketch or is_loopback(call.base_url)),
        )


def common(call: Call) -> dict[str, Any]:
    """What the call's request carries beside its body."""
    return carried(call.route, call.key)


def carried(route: Route, key: Key | None) -> dict[str, Any]:
    """What every request of a route carries: its headers, its query and its key."""
    arguments: dict[str, Any] = {"headers": dict(route.headers), "params": dict(route.query) or None}
    return arguments if key is None else {**arguments, "auth": KeyAuth(key, route)}


class KeyAuth(httpx.Auth):
    """Puts the key into a request when it is sent, so that it stands in no variable that a traceback might show."""

    def __init__(self, key: Key, route: Route) -> None:
        self._key, self._header, self._prefix = key, route.key_header, route.key_prefix
        unlog(key)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._prefix + self._key.reveal()
        yield request


@contextmanager
def _key_hidden(key: Key | None) -> Iterator[None]:
    """Errors leave without the key, even where a server repeats it in its refusal."""
    outer = sys.exc_info()[1]
    try:
        yield
    except (Exception, KeyboardInterrupt) as exc:
        hide(exc, key, outer)
        raise


def _joined(common: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments. A route's own headers have the last word, as they have over those that httpx makes."""
    taken = {name.lower() for name in common["headers"]}
    made = {name: value for name, value in body.get("headers", {}).items() if name.lower() not in taken}
    return {**common, **body, "headers": {**made, **common["headers"]}}


def _fit(event: Event, key: Key | None) -> Event:
    """The event, with what the provider says in it made fit to be kept and shown."""
    if isinstance(event, Image):
        return replace(event, meta=fit(event.meta, key))
    return replace(event, text=fit(event.text, key)) if isinstance(event, TextDelta) else event


def _link(url: str) -> str:
    """A provider's link, to be told to people: not what one holds itself."""
    if url[:5].lower() == "data:":
        return "a data: link"
    return cut(one_line(url), 500)


def _since(started: float, moment: float | None) -> float | None:
    return None if moment is None else round(moment - started, 4)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
