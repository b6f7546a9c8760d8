"""What the documents of a chat completion mean, where the answer is a Markdown link to a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .answer_reader import AnswerReader, Read, Words
from .waiting import Waiting

# No part of it can be read in two ways, nor runs on into the next picture: a long answer of brackets takes no minutes.
_ALTERNATIVE = r"!\[(?:[^\]!]|!(?!\[))*+\]"
_URL = r"\(\s*+<?((?:[^()\s<>]++|\([^()\s<>]*+\))++)>?"
_PICTURE = re.compile(_ALTERNATIVE + _URL + r"[^)]{0,1000}+\)")


CONTENT_LIMIT = 64_000_000
"How many characters a message may have with the pictures that its links hold."

FILTERED = "content_filter"


class ChatReader(AnswerReader):
    """Reads one JSON answer, or the chunks of a stream: `![image](https://...)` is a picture, all else is text."""

    captured = frozenset()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._content = Words(CONTENT_LIMIT)
        self._refused = Words()
        self._urls: list[str] = []
        self._filtered = False

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        if kind == "error" or (value.get("error") and not value.get("choices")):
            self._fail(value.get("error") or value)
        self.said |= {key: value[key] for key in ("model",) if value.get(key)}
        self.response_id = value["id"] if isinstance(value.get("id"), str) else self.response_id
        for choice in _tables(value.get("choices")):
            self._filtered = self._filtered or choice.get("finish_reason") == FILTERED
            for said in _tables([choice.get("message") or choice.get("delta")]):
                self._take(said)
        self._count_tokens(value.get("usage"))
        yield from ()

    def _take(self, said: dict[str, Any]) -> None:
        """A message, or a piece of one: its words, and pictures that stand beside them as parts."""
        content = said.get("content")
        for part in _tables([{"text": content}] if isinstance(content, str) else content) + _tables(said.get("images")):
            if isinstance(text := part.get("text"), str):
                self._content.add(text)
            url = part.get("image_url")
            url = url.get("url") if isinstance(url, dict) else url
            if isinstance(url, str) and url:
                self._urls.append(url)
            if isinstance(refused := part.get("refusal"), str):
                self._refused.add(refused)
        if isinstance(refused := said.get("refusal"), str):
            self._refused.add(refused)

    def _count_tokens(self, usage: object) -> None:
        """In the words of the other protocols, so that one price list serves all."""
        if isinstance(usage, dict):
            names: dict[Any, Any] = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
            self.usage = {names.get(str(name), str(name)): count for name, count in usage.items()}

    def _conclude(self) -> None:
        content = self._content.joined()
        self.text = self._told(_PICTURE.sub("", content).strip())
        for url in dict.fromkeys([*_PICTURE.findall(content), *self._urls]):
            self._link(url, {"url": url})
        refused = self._refused.joined()
        if not refused and not self._filtered:
            return
        why = refused or "the answer was stopped by the provider's content filter"
        if self.place or self.text:
            self._note(f"beside what came: {why}")
        else:
            self._fail({"message": why, "code": FILTERED})


def _tables(value: object) -> list[dict[str, Any]]:
    """The objects of what should be a list of them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
