"""A real IPython shell whose library and settings are the test's own."""

from __future__ import annotations

import sys

import pytest

from ..libraries import empty_library


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty library on the embedded engine, in an empty folder."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "IMGNB_MODE", "IMGNB_MODEL", "IMGNB_EMBED"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "user.toml").write_text("first_wait = 0.01\n", encoding="utf-8")
    monkeypatch.setenv("IMGNB_CONFIG", str(tmp_path / "user.toml"))
    monkeypatch.setenv("IMGNB_LIBRARY", str(empty_library(tmp_path / "library")))
    monkeypatch.setenv("IMGNB_ROUTE", "local")
    monkeypatch.chdir(tmp_path)
    from imgnb.workspace import current

    workspace = current()
    yield workspace
    current().close()


@pytest.fixture(scope="session")
def _shell(tmp_path_factory):
    from IPython.core.interactiveshell import InteractiveShell

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setattr(sys, "displayhook", sys.displayhook)
        shell = InteractiveShell.instance()
        shell.history_manager.enabled = False
        yield shell
        InteractiveShell.clear_instance()


@pytest.fixture
def shell(_shell, workspace):
    """A shell with the extension loaded; its namespace is emptied afterwards."""
    _shell.run_line_magic("load_ext", "imgnb")
    yield _shell
    warming = _shell.__dict__.get("imgnb_warming")
    _shell.run_line_magic("unload_ext", "imgnb")
    if warming is not None:  # whoever warms must not open the library after it was closed
        warming.join()
    _shell.reset(new_session=False)


@pytest.fixture
def shown(shell, monkeypatch):
    """What the shell displayed: a list of data, metadata, transient and update."""
    from IPython.core.displaypub import CapturingDisplayPublisher

    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    return publisher.outputs
