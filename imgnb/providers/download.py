"""Fetching what somebody else's URL names, without being led astray.

The rules, written down once: https only (http to loopback alone, and only for a route that is on loopback itself); no
private, link-local or otherwise unroutable address, judged after resolution and connected to as judged, so that a
second look-up cannot answer differently; the same again at each redirect; at most `PICTURE_LIMIT` and the wire's time.
A `data:` URL is no way out of this machine: what it holds is taken, within the same limit.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from typing import Protocol

import httpx

from ..errors import ConnectionFailed, ProtocolBroken
from ..events import Cancel
from .addresses import Address, is_public
from .base64_stream import BLOCK, PICTURE_LIMIT, Base64Decoder
from .http import Wire
from .said import cut, one_line
from .unreachable import Unreachable


class Writable(Protocol):
    """Where a picture's bytes go: a sink of the library, or a file."""

    def write(self, data: bytes, /) -> object: ...


MAX_REDIRECTS = 3
MAX_ADDRESSES = 8
"Of one host; each may take the time to connect."

_DATA = re.compile(r"data:image/[^,]{1,200};base64,", re.IGNORECASE)


def download(
    wire: Wire, url: str, sink: Writable, *, cancel: Cancel, deadline: float | None = None, loopback: bool = False
) -> None:
    """Write what the URL names into the sink; of a `data:` URL, what it holds.

    Raises ProtocolBroken for a URL, address or size that the rules forbid, and the wire's errors.
    """
    if url[:5].lower() == "data:":
        _unpack(url, sink)
        return
    deadline = min(deadline or float("inf"), time.monotonic() + wire.timeouts.total)
    for _ in range(MAX_REDIRECTS + 1):
        onward = _follow(wire, url, sink, cancel, deadline, loopback)
        if onward is None:
            return
        url = onward
    raise ProtocolBroken(f"the picture's link redirects more than {MAX_REDIRECTS} times", hint="try again")


def is_loopback(url: str) -> bool:
    """True when the URL's host is this machine by name or number, or this very process."""
    try:
        parsed = httpx.URL(url)
        return parsed.scheme == "local" or parsed.host == "localhost" or ipaddress.ip_address(parsed.host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False


def _unpack(url: str, sink: Writable) -> None:
    begun = _DATA.match(url)
    if begun is None:
        raise ProtocolBroken("the picture's data: link holds no picture in base64", hint="nothing was kept of it")
    decoder = Base64Decoder(sink.write)
    try:
        for at in range(begun.end(), len(url), BLOCK):
            decoder.feed(url[at : at + BLOCK].encode("ascii"))
        decoder.close()
    except ValueError as exc:
        said = "it is no ASCII" if isinstance(exc, UnicodeError) else str(exc)
        raise ProtocolBroken(f"the picture's data: link cannot be read: {said}", hint="nothing was kept of it") from exc


def _follow(wire: Wire, url: str, sink: Writable, cancel: Cancel, deadline: float, loopback: bool) -> str | None:
    """Take what is behind the URL, at the first of its addresses that answers; if it leads on, say where to."""
    targets, pinned = _pinned(url, loopback)
    while True:
        target = targets.pop(0)
        try:
            with wire.fetch(target, cancel=cancel, deadline=deadline, **pinned) as response:
                if response.is_redirect:
                    return _joined(url, response.headers.get("location", ""))
                _take(wire, response, sink, cancel, deadline)
                return None
        except Unreachable:
            if not targets:
                raise


def _joined(url: str, location: str) -> str:
    try:
        return str(httpx.URL(url).join(location))
    except (httpx.InvalidURL, ValueError) as exc:
        raise ProtocolBroken("the picture's link redirects to what is no URL", hint="try again") from exc


def _take(wire: Wire, response: httpx.Response, sink: Writable, cancel: Cancel, deadline: float) -> None:
    length = response.headers.get("content-length", "")
    size = int(length) if length.isdigit() and len(length) < 20 else 0
    _check_size(size)
    size = 0
    for chunk in wire.chunks(response, cancel, deadline):
        size += len(chunk)
        _check_size(size)
        sink.write(chunk)


def _check_size(size: int) -> None:
    if size > PICTURE_LIMIT:
        raise ProtocolBroken(
            f"the picture's link gives more than {PICTURE_LIMIT:,} bytes", hint="nothing was kept of it"
        )


def _pinned(text: str, loopback: bool) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The URL with each of its host's addresses that may be asked, and what keeps name and certificate as they were."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError) as exc:
        raise ProtocolBroken("the picture's link is no URL", hint="try again") from exc
    if url.scheme == "local" and loopback:
        return [text], {}
    if not url.host or url.scheme not in ("https", "http") or (url.scheme == "http" and not loopback) or url.userinfo:
        where = f"to {_shown(url)}" if url.host else f"({url.scheme[:20] or 'nothing'}:)"
        raise ProtocolBroken(f"the picture's link {where} is not https", hint="only https links are followed")
    found = [address for address in _addresses(url) if is_public(address) or (loopback and address.is_loopback)]
    if not found:
        said = f"the picture's link leads to {_shown(url)}, which is on a private network"
        raise ProtocolBroken(said, hint="such links are not followed")
    if url.scheme == "http":
        found = [address for address in found if address.is_loopback]
    if not found:
        raise ProtocolBroken(f"the picture's link to {_shown(url)} is not https", hint="only https links are followed")
    # In ASCII, as they go over the wire: an international name has two forms, and an IPv6 address wants brackets.
    names = {"headers": {"Host": url.netloc.decode()}, "extensions": {"sni_hostname": url.raw_host.decode()}}
    return [str(url.copy_with(host=str(address))) for address in found[:MAX_ADDRESSES]], names


def _addresses(url: httpx.URL) -> list[Address]:
    """The addresses of the URL's host, in the order in which they are to be tried."""
    port = {"https": 443, "http": 80}[url.scheme] if url.port is None else url.port
    try:
        if not 0 < port < 65_536:
            raise ValueError(f"there is no port {port}")
        found = socket.getaddrinfo(url.raw_host.decode(), port, type=socket.SOCK_STREAM)
    except OSError as exc:
        said = f"the picture's host {_shown(url)} cannot be found: {exc}"
        raise ConnectionFailed(said, hint="check the network") from exc
    except ValueError as exc:
        raise ProtocolBroken(f"the picture's link to {_shown(url)} is no URL: {exc}", hint="try again") from exc
    addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    return list(dict.fromkeys(addresses))


def _shown(url: httpx.URL) -> str:
    return cut(one_line(url.host), 260)
