"""What each model takes: the facts of models.toml, with the user's own tables laid over them.

What follows for a request is judged in `checks.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ..errors import ConfigInvalid
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
            _check_price(name, table, facts)
        if prices:
            facts = {**facts, "prices": {**facts["prices"], **prices}}
        if not overrides:
            return cls(facts)
        models = {**facts["models"]}
        for name, table in overrides.items():
            _check_table(name, table, facts)
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

    def size_rule(self, model: str) -> Mapping[str, Any] | None:
        """The rule for sizes of this model; None when the model is not known."""
        table = self.model(model)
        return None if table is None else self.facts["sizes"][table["sizes"]]

    def choices(self, param: str, model: str | None = None) -> tuple[str, ...]:
        """The values that a parameter may have, for this model where one is named, for completion and forms."""
        if param == "model":
            return self.models
        table = self.model(model or self.default_model) or {}
        if param == "size":
            rule = self.facts["sizes"][table.get("sizes", "free")]
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


def _check_price(name: str, table: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """A price that cannot be reckoned with is refused here, not when a picture has come."""
    kinds = next(iter(facts["prices"].values()))["tokens"]
    tokens, images = table.get("tokens", kinds), table.get("image", {})
    rows = [tokens, *images.values()] if isinstance(images, Mapping) else [None]
    numbers = [number for row in rows if isinstance(row, Mapping) for number in row.values()]
    if (
        set(table) - {"tokens", "image"}
        or not all(isinstance(row, Mapping) for row in rows)
        or not all(isinstance(number, int | float) and number >= 0 for number in numbers)
        or not {kind for kind in kinds if not kind.endswith("_cached")} <= set(tokens)
    ):
        raise ConfigInvalid(
            f"price {name!r} cannot be reckoned with",
            hint=f"tokens has {', '.join(kinds)} in USD per million; image has tables of USD by size and quality",
        )


def _check_table(name: str, table: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    known = {key: type(value) for shipped in facts["models"].values() for key, value in shipped.items()}
    for key, value in table.items():
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"a model has {', '.join(sorted(known))}"
            raise ConfigInvalid(f"model {name!r} has no setting {key!r}", hint=hint)
        if type(value) is not known[key]:
            kind = "a list" if known[key] is list else "text"
            raise ConfigInvalid(f"model {name!r}: {key} is {value!r}", hint=f"give {kind}")
    if (sizes := table.get("sizes", "free")) not in facts["sizes"]:
        raise ConfigInvalid(f"model {name!r}: sizes is {sizes!r}", hint=f"use {' or '.join(facts['sizes'])}")


def normal_size(size: str) -> str:
    """A size in the providers' spelling ("1024 X 1024" -> "1024x1024"); anything else as it is."""
    parsed: Size | None = parse_size(size)
    return format_size(parsed) if parsed else size


@cache
def _shipped() -> Mapping[str, Any]:
    return MappingProxyType(tomllib.loads((resources.files(__package__) / "models.toml").read_text(encoding="utf-8")))
