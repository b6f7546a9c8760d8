"""Answers with a provider's `usage`, as varied as they come, and what an independent price map (genai-prices) makes of them.

Deterministic: the n-th answer is always the same. gpt-image-2 and 2.5 have no text coming out here, because the map has no
price for it; main models stay below the context length from which they cost more.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from genai_prices import Usage, calc_price

from ..library.conftest import png

NO_TEXT_OUT = ("gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
IMAGE_MODELS = (*NO_TEXT_OUT, "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest")
MAIN_MODELS = ("gpt-5.5", "gpt-5.4")
SIZES = ("1024x1024", "1536x1024", "1024x1536")
QUALITIES = ("low", "medium", "high")
PARTIAL = 100
"Image output tokens of a partial, which a provider counts with the picture's."


@dataclass(frozen=True)
class Answer:
    """A request's options, and the usage that answers it; `via` is the protocol, `streamed` how it comes."""

    model: str
    main_model: str | None
    options: dict[str, Any]
    usage: dict[str, Any]
    pictures: int = 1
    streamed: bool = False

    @property
    def path(self) -> str:
        return "/responses" if self.main_model else "/images/generations"

    def http(self, seed: int) -> tuple[int, dict[str, str], bytes]:
        """The answer as a server gives it."""
        if self.main_model:
            return 200, {"content-type": "application/json"}, json.dumps(self._response(seed)).encode()
        pictures = [{"b64_json": base64.b64encode(png(seed + n)).decode()} for n in range(self.pictures)]
        if not self.streamed:
            body = {"created": 1, "data": pictures, "usage": self.usage}
            return 200, {"content-type": "application/json"}, json.dumps(body).encode()
        partials = int(self.options.get("partial_images", 0))
        events = [
            {"type": "image_generation.partial_image", "partial_image_index": n, **pictures[0]} for n in range(partials)
        ]
        events.append({"type": "image_generation.completed", **pictures[0], "usage": self.usage})
        body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return 200, {"content-type": "text/event-stream"}, body.encode()

    def _response(self, seed: int) -> dict[str, Any]:
        drawn = {
            "type": "image_generation_call", "id": f"ig_{seed}", "status": "completed",
            "result": base64.b64encode(png(seed)).decode(),
        }  # fmt: skip
        usage = {name: value for name, value in self.usage.items() if name != "tool_usage"}
        return {
            "object": "response", "id": f"resp_{seed}", "status": "completed", "model": self.main_model,
            "output": [drawn], "tools": [{"type": "image_generation", "model": self.model}], "usage": usage,
            "tool_usage": self.usage["tool_usage"],
        }  # fmt: skip

    def independent_cost(self) -> Decimal:
        """What the price map says."""
        if self.main_model is None:
            return _drawn(self.usage, self.model)
        return _drawn(self.usage["tool_usage"]["image_gen"], self.model) + _written(self.usage, self.main_model)


def answers(count: int = 200, seed: int = 20) -> list[Answer]:
    """So many answers, every fourth of them a conversation's."""
    chance = random.Random(seed)
    return [_conversation(chance) if number % 4 == 3 else _pictures(chance, number) for number in range(count)]


def _pictures(chance: random.Random, number: int) -> Answer:
    model = IMAGE_MODELS[number % len(IMAGE_MODELS)]
    options: dict[str, Any] = {"model": model, "size": chance.choice(SIZES), "quality": chance.choice(QUALITIES)}
    streamed = chance.random() < 0.4
    pictures = 1 if streamed else chance.choice((1, 1, 1, 2, 4))
    partials = chance.randint(1, 3) if streamed else 0
    options |= {"partial_images": partials} if streamed else {}
    options |= {"n": pictures} if pictures > 1 else {}
    usage = _image_usage(chance, model, partials, pictures)
    return Answer(model, None, options, usage, pictures, streamed)


def _conversation(chance: random.Random) -> Answer:
    model, main_model = chance.choice(IMAGE_MODELS), chance.choice(MAIN_MODELS)
    tokens, written = chance.randint(40, 60_000), chance.randint(10, 3_000)
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": chance.choice((0, tokens // 3)), "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": written // 2},
        "total_tokens": tokens + written,
        "tool_usage": {"image_gen": _image_usage(chance, model, 0, 1), "web_search": {"num_requests": 0}},
    }
    options = {"model": model, "main_model": main_model, "via": "responses", "size": chance.choice(SIZES)}
    return Answer(model, main_model, options, usage)


def _image_usage(chance: random.Random, model: str, partials: int, pictures: int) -> dict[str, Any]:
    text, image = chance.randint(1, 900), chance.choice((0, 0, 1056, 4160, 12_345))
    drawn = pictures * chance.randint(196, 8_000) + PARTIAL * partials
    wrote = 0 if model in NO_TEXT_OUT else chance.choice((0, 0, 150, 1_111))
    usage: dict[str, Any] = {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": drawn + wrote,
        "total_tokens": text + image + drawn + wrote,
    }
    if wrote or chance.random() < 0.5:
        usage["output_tokens_details"] = {"image_tokens": drawn, "text_tokens": wrote}
    if chance.random() < 0.4:
        cached_text, cached_image = text // 2, image // 4
        usage["cached_tokens"] = cached_text + cached_image
        usage["cached_tokens_details"] = {"cached_text_tokens": cached_text, "cached_image_tokens": cached_image}
    return usage


def _drawn(usage: dict[str, Any], model: str) -> Decimal:
    """The counts are handed over as they are; the map is to make of them what it will."""
    inputs, outputs = usage["input_tokens_details"], usage.get("output_tokens_details", {})
    cached = usage.get("cached_tokens_details", {})
    counts: dict[str, int] = {
        "input_tokens": usage["input_tokens"],
        "input_image_tokens": inputs["image_tokens"],
        "cache_read_tokens": usage.get("cached_tokens", 0),
        "cache_image_read_tokens": cached.get("cached_image_tokens", 0),
        "output_tokens": usage["output_tokens"],
    }
    if model not in NO_TEXT_OUT:  # of these the map knows one price for all that comes out
        counts["output_image_tokens"] = outputs.get("image_tokens", usage["output_tokens"])
    return Decimal(calc_price(Usage(**counts), model, provider_id="openai").total_price)


def _written(usage: dict[str, Any], model: str) -> Decimal:
    counts = {
        "input_tokens": usage["input_tokens"],
        "cache_read_tokens": usage["input_tokens_details"]["cached_tokens"],
        "output_tokens": usage["output_tokens"],
    }
    return Decimal(calc_price(Usage(**counts), model, provider_id="openai").total_price)
