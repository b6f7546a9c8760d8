"""Routes that charge, on a canned server: what they ask is settings, what they count is in the answer."""

from __future__ import annotations

import base64
import json
from typing import Any

from .library.conftest import png
from .servers import Canned

JSON = {"content-type": "application/json"}


def openai_like(canned: Canned, **table: Any) -> dict[str, Any]:
    """Settings of a route on the canned server; by default it charges by token, as OpenAI does."""
    prices = {} if "prices" in table else {"openai_prices": True}
    route = {"base_url": canned.url, "also_speaks": ["responses"], **prices, **table}
    return {"routes": {"paid": route}, "route": "paid"}


def answer(canned: Canned, pictures: int = 1, **said: Any) -> None:
    """Let the server answer with so many little pictures, and this beside them."""
    data = [{"b64_json": base64.b64encode(png(n)).decode()} for n in range(pictures)]
    body = json.dumps({"created": 1, "data": data, **said}).encode()
    canned.answers["/images/generations"] = (200, JSON, body)
