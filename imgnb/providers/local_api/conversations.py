"""Conversations of the Responses API: what was said and drawn so far, and what the next turn makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .memory import Memory


@dataclass(frozen=True)
class Message:
    """What somebody said, and the pictures that were shown with it."""

    role: str
    text: str
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """A picture that the tool has drawn."""

    data: bytes


@dataclass(frozen=True)
class Context:
    """All of a conversation that still counts, oldest first."""

    entries: tuple[Message | Drawn, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """What the user said, message by message."""
        return tuple(entry.text for entry in self._messages if entry.role == "user")

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that was said, by whomever."""
        return tuple(entry.text for entry in self._messages)

    @property
    def prompt(self) -> str:
        """What the user said last; a message of pictures alone says nothing."""
        return next((text for text in reversed(self.asked) if text.strip()), "")

    def pictures(self, *, masked: bool = False) -> tuple[bytes, ...]:
        """What an edit starts from: the newest drawn picture, then those shown with the last message.

        With a mask it is the other way round, because a mask lies on the first. Where neither is there, those that were
        shown before.
        """
        drawn = tuple(entry.data for entry in self.entries if isinstance(entry, Drawn))[-1:]
        by_user = [entry.pictures for entry in self._messages if entry.role == "user"]
        shown = by_user[-1] if by_user else ()
        found = (*shown, *drawn) if masked else (*drawn, *shown)
        return found or next(filter(None, reversed(by_user)), ())

    def remembered(self) -> Context:
        """The context without the pictures that no later turn can start from."""
        newest: dict[type, int] = {
            type(entry): i for i, entry in enumerate(self.entries) if isinstance(entry, Drawn) or entry.pictures
        }
        kept = set(newest.values())
        return Context(
            tuple(
                replace(entry, pictures=()) if isinstance(entry, Message) and i not in kept else entry
                for i, entry in enumerate(self.entries)
                if i in kept or isinstance(entry, Message)
            )
        )

    def __add__(self, other: Context) -> Context:
        return Context((*self.entries, *other.entries))

    @property
    def _messages(self) -> list[Message]:
        return [entry for entry in self.entries if isinstance(entry, Message)]


@dataclass(frozen=True)
class Output:
    """An item of a response; a finished call of the tool has its picture beside it."""

    item: Mapping[str, Any]
    data: bytes | None = None

    @property
    def id(self) -> str:
        return str(self.item["id"])


@dataclass(frozen=True)
class Stored:
    """A response that can be continued and looked up: the document without its output, the output, the context after it."""

    document: Mapping[str, Any]
    output: tuple[Output, ...]
    context: Context

    @property
    def weight(self) -> int:
        """About how many bytes it holds that no other response does."""
        shown = (entry.pictures for entry in self.context.entries if isinstance(entry, Message))
        return sum(len(item.data or b"") for item in self.output) + sum(len(data) for some in shown for data in some)


def remembered_item(name: str, memory: Memory) -> Output | None:
    """The item of that id in a stored response; None when no response holds it."""
    return next((item for stored in memory.responses for item in stored.output if item.id == name), None)
