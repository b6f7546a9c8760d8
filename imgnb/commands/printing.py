"""How commands print: documents as JSON, and nothing that drives a terminal."""

from __future__ import annotations

import json
import sys

from ..providers.said import DRIVING


def print_json(document: object) -> None:
    """Print one JSON document, in ASCII where the output's encoding may lack letters."""
    print(json.dumps(document, ensure_ascii=not (sys.stdout.encoding or "utf-8").lower().startswith("utf")))


def plain(text: str) -> str:
    """The text without what would drive a terminal: answers and settings were written by others."""
    return DRIVING.sub("\ufffd", text)
