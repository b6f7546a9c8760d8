"""Documents say what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from imgnb import cli, config, errors
from imgnb.providers.routes import load_routes
from imgnb.request.options import OPTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    actions = [action for action in cli._parser()._actions if action.dest == "command"]
    return list(actions[0].choices)


def parsers():
    (action,) = (action for action in cli._parser()._actions if action.dest == "command")
    return action.choices.values()


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    """A new command is shown where people look first."""
    assert f"imgnb {command}" in README


def test_every_command_of_the_readme_exists():
    """Nothing is promised that is not there."""
    assert set(re.findall(r"`imgnb ([a-z][a-z-]+)", README)) <= set(commands())


def test_every_option_of_the_readme_exists():
    """An option that is shown can be typed."""
    shown = set(re.findall(r"(?<=[`\s])(--[a-z][a-z-]+)", README))
    others = {"--imgnb", "--nbval", "--nbval-sanitize-with"}  # pytest's, one of them through our plugin
    known = (
        others
        | {option.long for option in OPTIONS}
        | {option for command in parsers() for action in command._actions for option in action.option_strings}
    )

    assert shown <= known


@pytest.mark.parametrize("name", config.VARIABLES)
def test_every_environment_variable_is_in_the_readme(name):
    """Settings from the environment are documented."""
    assert f"IMGNB_{name.upper()}" in README


def test_every_error_is_in_the_tree():
    """The docstring of errors.py shows each class."""
    classes = {
        name for name, value in vars(errors).items() if isinstance(value, type) and value.__module__ == errors.__name__
    }

    assert classes <= set(re.findall(r"\b[A-Z]\w+", errors.__doc__ or ""))


def test_every_path_of_the_folder_map_exists():
    """The map in the README shows the house as it is."""
    section = README.split("## Where things are", 1)[1].split("```")[1]

    for line in section.splitlines():
        for name in re.findall(r"(?:^|\s)([\w.]+/|\w+\.(?:py|toml))(?=\s|$)", line[:60]):
            assert (ROOT / name).exists() or list(ROOT.glob(f"imgnb/**/{name.rstrip('/')}")), name


def test_shipped_routes_are_usable():
    """Every table of routes.toml makes a route."""
    assert {"local", "openai"} <= set(load_routes({}, {}))


def test_nothing_tracked_names_the_machine_it_was_written_on():
    """A notebook or file that holds an absolute path of this checkout would work here only."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    texts = [
        ROOT / name for name in listed if Path(name).suffix in {".py", ".md", ".toml", ".yaml", ".ipynb", ".js", ""}
    ]

    for path in filter(Path.is_file, texts):
        assert str(ROOT) not in path.read_text(encoding="utf-8", errors="replace"), path
