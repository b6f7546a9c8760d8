"""The wire protocols that routes speak, and what is to be known of each before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import ConfigInvalid

if TYPE_CHECKING:
    from .http import Wire
    from .provider import Provider


@dataclass(frozen=True)
class Dialect:
    """A protocol: the class that speaks it, and what it has and has not."""

    speaker: str
    converses: bool = False
    "Answers go on from earlier ones."
    streams: bool = True
    takes: tuple[str, ...] | None = None
    "The only parameters that it has; None: whatever the model takes."


DIALECTS: Mapping[str, Dialect] = {
    "images": Dialect("openai_images:OpenAIImages"),
    "responses": Dialect("openai_responses:OpenAIResponses", converses=True),
    "chat": Dialect("chat_completions:ChatCompletions", streams=False, takes=("model",)),
}
"Each is imported when a route needs it."


def provider_for(dialect: str, wire: Wire) -> Provider:
    """The provider that speaks this dialect over `wire`. Raises ConfigInvalid for a dialect that nobody speaks."""
    if dialect not in DIALECTS:
        raise ConfigInvalid(f"there is no dialect {dialect!r}", hint=f"dialects are {', '.join(DIALECTS)}")
    module, _, name = DIALECTS[dialect].speaker.partition(":")
    provider: Provider = getattr(import_module(f".{module}", __package__), name)(wire)
    return provider
