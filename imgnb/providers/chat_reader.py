"""What the documents of a chat completion mean, where the answer is a Markdown link to a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .answer_reader import AnswerReader, Read
from .waiting import Waiting

# No part of it can be read in two ways, nor runs on into the next picture: a long answer of brackets takes no minutes.
_ALTERNATIVE = r"!\[(?:[^\]!]|!(?!\[))*+\]"
_URL = r"\(\s*+<?((?:[^()\s<>]|\([^()\s<>]*+\))++)>?"
_PICTURE = re.compile(_ALTERNATIVE + _URL + r"[^)]{0,1000}+\)")


class ChatReader(AnswerReader):
    """Reads one JSON answer, or the chunks of a stream: `![image](https://...)` is a picture, all else is text."""

    captured = frozenset()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._content: list[str] = []

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        if kind == "error" or (value.get("error") and not value.get("choices")):
            self._fail(value.get("error") or value)
        self.said |= {key: value[key] for key in ("model",) if value.get(key)}
        self.response_id = value["id"] if isinstance(value.get("id"), str) else self.response_id
        choices = value.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            said = (choice.get("message") or choice.get("delta")) if isinstance(choice, dict) else None
            if isinstance(said, dict) and isinstance(said.get("content"), str):
                self._content.append(said["content"])
        self._count_tokens(value.get("usage"))
        yield from ()

    def _count_tokens(self, usage: object) -> None:
        """In the words of the other protocols, so that one price list serves all."""
        if isinstance(usage, dict):
            names: dict[Any, Any] = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
            self.usage = {names.get(str(name), str(name)): count for name, count in usage.items()}

    def _conclude(self) -> None:
        content = "".join(self._content)
        for url in dict.fromkeys(_PICTURE.findall(content)):
            self._link(url, {"url": url})
        self.text = _PICTURE.sub("", content).strip() or None
