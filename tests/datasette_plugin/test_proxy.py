"""Behind jupyter-server-proxy: no port, no token in sight, any base URL."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import httpx
import pytest

from imgnb.datasette_plugin.proxy import setup

from ..servers import PATIENCE
from .conftest import environment

pytest.importorskip("jupyter_server_proxy")


@pytest.fixture
def jupyter(kept, tmp_path):
    """A Jupyter server under a prefix, as a hub starts it; gives its address."""
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1", "--port=0", "--no-browser"]
    command += [
        "--IdentityProvider.token=secret-of-jupyter",
        "--ServerApp.base_url=/user/bob/",
        "--ServerApp.open_browser=False",
    ]
    command += [f"--ServerApp.root_dir={tmp_path}"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(kept.root, HOME=str(tmp_path), **own)
    ) as process:
        found = None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+/user/bob/", line):
                break
        yield found[0] if found else pytest.fail("Jupyter did not start")
        process.terminate()
        process.stderr.read()
        process.wait(PATIENCE)


def test_the_library_is_shown_under_jupyter_s_address(jupyter, kept):
    """Who is logged in sees the pages and pictures, with links below the prefix; who is not sees Jupyter's login."""
    with httpx.Client(
        base_url=jupyter, timeout=PATIENCE, headers={"Authorization": "token secret-of-jupyter"}
    ) as client:
        page = client.get("imgnb/library/gallery")
        picture = client.get(f"imgnb/-/imgnb/blob/{kept.drawn}")
        part = client.get(f"imgnb/-/imgnb/blob/{kept.drawn}", headers={"Range": "bytes=0-7"})
        stranger = httpx.get(f"{jupyter}imgnb/library/gallery")

    assert f'src="/user/bob/imgnb/-/imgnb/thumb/{kept.drawn}"' in page.text
    assert 'href="/user/bob/imgnb/-/imgnb"' in page.text
    assert (picture.headers["content-type"], part.status_code) == ("image/png", 206)
    assert picture.content.startswith(b"\x89PNG")
    assert part.content == b"\x89PNG\r\n\x1a\n"
    assert "fox" not in stranger.text


def test_no_secret_stands_in_the_command():
    """Others on the machine see commands; the token is new each time."""
    first, second = setup(), setup()
    token = first["request_headers_override"]["X-Imgnb-Token"]

    assert first["environment"] == {"IMGNB_BROWSE_TOKEN": token}
    assert token not in " ".join(first["command"])
    assert first["command"] == second["command"]
    assert token != second["request_headers_override"]["X-Imgnb-Token"]
    assert first["unix_socket"] is True


def test_the_icon_is_a_picture():
    """The launcher shows a file of the package."""
    icon = Path(setup()["launcher_entry"]["icon_path"])

    assert ElementTree.parse(icon).getroot().tag.endswith("svg")
