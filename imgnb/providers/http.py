"""The only place where HTTP is spoken: one shared pool, one translation of failures, and a way to stop at once.

A request for a picture takes seconds to minutes, so each opens its own connection from the pool's settings
(`Connection: close`): a POST that dies on a connection gone stale may have been billed, a handshake costs
milliseconds, and the socket is known from its first byte, which is what lets an interrupt shut it down.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from .._version import __version__
from ..errors import Cancelled, ConfigInvalid, ConnectionFailed, ProtocolBroken, ProviderError, ProviderTimeout
from ..events import Cancel
from .refusals import refusal, request_id
from .unreachable import Unreachable

ERROR_BODY_BYTES = 65_536
"How much of an error's body is read; the rest says nothing more."

ERROR_BODY_SECONDS = 10.0
"How long an error's body is read."

LONGEST_WORD = 4096
WORD = bytes(range(0x21, 0x7F))


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, the longest silence, and for the whole answer."""

    connect: float = 10.0
    read: float = 300.0
    total: float = 900.0


class Wire:
    """A shared pool of connections. `transports` maps URL prefixes, such as "local://", to httpx transports."""

    def __init__(
        self, timeouts: Timeouts | None = None, transports: Mapping[str, httpx.BaseTransport] | None = None
    ) -> None:
        self.timeouts = timeouts or Timeouts()
        self._transports = dict(transports or {})
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    @property
    def client(self) -> httpx.Client:
        """The httpx client, made at first use: its TLS context alone takes a fifth of a second."""
        with self._lock:
            if self._client is None:
                limit = self.timeouts
                self._client = httpx.Client(
                    mounts=self._transports,
                    timeout=httpx.Timeout(limit.read, connect=limit.connect, write=limit.read, pool=None),
                    limits=httpx.Limits(max_connections=None),
                    headers={"User-Agent": f"imgnb/{__version__}", "Accept-Encoding": "identity"},
                    # A cookie would tie the next call, of another account perhaps, to this one.
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                    follow_redirects=False,
                )
            return self._client

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    @contextmanager
    def send(self, method: str, url: str, *, cancel: Cancel, **arguments: Any) -> Iterator[httpx.Response]:
        """Send a request and give its answer while the body is still coming; any failure is an ImgnbError.

        An answer with another status than 2xx is raised as the refusal it is. Raises Cancelled as soon as `cancel` says so,
        ProviderTimeout at the `deadline` (time.monotonic) or when the wire's total time is over.
        """
        with self._exchange(method, url, cancel, **arguments) as response:
            yield response

    @contextmanager
    def fetch(self, url: str, *, cancel: Cancel, **arguments: Any) -> Iterator[httpx.Response]:
        """GET a URL as `send` does, but give redirects to the caller, who has to judge where they lead."""
        with self._exchange("GET", url, cancel, redirects=True, **arguments) as response:
            yield response

    @contextmanager
    def _exchange(
        self,
        method: str,
        url: str,
        cancel: Cancel,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
        deadline: float | None = None,
        redirects: bool = False,
        **arguments: Any,
    ) -> Iterator[httpx.Response]:
        cancel.check()
        left = self.timeouts.total if deadline is None else min(self.timeouts.total, deadline - time.monotonic())
        if left <= 0:
            raise self._late()
        line = _Line(cancel, left)
        response = None
        try:
            arguments["headers"] = {**(headers or {}), "Connection": "close"}
            arguments["extensions"] = {**(extensions or {}), "trace": line.trace, "cancel": cancel}
            with closing(self._sent(method, url, **arguments)) as response:
                if not response.is_success and not (redirects and response.is_redirect):
                    line.end_in(ERROR_BODY_SECONDS)
                    body = _beginning(response)
                    cancel.check()
                    raise refusal(response.status_code, response.headers, body)
                yield response
        except httpx.HTTPError as exc:
            if cancel.cancelled:
                raise Cancelled from exc
            if line.ended:
                raise told(response, self._late()) from exc
            raise told(response, translated(exc, url)) from exc
        finally:
            line.release()

    def _sent(self, method: str, url: str, auth: Any = httpx.USE_CLIENT_DEFAULT, **arguments: Any) -> httpx.Response:
        """The answer of which only the headers have come. Raises ConfigInvalid for a URL that cannot be asked."""
        try:
            return self.client.send(self.client.build_request(method, url, **arguments), auth=auth, stream=True)
        except (httpx.InvalidURL, UnicodeError) as exc:
            raise ConfigInvalid(f"{url!r} is not a usable URL: {exc}", hint="correct the route's base_url") from exc

    def chunks(self, response: httpx.Response, cancel: Cancel, deadline: float) -> Iterator[bytes]:
        """The body as it comes. Raises ProviderTimeout when `deadline` (time.monotonic) has passed, Cancelled when asked."""
        encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
        for chunk in response.iter_bytes() if encoded else response.iter_raw():
            cancel.check()
            if time.monotonic() > deadline:
                raise self._late()
            yield chunk
        # A body without a length ends as if it were whole when its socket is shut down.
        cancel.check()
        if time.monotonic() > deadline:
            raise self._late()

    def _late(self) -> ProviderTimeout:
        return ProviderTimeout(
            f"the answer was not complete after {self.timeouts.total:g} s",
            hint="it may be billed all the same; raise total_timeout for very large pictures",
        )


class _Line:
    """The socket of one request, as far as httpcore's trace tells, so that `cancel` or its time can shut it down.

    Closing a response from another thread does not wake a read; shutting the socket down does. httpx limits each
    silence only, so a server that says a byte now and then, even before its headers, would never be left.
    """

    def __init__(self, cancel: Cancel, seconds: float) -> None:
        self._cancel = cancel
        self._socket: socket.socket | None = None
        self.ended = False
        self._forget = cancel.on_cancel(self._shut)
        self._timer: threading.Timer | None = None
        self.end_in(seconds)

    def end_in(self, seconds: float) -> None:
        """Shut the socket down after that many seconds, if it is not released before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._end)
        self._timer.daemon = True
        self._timer.start()

    def release(self) -> None:
        """The exchange is over."""
        self._forget()
        if self._timer is not None:
            self._timer.cancel()

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        stream = info.get("return_value")
        if name.endswith((".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")) and stream:
            self._socket = stream.get_extra_info("socket")
            if self._cancel.cancelled or self.ended:
                self._shut()

    def _end(self) -> None:
        self.ended = True
        self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def translated(exc: httpx.HTTPError, url: str) -> ProviderError:
    """The error of ours that says what this one of httpx means."""
    host = httpx.URL(url).host
    if isinstance(exc, httpx.ConnectTimeout):
        return Unreachable(f"{host} could not be reached in time", hint="check the network and the route's base_url")
    if isinstance(exc, httpx.TimeoutException):
        return ProviderTimeout(
            f"{host} was silent for too long ({type(exc).__name__})",
            hint="the picture may be billed all the same; raise read_timeout for very large pictures",
        )
    if isinstance(exc, httpx.ConnectError | httpx.ProxyError):
        return Unreachable(
            f"{host} could not be reached: {exc}",
            hint="check the network and the route's base_url, or use --route local",
        )
    misled = "location header" in str(exc)  # httpx has no class of its own for a redirect to something that is no URL
    # Nor for what is no HTTP, which would only come, and be billed, again. A connection that is cut may go better.
    foreign = isinstance(exc, httpx.RemoteProtocolError) and not re.search("disconnected|peer closed", str(exc))
    if misled or foreign or isinstance(exc, httpx.DecodingError | httpx.UnsupportedProtocol | httpx.TooManyRedirects):
        return ProtocolBroken(f"{host} gave an answer that cannot be read: {exc}", hint="check the route's base_url")
    return ConnectionFailed(
        f"the connection to {host} broke: {exc or type(exc).__name__}", hint="the picture may be billed all the same"
    )


def told(response: httpx.Response | None, error: ProviderError) -> ProviderError:
    """The error, with what the answer had said before it failed."""
    if response is not None:
        error.status, error.request_id = response.status_code, request_id(response.headers)
    return error


def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    with suppress(httpx.HTTPError):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= ERROR_BODY_BYTES:
                break
        else:
            return bytes(body)
    # Half a key at the end of what is cut would not be known as one.
    del body[ERROR_BODY_BYTES:]
    return bytes(body[:-LONGEST_WORD] + body[-LONGEST_WORD:].rstrip(WORD))
