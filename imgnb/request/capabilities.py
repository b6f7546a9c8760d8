"""What each model takes: the facts of models.toml, with the user's own tables laid over them.

What follows for a request is judged in `checks.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ..errors import ConfigInvalid
from .prices import Price, check_price
from .sizes import Size, format_size, parse_size


@dataclass(frozen=True)
class Capabilities:
    """What stands in the tables, and the questions they answer."""

    facts: Mapping[str, Any]

    @classmethod
    def load(
        cls,
        overrides: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        prices: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Capabilities:
        """The shipped facts; `overrides` maps model names to tables that replace or add to theirs, `prices` the prices'.

        Raises ConfigInvalid for a table that cannot be used.
        """
        facts = _shipped()
        for name, table in prices.items():
            check_price(name, table)
        if prices:
            facts = {**facts, "prices": {**facts["prices"], **prices}}
        if not overrides:
            return cls(facts)
        models = {**facts["models"]}
        for name, table in overrides.items():
            check_table(name, table, facts)
            models[name] = {"sizes": "free", **models.get(name, {}), **table}
        return cls({**facts, "models": models})

    @property
    def default_model(self) -> str:
        return str(self.facts["default"])

    @property
    def limits(self) -> Mapping[str, Any]:
        return self.facts["limits"]  # type: ignore[no-any-return]

    @property
    def models(self) -> tuple[str, ...]:
        """Every model name that is known and alive, snapshots after their model."""
        return tuple(
            name for model, table in self.facts["models"].items() for name in (model, *table.get("snapshots", ()))
        )

    def model(self, name: str) -> Mapping[str, Any] | None:
        """The facts of a model or of the model a snapshot belongs to; None when it is not known."""
        for model, table in self.facts["models"].items():
            if name == model or name in table.get("snapshots", ()):
                return table  # type: ignore[no-any-return]
        return None

    def on(self, overlay: Mapping[str, Mapping[str, Any]], offers: Sequence[str] = ()) -> Capabilities:
        """What a route makes of the models: `overlay` lays tables over those whose names match its keys ("gpt-image-2*").

        A table may say that its model is `like` another. With `offers`, only those are known. Without either, self.
        """
        if not overlay and not offers:
            return self
        models: dict[str, Mapping[str, Any]] = {}
        for name in dict.fromkeys((*offers, *(() if offers else self.facts["models"]), *filter(_is_name, overlay))):
            tables = [table for pattern, table in overlay.items() if fnmatchcase(name, pattern)]
            like = next((str(table["like"]) for table in reversed(tables) if "like" in table), name)
            if (base := self.model(like)) is None and not tables:
                continue
            laid = {key: value for table in tables for key, value in table.items() if key != "like"}
            snapshots = (base or {}).get("snapshots", ()) if like == name else ()
            models[name] = {"sizes": "free", **(base or {}), **laid, "snapshots": snapshots}
        return Capabilities({**self.facts, "models": models})

    def price(self, model: str) -> Price | None:
        """OpenAI's price of a model; None when none is known."""
        table = self.facts["prices"].get((self.model(model) or {}).get("price", model))
        return None if table is None else Price.of(table, self.limits["partial_image_tokens"])

    @property
    def default_main_model(self) -> str:
        return str(self.facts["default_main"])

    def size_rule(self, model: str) -> Mapping[str, Any] | None:
        """The rule for sizes of this model; None when the model is not known."""
        table = self.model(model)
        return None if table is None else self._rule(table["sizes"])

    def _rule(self, sizes: object) -> Mapping[str, Any]:
        """The rule that `sizes` means: one by name, a list of sizes, or a table laid over the rule `free`."""
        if isinstance(sizes, list):
            return {"auto": True, "usual": sizes}
        if isinstance(sizes, Mapping):
            return {**self.facts["sizes"]["free"], **sizes}
        return self.facts["sizes"][sizes]  # type: ignore[no-any-return]

    def choices(self, param: str, model: str | None = None) -> tuple[str, ...]:
        """The values that a parameter may have, for this model where one is named, for completion and forms."""
        if param == "model":
            return self.models
        if param == "main_model":
            return tuple(self.facts["main_models"])
        table = self.model(model or self.default_model) or {}
        if param == "size":
            rule = self._rule(table.get("sizes", "free"))
            return (("auto",) if rule["auto"] else ()) + tuple(rule["usual"])
        if param in ("quality", "output_format", "input_fidelity") and param in table:
            return tuple(table[param])
        return tuple(self.facts["choices"].get(param, ()))

    def models_with(self, param: str, value: object) -> list[str]:
        """The models that list this value for the parameter."""
        return [name for name, table in self.facts["models"].items() if value in table.get(param, ())]

    def who_takes(self, param: str) -> str:
        """Advice naming the models that take the parameter, or have transparent backgrounds."""
        names = [
            name
            for name, table in self.facts["models"].items()
            if (table.get("transparent") == "yes" if param == "transparent" else param not in table.get("refuses", ()))
        ]
        return f"use {', '.join(names)}"


def check_table(name: str, table: Mapping[str, Any], facts: Mapping[str, Any] | None = None, source: str = "") -> None:
    """Raise ConfigInvalid for a table of facts about a model that cannot be used."""
    facts = facts or _shipped()
    known = {key: type(value) for shipped in facts["models"].values() for key, value in shipped.items()} | {"like": str}
    for key, value in table.items():
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"a model has {', '.join(sorted(known))}"
            raise ConfigInvalid(f"{source}model {name!r} has no setting {key!r}", hint=hint)
        if type(value) is not known[key] and not (key == "sizes" and isinstance(value, list | dict)):
            kind = "a list" if known[key] is list else "text"
            raise ConfigInvalid(f"{source}model {name!r}: {key} is {value!r}", hint=f"give {kind}")
    sizes = table.get("sizes", "free")
    if isinstance(sizes, str) and sizes not in facts["sizes"]:
        raise ConfigInvalid(
            f"{source}model {name!r}: sizes is {sizes!r}", hint=f"use {' or '.join(facts['sizes'])}, or a list of sizes"
        )
    if isinstance(sizes, list) and not (sizes and all(isinstance(size, str) and parse_size(size) for size in sizes)):
        raise ConfigInvalid(f"{source}model {name!r}: sizes is {sizes!r}", hint='list sizes such as "1024x1024"')
    if isinstance(sizes, Mapping) and (odd := set(sizes) - set(facts["sizes"]["free"]) - {"below_max_ratio"}):
        raise ConfigInvalid(
            f"{source}model {name!r}: sizes has no {min(odd)!r}", hint=f"it has {', '.join(facts['sizes']['free'])}"
        )


def _is_name(pattern: str) -> bool:
    return not any(sign in pattern for sign in "*?[")


def normal_size(size: str) -> str:
    """A size in the providers' spelling ("1024 X 1024" -> "1024x1024"); anything else as it is."""
    parsed: Size | None = parse_size(size)
    return format_size(parsed) if parsed else size


@cache
def _shipped() -> Mapping[str, Any]:
    return MappingProxyType(tomllib.loads((resources.files(__package__) / "models.toml").read_text(encoding="utf-8")))
