"""The only place where HTTP is spoken: one shared pool, one translation of failures, and a way to stop at once.

A request for a picture takes seconds to minutes, so each opens its own connection from the pool's settings
(`Connection: close`): a POST that dies on a connection gone stale may have been billed, a handshake costs
milliseconds, and the socket is known from its first byte, which is what lets an interrupt shut it down.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from .._version import __version__
from ..errors import Cancelled, ConfigInvalid, ConnectionFailed, ProtocolBroken, ProviderError, ProviderTimeout
from ..events import Cancel
from .refusals import refusal

ERROR_BODY_BYTES = 65_536
"How much of an error's body is read; the rest says nothing more."


class Unreachable(ConnectionFailed):
    """The host was not reached, so that nothing can be billed."""


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

        An answer with another status than 2xx is raised as the refusal it is. Raises Cancelled as soon as `cancel` says so.
        """
        with self._exchange(method, url, cancel, **arguments) as response:
            if not response.is_success:
                raise refusal(response.status_code, response.headers, _beginning(response))
            yield response

    @contextmanager
    def fetch(self, url: str, *, cancel: Cancel, **arguments: Any) -> Iterator[httpx.Response]:
        """GET a URL as `send` does, but give redirects to the caller, who has to judge where they lead."""
        with self._exchange("GET", url, cancel, **arguments) as response:
            if not response.is_success and not response.is_redirect:
                raise refusal(response.status_code, response.headers, _beginning(response))
            yield response

    @contextmanager
    def _exchange(
        self,
        method: str,
        url: str,
        cancel: Cancel,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Iterator[httpx.Response]:
        cancel.check()
        line = _Line(cancel)
        response = None
        try:
            with self.client.stream(
                method,
                url,
                headers={**(headers or {}), "Connection": "close"},
                extensions={**(extensions or {}), "trace": line.trace, "cancel": cancel},
                **arguments,
            ) as response:
                yield response
        except httpx.HTTPError as exc:
            if cancel.cancelled:
                raise Cancelled from exc
            raise told(response, translated(exc, url)) from exc
        except (httpx.InvalidURL, UnicodeError) as exc:
            raise ConfigInvalid(f"{url!r} is not a usable URL: {exc}", hint="correct the route's base_url") from exc
        finally:
            line.release()

    def chunks(self, response: httpx.Response, cancel: Cancel, deadline: float) -> Iterator[bytes]:
        """The body as it comes. Raises ProviderTimeout when `deadline` (time.monotonic) has passed, Cancelled when asked."""
        encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
        for chunk in response.iter_bytes() if encoded else response.iter_raw():
            cancel.check()
            if time.monotonic() > deadline:
                raise ProviderTimeout(
                    f"the answer was not complete after {self.timeouts.total:g} s",
                    hint="it may be billed all the same; raise total_timeout for very large pictures",
                )
            yield chunk
        cancel.check()  # a body without a length ends as if it were whole when its socket is shut down


class _Line:
    """The socket of one request, as far as httpcore's trace tells, so that `cancel` can shut it down.

    Closing a response from another thread does not wake a read; shutting the socket down does.
    """

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._socket: socket.socket | None = None
        self.release = cancel.on_cancel(self._shut)

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        stream = info.get("return_value")
        if name.endswith((".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")) and stream:
            self._socket = stream.get_extra_info("socket")
            if self._cancel.cancelled:
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
    if misled or isinstance(exc, httpx.DecodingError | httpx.UnsupportedProtocol | httpx.TooManyRedirects):
        return ProtocolBroken(f"{host} gave an answer that cannot be read: {exc}", hint="check the route's base_url")
    return ConnectionFailed(
        f"the connection to {host} broke: {exc or type(exc).__name__}", hint="the picture may be billed all the same"
    )


def told(response: httpx.Response | None, error: ProviderError) -> ProviderError:
    """The error, with what the answer had said before it failed."""
    if response is not None:
        error.status, error.request_id = response.status_code, response.headers.get("x-request-id")
    return error


def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    with suppress(httpx.HTTPError):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= ERROR_BODY_BYTES:
                break
    return bytes(body[:ERROR_BODY_BYTES])
