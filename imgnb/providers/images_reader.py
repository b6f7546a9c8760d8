"""What the documents of the Images API mean, and those of its relatives that answer in an envelope of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..events import OpenSink
from .answer_reader import AnswerReader, Read
from .waiting import Waiting

KNOWN = ("partial", "completed", "error", "keepalive")
"What stands in the names of events that are known, the last being a heartbeat."


class ImagesReader(AnswerReader):
    """Reads one JSON answer, or the events of a stream. `results` is where in an answer the pictures are: "data"."""

    captured = frozenset({"b64_json"})

    def __init__(self, open_sink: OpenSink, *, previews: bool, results: str = "data") -> None:
        super().__init__(open_sink, previews=previews)
        self._results = results.split(".")

    def _is_partial(self, kind: str, key: str, begun: Mapping[str, Any]) -> bool | None:
        if "partial" in kind:
            return True
        return False if "completed" in kind or self._results[0] in begun else None

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        items = self._found(value)
        if kind == "error" or (value.get("error") and not items and "b64_json" not in value):
            self._fail(value.get("error") or value)
            return
        if not items and _is_failure(value.get("code")):
            self._fail({"message": value.get("message"), "code": str(value["code"])})
            return
        if "partial" in kind:
            yield from self._partial(value.get("b64_json"), value.get("partial_image_index"), pending)
            return
        if kind and not items and not any(word in kind for word in KNOWN):
            self.unknown_events += 1
            return
        self.said |= {key: item for key, item in value.items() if key not in ("data", "b64_json", "usage", "type")}
        self._count(value.get("usage"))
        if isinstance(svg := value.get("svg_usage"), dict):
            self.usage = {**(self.usage or {}), "svg_usage": svg}
        for item in items if isinstance(items, list) else [value]:
            if isinstance(item, dict):
                meta = {key: said for key, said in item.items() if key not in ("b64_json", "usage", "type")}
                yield from self._image(item.get("b64_json"), meta, pending)

    def _found(self, value: dict[str, Any]) -> Any:
        found: Any = value
        for name in self._results:
            found = found.get(name) if isinstance(found, dict) else None
        return found


def _is_failure(code: object) -> bool:
    """Whether a code beside the pictures says that there are none; envelopes say 0 where all is well."""
    return code not in (None, "", 0, "0", 200, "200")
