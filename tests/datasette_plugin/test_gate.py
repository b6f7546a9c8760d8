"""Who has no token sees nothing; who has it sees what is there, from this machine only."""

from __future__ import annotations

import asyncio
import re
import time

import httpx
import pytest

from imgnb.datasette_plugin.gate import LIFETIME, Arrived, Gate, gated

from .conftest import IS_NEXT, TOKEN, browse

VALUES = {
    "database": "library", "table": "gallery", "pks": "x", "path": "app.css", "rest": "", "format": "json", "query": "newest",
    "sha256": "0" * 64, "id": "0" * 26,
}  # fmt: skip


def examples(pattern: str) -> list[str]:
    """Paths that a route answers to, with its optional format and without."""
    text = pattern.removeprefix("^").removesuffix("$")
    formatless = re.sub(r"\(\\\.\(\?P<format>[^)]*\)\)\?", "", text)
    formatted = re.sub(r"\(\\\.\(\?P<format>[^)]*\)\)\?", ".json", text)
    paths = []
    for variant in dict.fromkeys((formatless, formatted)):
        filled = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\]|[^()\[\]])*\)\??", lambda match: VALUES.get(match[1], "x"), variant)
        filled = re.sub(r"[\\?]", "", filled)
        paths.append(filled)
    assert [path for path in paths if re.match(pattern, path)], pattern
    return paths


def routes(kept) -> list[str]:
    """A path for every route that the running Datasette has, and what people would try besides."""
    from datasette.app import Datasette

    datasette = Datasette(files=[str(kept.root / "library.db")])
    found = [path for regex, _ in datasette._routes() for path in examples(regex.pattern)]
    pictures = [f"/-/imgnb/{kind}/{kept.drawn}" for kind in ("blob", "thumb", "asset", "lineage")]
    tried = [
        "/", "/library.db", "/library?sql=select+1", "/library/-/query?sql=select+1", "/library.json?sql=select+1",
        "/library/gallery.csv?_stream=1", "/library/generation.json", "/_memory", "/_internal", "/__internal__", "/favicon.ico",
        "/-/databases.json", "/-/static/app.css", "/-/static/../../app.py", "/-/static-plugins/imgnb/gallery.css",
        "/-/static/%2e%2e/app.py", "//", "/-/imgnb/../../library.db", "/-/imgnb/enter", "/-/imgnb/enter/../gallery", "/nothing",
    ]  # fmt: skip
    return [*dict.fromkeys([*found, *pictures, *tried])]


def test_no_route_answers_without_the_token(served, kept):
    """Pages, JSON, CSV, files, static files, errors: 403, and one sentence, the same for all."""
    paths = routes(kept)
    assert len(paths) > 40

    with httpx.Client(base_url=served.url) as client:
        for path in paths:
            for method in ("GET", "HEAD"):
                answer = client.send(
                    client.build_request(method, httpx.URL(served.url).copy_with(raw_path=path.encode()))
                )
                assert (answer.status_code, len(answer.text) < 200) == (403, True), path
                assert "fox" not in answer.text
                assert "token" in answer.text or method == "HEAD"


def test_every_route_is_reached_with_the_token(served, kept):
    """The gate lets through what it lets through: the routes that show something show it."""
    shown = [path for path in routes(kept) if served.get(path).status_code == 200]

    assert {"/", "/library", "/-/databases.json", "/-/static/app.css", f"/-/imgnb/blob/{kept.drawn}"} <= set(shown)


def test_the_link_gives_a_cookie_and_forgets_the_token(served):
    """The token leaves the address at once; the cookie is for this server's pages only, and out of scripts' reach."""
    with httpx.Client(base_url=served.url) as client:
        entered = client.get(served.link)
        cookie = entered.headers["set-cookie"]

        assert (entered.status_code, entered.headers["location"]) == (303, "/-/imgnb")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert TOKEN not in cookie
        assert client.get("/library.json").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "token=",
        "token=nonsense",
        f"token={TOKEN.lower()}",
        f"token={TOKEN}x",
        f"token={TOKEN}&token={TOKEN}",
        "token=%ff%00é",
    ],
)
def test_a_wrong_token_gives_no_cookie(served, query):
    """Nearly right is wrong; what is wrong is said in a sentence."""
    answer = served.get(f"/-/imgnb/enter?{query}", known=False)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "imgnb browse" in answer.text


def test_a_search_comes_through_the_link(served):
    """`imgnb browse fox` opens the gallery on what it finds."""
    answer = served.get(f"/-/imgnb/enter?token={TOKEN}&q=red+fox%0d%0aSet-Cookie:x", known=False)

    assert answer.headers["location"] == "/-/imgnb?q=red+fox%0D%0ASet-Cookie%3Ax"


@pytest.mark.parametrize(
    "given",
    [[TOKEN.lower()], [TOKEN + " x"], [""], [TOKEN, TOKEN], [TOKEN, "x"]],
    ids=["other case", "longer", "empty", "twice", "one of two"],
)
def test_a_header_must_be_the_token(served, given):
    """Neither nearly the token nor several of them."""
    answer = httpx.get(served.url, headers=[("X-Imgnb-Token", value) for value in given])

    assert answer.status_code == 403


def gate_and_request(headers=(), token=TOKEN, port=80, **fields):
    defaults = {"method": "GET", "path": "/", "query": "", "port": port}
    return Gate(token, "/"), Arrived(headers=tuple(headers), **{**defaults, **fields})


def test_cookies_of_others_are_worth_nothing(served):
    """A cookie of another server, one that was made up, and one that was prolonged."""
    other, request = gate_and_request(token="another", port=served.port)
    own, _ = gate_and_request(port=served.port)
    name, _, value = own.cookie(request).partition(";")[0].partition("=")
    ends, _, signature = value.partition(".")
    foreign = other.cookie(request).partition(";")[0]

    for cookie in (
        foreign, f"{name}={int(ends) + 1}.{signature}", f"{name}={ends}.{signature.upper()}", f"{name}={ends}.", f"{name}=",
        f"{name}.{value}", f"imgnb_1={value}", f"{name}={value}x", f"{name}=²{value}",
    ):  # fmt: skip
        assert served.get("/library", known=False, Cookie=cookie.encode()).status_code == 403, cookie
    assert served.get("/library", known=False, Cookie=f"a=b; {name}={value}").status_code == 200


def test_a_cookie_ends(monkeypatch):
    """After its time it opens nothing."""
    gate, request = gate_and_request()
    pair = gate.cookie(request).partition(";")[0].encode()
    _, with_cookie = gate_and_request([(b"cookie", pair)])
    assert gate.unknown(with_cookie) is None
    later = time.time() + LIFETIME + 1

    monkeypatch.setattr(time, "time", lambda: later)

    assert gate.unknown(with_cookie) is not None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}@evil.example",
        "",
    ],
)
def test_other_names_for_this_machine_are_refused(served, host):
    """A site whose name is made to point here (DNS rebinding) is not us, whatever token it has."""
    assert served.get("/", Host=host.format(port=served.port)).status_code in (400, 403)


def test_the_machine_s_own_names_are_taken(served):
    """localhost is as good as 127.0.0.1."""
    assert served.get("/", Host=f"LOCALHOST:{served.port}").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}, 200),
        ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": b"http://\xe2\x84\x80"}, 403),
        ({"Origin": ""}, 403),
    ],
)
def test_other_sites_get_nothing(served, headers, status):
    """A link may be followed from anywhere; pictures, frames and scripts of other pages are refused."""
    assert served.get("/library", **headers).status_code == status
    if status == 403:
        assert served.get("/library", known=False, **headers).status_code == status


def test_our_own_origin_may_ask(served):
    """A page of ours that fetches says where it is from."""
    assert served.get("/library.json", Origin=served.url).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_can_be_sent(served, method):
    """It only shows: no method that changes anything is taken, token or not."""
    assert served.get("/library", method=method).status_code == 405
    assert served.get("/library", method=method, known=False).status_code == 405


def test_everything_carries_the_strict_headers(served, kept):
    """No page, file or error may be framed elsewhere, sniffed, cached by others, or tell where one came from."""
    for path in (
        "/",
        "/library/gallery",
        "/library.json",
        "/-/static/app.css",
        f"/-/imgnb/blob/{kept.drawn}",
        "/nothing",
    ):
        for known in (True, False):
            headers = served.get(path, known=known).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "SAMEORIGIN"
            assert headers["referrer-policy"] == "no-referrer"
            assert re.search("private|no-store", headers["cache-control"]), path
            assert "access-control-allow-origin" not in headers


def test_no_page_holds_the_token(served):
    """What is shown can be shown to others."""
    for path in (
        "/",
        "/library",
        "/-/settings.json",
        "/-/metadata.json",
        "/-/plugins.json",
        "/-/versions.json",
        "/-/config.json",
    ):
        assert TOKEN not in served.get(path).text


def test_sql_and_the_file_can_be_withheld(kept):
    """With --no-sql only what is prepared is asked; the file is never given."""
    with browse(kept.root, "--no-sql") as served:
        path = "/library/-/query.json" if IS_NEXT else "/library.json"
        asked = served.get(f"{path}?sql=select+prompt+from+generation")

        assert asked.status_code == 403
        assert "fox" not in asked.text
        assert served.get("/library/generation?_where=1=1").status_code == 403
        assert served.get("/library/newest.json").status_code == 200
        assert served.get("/library.db").status_code == 403


def test_websockets_are_closed_and_lifespan_passes():
    """What is neither a request nor the server's own start goes nowhere."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    async def send(message):
        sent.append(message["type"])

    async def ask():
        for kind in ("lifespan", "websocket", "other"):
            await gated(app, TOKEN, "/")({"type": kind}, None, send)

    asyncio.run(ask())
    assert (seen, sent) == (["lifespan"], ["websocket.close"])


@pytest.mark.parametrize("first", [True, False], ids=["first", "in no hurry"])
def test_no_other_plugin_answers_before_the_gate(kept, monkeypatch, first):
    """What another plugin puts around Datasette is inside."""
    from datasette import hookimpl
    from datasette.app import Datasette
    from datasette.plugins import pm

    class Talkative:
        __name__ = "talkative"

        @hookimpl(tryfirst=first)
        def asgi_wrapper(self, datasette):
            async def talk(scope, receive, send):
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"fox"})

            return lambda app: talk

    monkeypatch.setenv("IMGNB_BROWSE_TOKEN", TOKEN)
    plugin = Talkative()
    pm.register(plugin)
    try:
        app = Datasette(files=[str(kept.root / "library.db")]).app()

        async def get(headers):
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:80") as client:
                return await client.get("/", headers=headers)

        refused, shown = (asyncio.run(get(headers)) for headers in ({}, {"X-Imgnb-Token": TOKEN}))
    finally:
        pm.unregister(plugin)

    assert (refused.status_code, "fox" in refused.text) == (403, False)
    assert shown.text == "fox"
