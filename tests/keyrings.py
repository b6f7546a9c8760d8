"""A keyring of the tests' own: it lives in this process and writes nothing."""

from __future__ import annotations

import json
import os

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FILLED = "TEST_KEYRING"
"A variable with what it holds at first, {route: key}: for processes that are given it as PYTHON_KEYRING_BACKEND."


class MemoryKeyring(KeyringBackend):
    """Holds passwords in a table; `locked` refuses as a real one does whose owner is away."""

    priority = 1.0
    name = "the tests' keyring"

    def __init__(self) -> None:
        super().__init__()
        self.locked = False
        held = json.loads(os.environ.get(FILLED, "{}"))
        self.passwords = {("imgnb", route): key for route, key in held.items()}

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check(password)
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if self.passwords.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")

    def _check(self, said: str = "") -> None:
        if self.locked:
            raise KeyringLocked(f"locked; not taken: {said}")
