"""A widget's own names do not take the place of what all widgets have."""

from __future__ import annotations

import ast
import inspect
import textwrap
from importlib import import_module

import pytest

from imgnb.widgets import pages
from imgnb.widgets.panel import Panel

FILES = sorted(file.name.removesuffix(".js") for file in pages.PLACES[0].iterdir() if file.name.endswith(".js"))
PAGES = [name for name in FILES if "\nexport default" in (pages.PLACES[0] / f"{name}.js").read_text("utf-8")]


def kept(cls):
    """The private attributes that the methods of a class set on their object."""
    stored = (
        node.attr
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
    )
    return {name for name in stored if name.startswith("_")}


@pytest.mark.parametrize("name", PAGES)
def test_no_name_is_taken_twice(name):
    """An attribute or a method of that name would end what Panel does with its own."""
    own = kept(Panel)
    found = [one for one in vars(import_module(f"imgnb.widgets.{name}")).values() if isinstance(one, type)]
    panels = {base for one in found if issubclass(one, Panel) for base in one.__mro__ if issubclass(base, Panel)}

    assert own
    assert len(panels) > 1
    for cls in panels - {Panel}:
        assert (kept(cls) | set(vars(cls))) & own == set()
