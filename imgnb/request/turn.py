"""The answer that a request goes on from, as a value: who it is, and all that is needed to remind a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .references import Reference


@dataclass(frozen=True)
class Turn:
    """One answered turn of a conversation. Turns form a tree: any of them can be gone on from, and again."""

    generation_id: str
    fingerprint: str
    prompt: str
    text: str | None = None
    "What the main model said."
    inputs: tuple[Reference, ...] = field(default=(), repr=False)
    outputs: tuple[Reference, ...] = field(default=(), repr=False)
    route: str = ""
    base_url: str = ""
    response_id: str | None = None
    call_ids: tuple[str, ...] = ()
    remembered: bool = True
    "False where the server was told to store nothing (`store: false`)."
    earlier: Turn | None = field(default=None, repr=False)

    @property
    def identity(self) -> tuple[str, ...]:
        """What says which turn this is, wherever it is stored: its request and its pictures, else its very generation."""
        return (self.fingerprint, *([picture.sha256 for picture in self.outputs] or [self.generation_id]))

    def chain(self) -> Iterator[Turn]:
        """The turns of the conversation up to this one, the first first."""
        turns: list[Turn] = []
        turn: Turn | None = self
        while turn is not None:
            turns.append(turn)
            turn = turn.earlier
        return reversed(turns)

    @property
    def pictures(self) -> tuple[Reference, ...]:
        """The pictures that the conversation is about now: those of the newest turn that made some, else that were given."""
        turns = list(self.chain())[::-1]
        made = next((turn.outputs for turn in turns if turn.outputs), ())
        return made or next((turn.inputs for turn in turns if turn.inputs), ())
