"""What a request costs: an estimate before, the provider's own count after. Prices are data: models.toml, and a route's own.

A price is one of three contracts: so much for a call, so much for a finished picture, or so much for a million tokens,
where a table of what a picture usually comes to serves as estimate. Amounts are in `currency`: USD, or a gateway's credits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..errors import ConfigInvalid
from .image_request import ImageRequest
from .sizes import Size, parse_size, stretch
from .usage import KINDS, counted

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Cost:
    """An amount and what it rests on; amount None where no price is known.

    `basis` is "usage" (tokens that the provider counted), "call" or "picture" (the route's price for one), "estimate"
    (the published tables), "history" (what the like has cost in this library), "free", or None.
    """

    amount: float | None
    basis: str | None
    currency: str = "USD"
    lacks: bool = False
    "Whether tokens were counted that are not in the amount, as nobody knows their price."


UNKNOWN = Cost(None, None)
FREE = Cost(0.0, "free")


@dataclass(frozen=True)
class Price:
    """What a route asks for a model."""

    call: float | None = None
    picture: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    "For a finished picture, by quality, whatever its size."
    tokens: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    "USD per million: text_in, text_in_cached, image_in, image_in_cached, image_out, text_out."
    image: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: _NOTHING)
    "What a picture usually comes to, by size and quality; only for estimates."
    partial_tokens: int = 0
    "Image output tokens of each partial."
    currency: str = "USD"

    @classmethod
    def of(cls, table: Mapping[str, Any], partial_tokens: int = 0) -> Price:
        """The price that a table of models.toml or of a route says."""
        return cls(partial_tokens=partial_tokens, **table)

    def estimate(self, request: ImageRequest) -> Cost:
        """The cost to expect; no amount where size or quality is left to the model, or no price stands in the tables."""
        if self.call is not None:
            return Cost(self.call, "estimate", self.currency)
        asked, usual = request.quality or "", self._usual(request.size, request.quality)
        each = self.picture.get(asked) if self.picture else usual
        return self._unknown if each is None else self._of_pictures(request, each)

    def at_most(self, request: ImageRequest) -> Cost:
        """The most that the tables allow for, where the model decides: what a budget must reckon with."""
        if (known := self.estimate(request)).amount is not None:
            return known
        if self.picture:
            return self._of_pictures(request, max(self.picture.values()))
        sizes = [request.size] if parse_size(request.size or "") else list(self.image)
        qualities = {quality for table in self.image.values() for quality in table}
        asked = [request.quality] if request.quality in qualities else sorted(qualities)
        amounts = [amount for s in sizes for q in asked if (amount := self._usual(s, q)) is not None]
        return self._of_pictures(request, max(amounts)) if amounts else self._unknown

    def actual(
        self,
        usage: Mapping[str, Any] | None,
        request: ImageRequest,
        pictures: int,
        main: Price | None = None,
        *,
        converses: bool = False,
    ) -> Cost:
        """The cost of an answer: by the route's price, or as the provider counted; of what it did not count, an estimate.

        `main` is the price of the model that writes: a conversation's main model, or the author of an SVG, whose tokens
        the provider counts beside those of the picture.
        """
        if not usage and not pictures:
            return self._unknown
        if self.call is not None:
            return Cost(self.call, "call", self.currency)
        if self.picture:
            each = self.picture.get(request.quality or "")
            dearest = max(self.picture.values())
            amount = pictures * (dearest if each is None else each)
            return Cost(round(amount, 6), "estimate" if each is None else "picture", self.currency)
        return self._counted(usage, request, pictures, main, converses)

    def partials(self, count: int) -> float:
        """What so many partials add to a picture."""
        return count * self.partial_tokens * self.tokens.get("image_out", 0.0) / 1e6

    def _of_pictures(self, request: ImageRequest, each: float) -> Cost:
        partials = self.partials(request.partial_images or 0)
        return Cost(round((request.n or 1) * (each + partials), 6), "estimate", self.currency)

    def _usual(self, size: str | None, quality: str | None) -> float | None:
        """From the table; a size that it has not, as the entry of the likest shape, in proportion to the pixels.

        The proportion is imgnb's assumption: what is published for such sizes is a calculator, not a table.
        """
        wanted = parse_size(size or "")
        tables = {parsed: table for text, table in self.image.items() if (parsed := parse_size(text))}
        known = {parsed: table[quality] for parsed, table in tables.items() if quality is not None and quality in table}
        if wanted is None or not known or 0 in wanted:
            return None
        likest = min(known, key=lambda other: (stretch(other, wanted), _pixels(other)))
        return known[likest] * _pixels(wanted) / _pixels(likest)

    def _counted(
        self, usage: object, request: ImageRequest, pictures: int, main: Price | None, converses: bool
    ) -> Cost:
        drew, wrote = counted(usage, converses=converses)
        drawn = drew.cost(self.tokens) if drew and self.tokens else None
        if drawn is None and pictures and (drawn := self.estimate(replace(request, n=pictures)).amount) is None:
            return self._unknown
        priced = main is not None and main.tokens and main.currency == self.currency
        written = wrote.cost(main.tokens) if wrote and main is not None and priced else None
        amounts = [amount for amount in (drawn, written) if amount is not None]
        if not amounts:
            return self._unknown
        lacks = bool(drew and drawn is None) or bool(wrote and written is None)
        basis = "usage" if drew or not pictures else "estimate"
        return Cost(round(sum(amounts), 6), basis, self.currency, lacks)

    @property
    def _unknown(self) -> Cost:
        return Cost(None, None, self.currency)


def _pixels(size: Size) -> int:
    return size[0] * size[1]


def check_price(name: str, table: Mapping[str, Any], source: str = "") -> None:
    """Raise ConfigInvalid for a price that cannot be reckoned with: here, not when a picture has come."""
    if (problem := _problem(table)) is not None:
        raise ConfigInvalid(
            f"{source}price {name!r} cannot be reckoned with: {problem}",
            hint=f"tokens has {', '.join(KINDS)} in USD per million; image has tables of USD by size and quality; a route's "
            "price may say call, or picture by quality, and currency instead",
        )


def _problem(table: object) -> str | None:
    if not isinstance(table, Mapping):
        return "it is no table"
    if unknown := set(table) - {"call", "picture", "tokens", "image", "currency"}:
        return f"{min(unknown)!r} is not known"
    if not isinstance(table.get("currency", ""), str):
        return "currency is not text"
    image = table.get("image", {})
    if not isinstance(image, Mapping):
        return "image is no table"
    rows = [{"call": table.get("call", 0)}, table.get("picture", {}), table.get("tokens", {}), *image.values()]
    for row in rows:
        if not isinstance(row, Mapping):
            return f"{row!r} is no table"
        for key, number in row.items():
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < float("inf"):
                return f"{key} is {number!r}"
    return _missing(table.get("tokens"))


def _missing(tokens: Mapping[str, Any] | None) -> str | None:
    """The kind of token that is left out: one who prices pictures prices all of it, main models know text alone."""
    if tokens is None:
        return None
    wanted = [kind for kind in KINDS if not kind.endswith("_cached")]
    if not any(kind.startswith("image") for kind in tokens):
        wanted = [kind for kind in wanted if kind.startswith("text")]
    return next((f"tokens has no {kind}" for kind in wanted if kind not in tokens), None)
