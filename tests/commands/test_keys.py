"""Keys in the keyring: put there, used and taken out, and never shown."""

from __future__ import annotations

import json
import sys

import pytest

from imgnb.providers.routes import load_routes

from ..keyrings import MemoryKeyring
from .conftest import Run

KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"


def test_a_key_is_put_into_the_keyring_and_used(run: Run, keyring: MemoryKeyring, config) -> None:
    """`keys set` reads it from standard input; the route then has it, and no file of ours holds it."""
    status, out, err = run("keys", "set", "openai", stdin=f"{KEY}\n")

    assert (status, out, err) == (0, "the key of route openai is in the tests' keyring, as 'openai' of 'imgnb'\n", "")
    assert keyring.passwords == {("imgnb", "openai"): KEY}
    key = load_routes()["openai"].key()
    assert key is not None
    assert key.reveal() == KEY
    assert [path for path in config.parent.rglob("*") if KEY in path.read_text(encoding="utf-8")] == []


def test_a_stored_key_makes_its_route_the_one_that_is_taken(run: Run, keyring: MemoryKeyring) -> None:
    """`routes` says that it is in the keyring, and marks the route."""
    run("keys", "set", "laozhang", stdin=KEY)

    rows = {row["name"]: row for row in json.loads(run("routes", "--json")[1])}

    assert (rows["laozhang"]["key_from"], rows["laozhang"]["picked"]) == ("keyring", True)
    assert "* laozhang" in run("routes")[1]


def test_the_list_says_where_each_key_is(run: Run, keyring: MemoryKeyring, clean_environment) -> None:
    """In the environment, in the keyring, or in both; keys themselves are not shown."""
    clean_environment.setenv("OPENAI_API_KEY", KEY)
    _, _, err = run("keys", "set", "openai", stdin=KEY)
    status, out, _ = run("keys", "list")

    assert (status, err) == (0, "imgnb: OPENAI_API_KEY is set, too, and goes first\n")
    assert "openai       OPENAI_API_KEY           environment and keyring" in out
    assert "laozhang     LAOZHANG_API_KEY         no key" in out
    listed = json.loads(run("keys", "list", "--json")[1])
    assert {"route": "openai", "variable": "OPENAI_API_KEY", "environment": True, "keyring": True} in listed
    assert KEY not in f"{out}{listed}"


def test_a_forgotten_key_is_gone(run: Run, keyring: MemoryKeyring) -> None:
    """Forgetting takes it out of the keyring; a second time there is nothing to forget."""
    run("keys", "set", "openai", stdin=KEY)

    assert run("keys", "forget", "openai")[:2] == (0, "the key of route openai is forgotten\n")
    assert keyring.passwords == {}
    assert not load_routes()["openai"].has_key()
    status, _, err = run("keys", "forget", "openai")
    assert (status, "the keyring holds no key of route 'openai'" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("set", "opnai"), KEY, "did you mean 'openai'?"),
        (("set", "local"), KEY, "route 'local' takes no key"),
        (("set", "openai"), " \n", "no key was given"),
        (("set", "openai"), "“sk-pasted-with-quotes”", "without quotes"),
        (("set", "openai"), f"{KEY}\n{KEY}", "characters that a key cannot have"),
        (("forget", "opnai"), "", "did you mean 'openai'?"),
    ],
    ids=["unknown", "needs none", "nothing", "quotes", "two lines", "forget unknown"],
)
def test_what_cannot_be_a_key_is_refused(run: Run, keyring: MemoryKeyring, words, stdin, says) -> None:
    """In one message with the way out, which does not repeat what was given."""
    status, out, err = run("keys", *words, stdin=stdin)

    assert (status, out, keyring.passwords) == (1, "", {})
    assert says in err
    assert KEY not in err


def test_a_locked_keyring_is_an_error_without_the_key(run: Run, keyring: MemoryKeyring) -> None:
    """What the keyring says may hold the key, so only the kind of its error is told."""
    keyring.locked = True

    status, _, err = run("keys", "set", "openai", stdin=KEY)

    assert (status, "KeyringLocked" in err, "unlock it" in err) == (1, True, True)
    assert KEY not in err


def test_a_key_that_was_taken_away_elsewhere_is_missed_by_name(run: Run, keyring: MemoryKeyring) -> None:
    """The way out is to set it again."""
    run("keys", "set", "openai", stdin=KEY)
    keyring.passwords.clear()

    status, _, err = run("generate", "a fox", "--route", "openai")

    assert (status, "imgnb keys set openai" in err) == (1, True)


def test_without_the_extra_the_way_to_get_it_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`keys` needs the extra `keyring`, and only it does."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    status, _, err = run("keys", "set", "openai", stdin=KEY)

    assert (status, "pip install 'imgnb[keyring]'" in err) == (1, True)
    assert run("keys", "list")[0] == 0
