"""What `import imgnb` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import imgnb

HEAVY = (
    "httpx",
    "sqlmodel",
    "sqlalchemy",
    "PIL",
    "IPython",
    "ipywidgets",
    "pydantic",
    "jinja2",
    "datasette",
    "uvicorn",
)
OURS = ("imgnb.library.library", "imgnb.providers.http", "imgnb.providers.local_engine", "imgnb.generation.service")
"What brings those, or takes long by itself."


@pytest.mark.parametrize("name", imgnb.__all__)
def test_each_public_name_resolves(name):
    """The table of public names is true."""
    assert getattr(imgnb, name) is not None


def test_unknown_names_are_attribute_errors():
    """A misspelt name is said as Python says it."""
    with pytest.raises(AttributeError, match="no attribute 'generat'"):
        _ = imgnb.generat


@pytest.mark.parametrize("statement", ["import imgnb", "import imgnb.magics", "import imgnb.cli"])
def test_importing_brings_nothing_heavy(statement):
    """Everything heavy loads at first use."""
    code = f"import sys; {statement}; print([name for name in {HEAVY!r} if name in sys.modules])"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


LIGHT = ("workspace", "api", "generation", *sorted(set(imgnb.PUBLIC.values()) - {"library"}))
"Modules that are imported before anything is asked for: by a name of `imgnb`, a widget that is to stand on the page at once."


@pytest.mark.parametrize("module", LIGHT)
def test_what_asks_for_nothing_opens_nothing(module):
    """The library, the wire, the local engine and Pillow load where they are used, not where they are named."""
    code = f"import sys, imgnb.{module}; print([name for name in {(*HEAVY, *OURS)!r} if name in sys.modules])"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


def test_warming_brings_what_was_left_out(tmp_path, clean_environment):
    """The first picture finds all of it loaded, and no library is made for that."""
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    needed = ("PIL", "httpx", "sqlmodel", *OURS)
    code = (
        f"import sys, imgnb.workspace as w; w.current().warm(); print([n for n in {needed!r} if n not in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"
    assert not (tmp_path / "library").exists()


def test_the_library_package_can_be_called(tmp_path):
    """`imgnb.library(path)` opens a library, and `imgnb.library` stays the package."""
    with imgnb.library(tmp_path / "library") as library:
        assert isinstance(library, imgnb.Library)
    assert imgnb.library.Library is imgnb.Library
