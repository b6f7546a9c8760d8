"""The shell and workspace of the magics' tests, what a shell displays, and real kernels."""

from __future__ import annotations

import pytest

from tests.magics.conftest import _shell, shell, workspace

__all__ = ["_shell", "shell", "workspace"]


@pytest.fixture
def shown(shell, monkeypatch):
    """What the shell displayed: a list of data, metadata, transient and update."""
    from IPython.core.displaypub import CapturingDisplayPublisher

    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    return publisher.outputs


@pytest.fixture
def jupyter(workspace, tmp_path, monkeypatch):
    """Kernels of this very environment, with nothing of the user's."""
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return workspace
