"""`imgnb browse`: one link, one server, gone with whoever asked for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx
import pytest

from imgnb.commands import browsing
from imgnb.commands.browse import _app, _open
from imgnb.errors import ConfigInvalid, ImgnbError
from imgnb.library import Library

from ..datasette_plugin.conftest import TOKEN, browse, environment
from ..library.conftest import FOX, draw, png
from ..servers import PATIENCE

ROOT = Path(__file__).parents[2]


def run(root: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", *options]
    return subprocess.run(command, capture_output=True, text=True, env=environment(root, **more), timeout=PATIENCE)


def answers(url: str) -> bool:
    try:
        return bool(httpx.get(url).status_code)
    except httpx.TransportError:
        return False


@pytest.fixture
def root(tmp_path):
    with Library(tmp_path / "library") as library:
        draw(library, FOX, png(1))
    return tmp_path / "library"


def test_each_server_has_a_token_of_its_own(root):
    """The link of one opens no other; each is long enough not to be guessed."""
    with browse(root, token=None) as first, browse(root, token=None) as second:
        tokens = [link.rpartition("token=")[2] for link in (first.link, second.link)]

        assert len(set(tokens)) == 2
        assert min(map(len, tokens)) >= 40
        assert httpx.get(first.link.replace(tokens[0], tokens[1])).status_code == 403
        assert httpx.get(first.link).status_code == 303


def test_an_empty_token_is_none(root):
    """A variable that is set to nothing must not open the gate."""
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment(root, IMGNB_BROWSE_TOKEN="")
    ) as process:
        said = json.loads(process.stdout.readline())
        answer = httpx.get(said["url"].partition("/-/")[0])
        process.terminate()

    assert answer.status_code == 403


def test_an_old_or_missing_library_is_made_ready(tmp_path):
    """It is opened for writing once, so that what is only read later is there and up to date."""
    with browse(tmp_path / "new") as served:
        assert served.get("/library/gallery.json?_shape=array").json() == []
    assert (tmp_path / "new/library.db").exists()


def test_without_the_plugin_nothing_is_served(root, monkeypatch):
    """Datasette may have loaded other plugins only; without ours there would be no gate."""
    monkeypatch.setattr("imgnb.commands.browse.PLUGIN", "imgnb.no_such_plugin")

    with pytest.raises(ConfigInvalid, match="nothing would be protected"):
        _app(root, "/", sql=True)


def test_a_port_that_is_taken_is_said(root):
    """With the way out, and no traceback."""
    with browse(root) as served:
        done = run(root, "--port", str(served.port))

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert f"port {served.port} cannot be listened on" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "99999999999"])
def test_a_port_that_is_none_is_said(root, port):
    """Numbers that no port has."""
    assert "cannot be listened on" in run(root, f"--port={port}").stderr


def test_the_token_is_in_no_log(root):
    """Whatever is asked, nothing but the link is printed: not the link when it is used, nor headers of a missing page."""
    with browse(root) as served:
        served.get(f"/-/imgnb/enter?token={TOKEN}", known=False)
        served.get("/missing")
        served.get("/library?sql=select+nonsense")
        served.process.terminate()
        assert TOKEN not in (served.process.stdout.read() or "")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs Unix sockets")
def test_a_socket_is_for_its_user_alone(root, tmp_path):
    """Under a proxy there is no port; the file can be opened by nobody else, and needs the token all the same."""
    path = tmp_path / "socket"
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--until-closed", "--uds", str(path)]
    command += ["--base-url", "/user/bob/imgnb"]
    given = environment(root, IMGNB_BROWSE_TOKEN=TOKEN)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given) as process:
        assert json.loads(process.stdout.readline())["socket"] == str(path)
        transport = httpx.HTTPTransport(uds=str(path), retries=0)
        with httpx.Client(transport=transport, base_url="http://anything") as client:
            refused = client.get("/library")
            shown = client.get("/library", headers={"X-Imgnb-Token": TOKEN})
        assert path.stat().st_mode & 0o777 == 0o600
        process.stdin.close()
        assert process.wait(PATIENCE) == 0

    assert refused.status_code == 403
    assert 'href="/user/bob/imgnb/-/imgnb"' in shown.text
    assert not path.exists()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs Unix sockets")
@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_server_begins_where_another_has_ended(root, tmp_path, end):
    """Told to end, it takes its socket away; killed, it leaves one that the next may remove. A live one stays."""
    path = tmp_path / "socket"
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--uds", str(path)]
    for ending in (end, "SIGTERM"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(root)) as process:
            assert json.loads(process.stdout.readline())["socket"] == str(path)
            if ending == end:
                assert "cannot be listened on" in run(root, "--uds", str(path)).stderr
            process.send_signal(getattr(signal, ending))
            process.wait(PATIENCE)
        assert path.exists() == (ending == "SIGKILL")


def test_what_is_no_socket_is_not_removed(root, tmp_path):
    """A file in the way stays, and is said."""
    (tmp_path / "file").write_text("mine")

    assert "cannot be listened on" in run(root, "--uds", str(tmp_path / "file")).stderr
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or os.name == "nt", reason="needs signals")
def test_the_page_with_the_token_is_gone_with_the_server(root, tmp_path):
    """However politely it is ended."""
    command = [sys.executable, "-m", "imgnb", "browse", "--open", "--json"]
    given = environment(root, TMPDIR=str(tmp_path), BROWSER="true")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=given) as process:
        process.stdout.readline()
        ends = time.monotonic() + PATIENCE
        while not list(tmp_path.glob("imgnb-*.html")):
            assert time.monotonic() < ends
        process.terminate()
        process.wait(PATIENCE)

    assert not list(tmp_path.glob("imgnb-*.html"))


@pytest.mark.parametrize("name", ["what?x=1#y", "100%20", "a#b", "a?mode=rwc"])
def test_a_path_that_datasette_misreads_is_refused(tmp_path, name):
    """It would open, or make, another file; a link without such letters serves the same library."""
    with Library(tmp_path / name) as library:
        draw(library, FOX, png(1))
    before = sorted(tmp_path.rglob("*"))

    done = run(tmp_path / name)

    assert (done.returncode, "cannot be served" in done.stderr, "symbolic link" in done.stderr) == (1, True, True)
    assert sorted(tmp_path.rglob("*.db")) == [path for path in before if path.suffix == ".db"]
    (tmp_path / "link").symlink_to(tmp_path / name)
    with browse(tmp_path / "link") as served:
        assert len(served.get("/library/gallery.json?_shape=array").json()) == 1


def test_a_library_that_was_rebuilt_is_shown_at_once(root):
    """Another file under the same name is what everything shows from then on: pictures, pages and tables."""
    with Library(root.parent / "other") as library:
        drawn = draw(library, FOX, png(7))
    with browse(root) as served:
        before = [served.get("/library/gallery.json?_shape=array").json()[0]["asset"] for _ in range(8)]
        gallery = served.get("/-/imgnb").text
        os.replace(root.parent / "other/library.db", root / "library.db")
        after = [served.get("/library/gallery.json?_shape=array").json()[0]["asset"] for _ in range(8)]

        assert drawn.asset.sha256 not in {*before} | {gallery}
        assert {*after} == {drawn.asset.sha256}
        assert drawn.asset.sha256 in served.get("/-/imgnb").text


def test_the_link_stands_below_the_base_url(root):
    """Under a prefix, what is printed can be opened."""
    with browse(root, "--base-url", "/pre/fix") as served:
        answer = httpx.get(served.link)

        assert "/pre/fix/-/imgnb/enter?token=" in served.link
        assert (answer.status_code, answer.headers["location"]) == (303, "/pre/fix/-/imgnb")


def test_the_link_of_this_process_is_the_same_until_it_ends(root, monkeypatch):
    """One server for a library, started again where it has died, ended with `stop`."""
    monkeypatch.setenv("IMGNB_ROUTE", "local")
    try:
        first = browsing.link(root)
        assert browsing.link(root, "red fox & co") == f"{first}&q=red+fox+%26+co"
        process, _ = browsing._running[root]
        assert httpx.get(first).status_code == 303
        process.kill()
        process.wait(PATIENCE)
        second = browsing.link(root)
        assert second != first
        process, _ = browsing._running[root]
    finally:
        browsing.stop()
    assert process.poll() is not None
    with pytest.raises(httpx.TransportError):
        httpx.get(second)


def test_a_server_that_cannot_start_says_why(root):
    """The child's own words reach the cell."""
    (root / "library.db").write_text("this is no database, however long it may be " * 100)

    with pytest.raises(ImgnbError, match="damaged"):
        browsing.link(root)
    browsing.stop()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_the_server_is_gone_with_a_killed_kernel(root):
    """Even kill -9 leaves no server behind."""
    script = f"from imgnb.commands.browsing import link; print(link(__import__('pathlib').Path({str(root)!r})), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(root)
    ) as kernel:
        url = kernel.stdout.readline().strip()
        assert httpx.get(url).status_code == 303
        kernel.kill()
        kernel.wait(PATIENCE)
        ends = time.monotonic() + PATIENCE
        while answers(url):
            assert time.monotonic() < ends


def test_a_browser_is_sent_by_a_page_of_its_user_s_own(monkeypatch):
    """The token stands in no command line; the page is gone with the process."""
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    _open("http://127.0.0.1:1/-/imgnb/enter?token=x&q=%22")
    page = Path(url2pathname(urlsplit(opened[0]).path))

    assert "token" not in opened[0]
    assert "enter?token=x&amp;q=%22" in page.read_text()
    assert os.name == "nt" or page.stat().st_mode & 0o777 == 0o600
    page.unlink()


def test_the_checkout_has_the_same_configuration():
    """`library/datasette.yaml` is what `imgnb browse` uses."""
    packaged = (resources.files("imgnb") / "datasette_plugin/datasette.yaml").read_text("utf-8")

    assert (ROOT / "library/datasette.yaml").read_text("utf-8") == packaged


def test_every_prepared_query_answers(root):
    """With pictures and without, in the time that Datasette gives it."""
    from datasette.utils import parse_metadata

    config = parse_metadata((ROOT / "library/datasette.yaml").read_text("utf-8"))
    names = config["databases"]["library"]["queries"]

    with browse(root) as served:
        for name in names:
            answer = served.get(f"/library/{name}.json?_shape=array&words=fox+OR+%22")
            assert answer.status_code == 200, name
        found = served.get("/library/search.json?_shape=array&words=red+fox").json()
        for table in config["databases"]["library"]["tables"]:
            assert served.get(f"/library/{table}").status_code == 200, table

    assert [row["prompt"] for row in found] == [FOX.prompt]
