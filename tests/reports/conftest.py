"""The shell and workspace of the magics' tests, commands, and notebooks that were run by hand."""

from __future__ import annotations

import json

import pytest

from imgnb.records.figures import FIGURES
from imgnb.records.session import SESSION
from tests.commands.conftest import run as run_command
from tests.magics.conftest import _shell, shell, workspace

__all__ = ["_shell", "run_command", "shell", "workspace"]


@pytest.fixture
def config(workspace):
    """The settings in which commands run: those of the workspace."""


@pytest.fixture(autouse=True)
def new_process():
    """Nothing was answered or shown yet."""
    SESSION.clear()
    FIGURES.clear()
    yield
    SESSION.clear()
    FIGURES.clear()


@pytest.fixture
def draw(workspace):
    """Draws a picture with the embedded engine and remembers it."""

    def draw(prompt, **params):
        request = workspace.request(prompt, **{"size": "1024x640", **params})
        return list(workspace.run(workspace.order(request)))[-1].generation

    return draw


@pytest.fixture
def notebook(tmp_path):
    """Writes a notebook of these cells and gives its path."""

    def write(*cells, name="nb.ipynb", **metadata):
        path = tmp_path / name
        path.write_text(
            json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}),
            encoding="utf-8",
        )
        return path

    return write


def markdown(source, **more):
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": source, **more}


def code(source, *outputs, **metadata):
    cell = {"cell_type": "code", "id": "c", "metadata": metadata, "source": source, "execution_count": 1}
    return {**cell, "outputs": list(outputs)}


def output(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(generation, **presentation):
    """The output of a cell that shows this generation so."""
    from imgnb.pictures import bundle

    facts = {"stage": "final", **generation.facts, **presentation}
    data, metadata = bundle(generation.assets, alt=presentation.get("alt") or generation.prompt, facts=facts)
    return {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata)}
