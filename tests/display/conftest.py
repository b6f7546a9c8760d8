"""The shell and workspace of the magics' tests, what a shell displays, and real kernels."""

from __future__ import annotations

import pytest

from tests.magics.conftest import _shell, shell, shown, workspace

__all__ = ["_shell", "shell", "shown", "workspace"]


@pytest.fixture
def jupyter(workspace, tmp_path, monkeypatch):
    """Kernels of this very environment, with nothing of the user's."""
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return workspace
