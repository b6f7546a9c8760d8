"""In what the providers' servers differ from each other, as data: one table for each, with the source of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from ...errors import ConfigInvalid


@dataclass(frozen=True)
class Dialect:
    """What one provider's server does in its own way."""

    name: str
    source: str
    speaks: frozenset[str]
    "Which groups of endpoints it has: images, responses, files, chat, envelope."
    response_format: Literal["refused", "ignored", "obeyed"] = "refused"
    generations_are_links: bool = False
    takes_image_array: bool = False
    "Whether pictures in a generation's JSON body make it an edit."
    streams_need_partials: bool = False
    below_max_ratio: bool = False
    "Whether a size must stay below the longest shape that others still take."
    models: tuple[str, ...] | None = None
    "The only models it has; None where it has all that are known and passes on the others."
    transparent_models: tuple[str, ...] | None = None
    "The only models with transparent backgrounds; None where models.toml decides."
    model_suffix: str = ""
    "What its own names of known models end with."
    main_models: tuple[str, ...] = ()
    lenient: bool = False
    "Whether options that nobody knows are passed over instead of refused."


OPENAI = Dialect(
    "openai",
    "openai Python SDK 3.52.0, November 2026: types/image_*, types/responses/, types/file_object.py",
    frozenset({"images", "responses", "files"}),
    main_models=("gpt-5.5", "gpt-5.4"),
)
XAIROUTER = Dialect(
    "xairouter",
    "XAI Router, tests of its Images and Responses API, 25 April to 1 May 2026",
    frozenset({"images", "responses"}),
    response_format="ignored",
    main_models=("gpt-5.5",),
)
XINLIU = Dialect(
    "xinliu",
    "xinliu, reference of /v1/images/generations, May 2026",
    frozenset({"images"}),
    generations_are_links=True,
    takes_image_array=True,
    streams_need_partials=True,
    below_max_ratio=True,
    models=("gpt-image-2", "gpt-image-2-pro", "gpt-image-2-2026-04-21", "gpt-image-1.5"),
    transparent_models=("gpt-image-1.5",),
)
LAOZHANG = Dialect(
    "laozhang",
    "laozhang.ai, GPT-Image-2 API page, April 2026, and its model list, November 2026",
    frozenset({"images", "chat"}),
    response_format="obeyed",
    model_suffix="-vip",
)
GPTIMAGEAPI = Dialect(
    "gptimageapi", "gptimageapi.dev, reference of /v1/images/generate, April 2026", frozenset({"envelope"})
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (OPENAI, XAIROUTER, XINLIU, LAOZHANG, GPTIMAGEAPI)}
)

EVERYTHING = replace(
    OPENAI,
    source="none: what the route `local` speaks in this process",
    speaks=frozenset().union(*(dialect.speaks for dialect in DIALECTS.values())),
    response_format="obeyed",
    lenient=True,
)
"OpenAI's dialect with the others' endpoints, which takes what any of them takes."


def dialect(name: str) -> Dialect:
    """The dialect of that name. Raises ConfigInvalid for one that does not exist."""
    if name in DIALECTS:
        return DIALECTS[name]
    close = get_close_matches(name, DIALECTS, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"dialects are {', '.join(DIALECTS)}"
    raise ConfigInvalid(f"there is no dialect {name!r}", hint=hint)
