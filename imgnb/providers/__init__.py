"""Ways to pictures: routes, the dialects that they speak, and the embedded engine. The only part that knows HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import ConfigInvalid

if TYPE_CHECKING:
    from .http import Wire
    from .provider import Provider

DIALECTS: Mapping[str, str] = {"images": "openai_images:OpenAIImages"}
"Dialects and the classes that speak them; each is imported when a route needs it."


def provider_for(dialect: str, wire: Wire) -> Provider:
    """The provider that speaks this dialect over `wire`. Raises ConfigInvalid for a dialect that nobody speaks."""
    if dialect not in DIALECTS:
        raise ConfigInvalid(f"there is no dialect {dialect!r}", hint=f"dialects are {', '.join(DIALECTS)}")
    module, _, name = DIALECTS[dialect].partition(":")
    provider: Provider = getattr(import_module(f".{module}", __name__), name)(wire)
    return provider
