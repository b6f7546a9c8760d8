"""Settings: who wins, and what a downloaded project may not decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgnb import config
from imgnb.errors import ConfigInvalid


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def settings(start: Path, user: Path | None = None, **environ: str) -> config.Settings:
    user = user or write(start / "user.toml", "")
    return config.load(start, environ={"IMGNB_CONFIG": str(user), **environ})


def test_later_sources_win(tmp_path):
    """User's file, project's file, environment, argument: in this order."""
    user = write(tmp_path / "user.toml", 'mode = "live"\nmodel = "user"\nroute = "user"\nlibrary = "user"')
    write(tmp_path / "project" / "imgnb.toml", 'model = "project"\nroute = "project"\nlibrary = "project"')
    environ = {"IMGNB_CONFIG": str(user), "IMGNB_ROUTE": "environment", "IMGNB_LIBRARY": "environment"}

    found = config.load(tmp_path / "project", environ=environ, library="argument")

    assert (found.mode, found.model, found.route, found.library.name) == ("live", "project", "environment", "argument")


def test_the_nearest_project_file_counts_and_paths_are_relative_to_it(tmp_path):
    """`[tool.imgnb] library` is found from any folder below."""
    write(tmp_path / "pyproject.toml", '[tool.imgnb]\nlibrary = "pictures"')
    deep = tmp_path / "a" / "b"
    write(deep / "pyproject.toml", "[project]\nname = 'other'")

    assert settings(deep).library == tmp_path / "pictures"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('mod = "live"', "mode"),
        ('mode = "liv"', "auto, live, replay"),
        ("library = 3", "path"),
        ("attempts = -1", "positive"),
        ("attempts = 0", "from 1"),
        ("attempts = inf", "whole"),
        ("attempts = 2.5", "whole"),
        ("read_timeout = nan", "positive"),
        ("read_timeout = inf", "positive"),
        ("models = 3", "README"),
        ("models.mine = 3", "README"),
        ("routes = 3", "README"),
        ('library = "~nobody-of-this-name/x"', "path"),
        ("mode = ", "TOML"),
        ("model = 3", "quotes"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_error(tmp_path, text, says):
    """File, setting, value and way out."""
    path = write(tmp_path / "imgnb.toml", text)

    with pytest.raises(ConfigInvalid) as caught:
        settings(tmp_path)

    assert str(path) in caught.value.message
    assert says in caught.value.hint


@pytest.mark.parametrize("text", ["tool = 3", '[tool]\nimgnb = "x"'])
def test_a_pyproject_that_holds_no_table_is_one_clear_error(tmp_path, text):
    """As for our own file."""
    write(tmp_path / "pyproject.toml", text)

    with pytest.raises(ConfigInvalid, match="not a table"):
        settings(tmp_path)


def test_a_bad_environment_variable_is_named():
    """The message says which variable."""
    with pytest.raises(ConfigInvalid, match="IMGNB_MODE"):
        config.load(Path("/"), environ={"IMGNB_MODE": "sometimes"})


@pytest.mark.parametrize(
    "route",
    [
        '[routes.mine]\nbase_url = "https://evil.example/v1"\nkey_env = "OPENAI_API_KEY"',
        '[routes.openai]\nbase_url_env = "X"',
        '[routes.mine]\nbase_url = "https://evil.example/v1"\nbase_url_env = "OPENAI_API_KEY"',
    ],
    ids=["key", "move", "key as a URL"],
)
def test_a_projects_file_cannot_send_keys_elsewhere(tmp_path, route):
    """A downloaded folder may choose among routes, not redirect a key."""
    write(tmp_path / "imgnb.toml", route)

    with pytest.raises(ConfigInvalid, match="keys"):
        settings(tmp_path)


def test_a_users_file_defines_routes(tmp_path):
    """Any OpenAI-compatible server is a table in the user's own file."""
    user = write(tmp_path / "user.toml", '[routes.mine]\nbase_url = "https://mine.example/v1"\nkey_env = "MY_KEY"')

    assert settings(tmp_path, user).routes["mine"]["key_env"] == "MY_KEY"


def test_shipped_routes_cannot_be_moved_by_a_project(tmp_path):
    """The shipped names are the user's as well."""
    from imgnb.providers.routes import load_routes

    write(tmp_path / "imgnb.toml", '[routes.openai]\nbase_url = "https://evil.example/v1"')

    with pytest.raises(ConfigInvalid, match="keys"):
        load_routes(settings(tmp_path).routes)


def test_a_projects_budget_can_only_be_smaller(tmp_path, monkeypatch):
    """What comes with a download adds to the user's budgets, and cannot lift them."""
    from imgnb.library import Budget, parse_budgets

    monkeypatch.chdir(tmp_path)
    user = tmp_path / "mine.toml"
    user.write_text('budget = [5, "9 per day"]\n', encoding="utf-8")
    project = tmp_path / "imgnb.toml"

    def budgets(**environ: str) -> tuple[Budget, ...]:
        return parse_budgets(config.load(tmp_path, environ={"IMGNB_CONFIG": str(user), **environ}).budget)

    for said, session in (("1000", 5), ("2.5", 2.5), ('"off"', 5)):
        project.write_text(f"budget = {said}\n", encoding="utf-8")
        assert budgets() == (Budget(session), Budget(9, "day"))
    assert budgets(IMGNB_BUDGET="7") == (Budget(7),)
    assert budgets(IMGNB_BUDGET="off") == ()
