"""Pictures on their way to a server, in every dialect: sent again whole, stopped at once, never changed in silence."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256

import httpx
import pytest

from imgnb.errors import AssetNotFound, Cancelled, LibraryError
from imgnb.events import Cancel, Event, Failed, Progress
from imgnb.providers.http import Wire
from imgnb.providers.local_api.faults import Faults
from imgnb.providers.local_api.serve import LocalTransport
from imgnb.records import Asset
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..generation.runs import done
from ..noise import noise_png
from ..servers import PATIENCE, Received, Watched
from ..uploads import WAYS, Way, edit, table
from .test_what_is_sent import picture

LARGE = 12_000_000
"More than the buffers between two sockets hold."

in_every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def pictures(workspace: Workspace) -> list[Asset]:
    return [workspace.library.add(picture(shade=shade), source=f"shade {shade}") for shade in range(2)]


def hashed(request: Received) -> str:
    """The hash of a body, without what tells the parts of a form from each other: that is chosen anew."""
    boundary = re.search("boundary=(.+)", request.headers["content-type"])
    return sha256(request.body.replace(boundary[1].encode(), b"") if boundary else request.body).hexdigest()


@in_every_way
@pytest.mark.parametrize("fault", ["server_error=1*1", "rate_limit=0*1"], ids=["500", "429"])
def test_what_was_refused_once_is_sent_again_whole(
    open_workspace: OpenWorkspace, watched: Watched, way: Way, fault: str
) -> None:
    """The second call has the same bytes as the first, as many as were announced."""
    watched.app.api.faults = Faults(fault)
    url = watched.url.replace("/v1", "/laozhang/v1") if way is WAYS["chat"] else watched.url  # OpenAI draws in no chat
    workspace = open_workspace(url, routes={"test": table(url, way)})

    generation = done(list(edit(workspace, way, pictures(workspace))))

    first, second, *_ = watched.requests
    assert len(generation.attempts) == 2
    assert first.path == second.path
    assert first.path.endswith(way.path)
    assert hashed(first) == hashed(second)
    assert len(first.body) == int(first.headers["content-length"]) == int(second.headers["content-length"])


@in_every_way
def test_the_embedded_engine_takes_pictures(open_workspace: OpenWorkspace, way: Way) -> None:
    """In the same process, too, an edit is drawn from the pictures that were sent."""
    workspace = open_workspace(routes={"local": table("local://engine/v1", way)})

    assert done(list(edit(workspace, way, pictures(workspace)))).asset.width == 1024


def broken_off(events: Iterator[Event], asset: Asset, change: str) -> Failed:
    """How a run ends whose picture is changed when its length is known and nothing of it is sent."""
    for event in events:
        if event in (Progress("waiting"), Progress("sending pictures")):
            data = asset.path.read_bytes()
            asset.path.write_bytes(data + b"." if change == "grown" else data[:-1])
            if change == "gone":
                asset.path.unlink()
        last = event
    assert isinstance(last, Failed)
    return last


IN_ONE_GO = [name for name in WAYS if name != "files"]


@pytest.mark.parametrize("change", ["grown", "cut"])
@pytest.mark.parametrize("way", IN_ONE_GO)
def test_a_file_that_is_changed_meanwhile_is_not_sent(
    open_workspace: OpenWorkspace, watched: Watched, way: str, change: str
) -> None:
    """The run fails for the library's sake, once, and no whole request has come."""
    workspace = open_workspace(watched.url, routes={"test": table(watched.url, WAYS[way])})
    first, second = pictures(workspace)

    failed = broken_off(edit(workspace, WAYS[way], [first, second]), second, change)

    assert type(failed.error) is LibraryError
    assert "were changed while they were sent" in failed.error.message
    assert (failed.generation.error_kind, len(failed.generation.attempts)) == ("library", 1)
    assert watched.requests == []


@pytest.mark.parametrize("way", [WAYS["files"], WAYS["json"]], ids=["files", "json"])
def test_a_file_that_goes_meanwhile_is_missed(open_workspace: OpenWorkspace, watched: Watched, way: Way) -> None:
    """The error says which picture is no longer there."""
    workspace = open_workspace(watched.url, routes={"test": table(watched.url, way)})
    first, second = pictures(workspace)

    failed = broken_off(edit(workspace, way, [first, second]), second, "gone")

    assert isinstance(failed.error, AssetNotFound)
    assert second.sha256[:12] in failed.error.message


@in_every_way
@pytest.mark.parametrize("taken", [0, 100_000], ids=["nothing read", "some read"])
def test_an_upload_on_a_stalled_server_is_stopped(open_workspace: OpenWorkspace, way: Way, taken: int) -> None:
    """A server takes the connection and reads no further: stopping the run ends the upload, and the server sees it go."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        workspace = open_workspace(url, routes={"test": table(url, way)})
        cancel, events, large = Cancel(), [], [workspace.library.add(noise_png(LARGE), source="large")]
        thread = threading.Thread(target=lambda: events.extend(edit(workspace, way, large, cancel=cancel)))
        thread.start()
        with closing(listener.accept()[0]) as connection:
            connection.settimeout(PATIENCE)
            received = read(connection, taken)

            cancel.cancel()

            thread.join(PATIENCE)
            assert not thread.is_alive()
            received += read(connection, LARGE)
    assert isinstance(events[-1].error, Cancelled)
    assert [attempt.error_kind for attempt in events[-1].generation.attempts] == ["cancelled"]
    assert received < LARGE


def read(connection: socket.socket, most: int) -> int:
    """How many bytes come before the other end goes, or that many have come."""
    received = 0
    try:
        while received < most and (data := connection.recv(65536)):
            received += len(data)
    except ConnectionResetError:
        pass
    return received


def test_a_routes_own_headers_have_the_last_word(open_workspace: OpenWorkspace) -> None:
    """A type that the route's table gives stands in place of that of a streamed body, not beside it."""
    kind = "application/json; charset=utf-8"
    way = Way("/images/edits", {"edit_body": "json", "headers": {"content-type": kind}})
    came: list[httpx.Headers] = []

    class Listening(LocalTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            came.append(request.headers)
            return super().handle_request(request)

    workspace = open_workspace(routes={"local": table("local://engine/v1", way)})
    workspace.wire = Wire(transports={"local://": Listening()})

    done(list(edit(workspace, way, pictures(workspace))))

    assert [headers.get_list("content-type") for headers in came] == [[kind]]
