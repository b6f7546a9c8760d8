"""Fetching what somebody else's URL names, without being led astray.

The rules, written down once: https only (http to loopback alone, and only for a route that is on loopback itself); no
private, link-local or otherwise unroutable address, judged after resolution and connected to as judged, so that a
second look-up cannot answer differently; the same again at each redirect; at most `PICTURE_LIMIT` and the wire's time.
"""

from __future__ import annotations

import ipaddress
import socket
import time

import httpx

from ..errors import ConnectionFailed, ProtocolBroken
from ..events import Cancel, Sink
from .base64_stream import PICTURE_LIMIT
from .http import Wire
from .said import one_line

MAX_REDIRECTS = 3


def download(
    wire: Wire, url: str, sink: Sink, *, cancel: Cancel, deadline: float | None = None, loopback: bool = False
) -> None:
    """Write what the URL names into the sink.

    Raises ProtocolBroken for a URL, address or size that the rules forbid, and the wire's errors.
    """
    deadline = min(deadline or float("inf"), time.monotonic() + wire.timeouts.total)
    for _ in range(MAX_REDIRECTS + 1):
        target, headers, extensions = _pinned(url, loopback)
        with wire.fetch(target, cancel=cancel, deadline=deadline, headers=headers, extensions=extensions) as response:
            if response.is_redirect:
                url = str(httpx.URL(url).join(response.headers.get("location", "")))
                continue
            _take(wire, response, sink, cancel, deadline)
            return
    raise ProtocolBroken(f"the picture's link redirects more than {MAX_REDIRECTS} times", hint="try again")


def is_loopback(url: str) -> bool:
    """True when the URL's host is this machine by name or number, or this very process."""
    parsed = httpx.URL(url)
    try:
        return parsed.scheme == "local" or parsed.host == "localhost" or ipaddress.ip_address(parsed.host).is_loopback
    except ValueError:
        return False


def _take(wire: Wire, response: httpx.Response, sink: Sink, cancel: Cancel, deadline: float) -> None:
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


def _pinned(text: str, loopback: bool) -> tuple[str, dict[str, str], dict[str, str]]:
    """The URL with its host resolved and judged, and what keeps name and certificate as they were."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as exc:
        raise ProtocolBroken("the picture's link is no URL", hint="try again") from exc
    if url.scheme == "local" and loopback:
        return text, {}, {}
    if not url.host or url.scheme not in ("https", "http") or (url.scheme == "http" and not loopback) or url.userinfo:
        where = f"to {one_line(url.host)}" if url.host else f"({url.scheme[:20] or 'nothing'}:)"
        raise ProtocolBroken(f"the picture's link {where} is not https", hint="only https links are followed")
    address = _address(url.host, url.port or (443 if url.scheme == "https" else 80), loopback)
    if url.scheme == "http" and not ipaddress.ip_address(address).is_loopback:
        raise ProtocolBroken(f"the picture's link to {url.host} is not https", hint="only https links are followed")
    port = f":{url.port}" if url.port else ""
    return str(url.copy_with(host=address)), {"Host": url.host + port}, {"sni_hostname": url.host}


def _address(host: str, port: int, loopback: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise ConnectionFailed(f"the picture's host {host} cannot be found: {exc}", hint="check the network") from exc
    for *_, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if (address.is_global and not address.is_multicast) or (loopback and address.is_loopback):
            return str(address)
    raise ProtocolBroken(
        f"the picture's link leads to {host}, which is on a private network", hint="such links are not followed"
    )
