"""What the line of a cell's magic asks for otherwise than a stored request, as far as that shows without running it.

Only what shapes the picture counts, as in the request's fingerprint. What `$name` or `{name}` stands for, and which
pictures the words of the line lead to, only running tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import RequestInvalid
from ..records.wording import one_line
from ..request import PARAMS, ImageRequest
from ..request.capabilities import normal_size
from .cell_source import MAGIC
from .magic_line import UsageInvalid, Wanted, parse

_OPERATIONS = {"imagegen": "generate", "imageedit": "edit", "imagechat": "converse"}
_OPEN = re.compile(r"\$\w|\{")
_LONGEST = 60


def asked_otherwise(magic: str, stored: ImageRequest) -> list[str]:
    """A phrase for each thing that this line asks for otherwise; none, for a line that would be refused."""
    found = MAGIC.match(magic)
    if found is None:
        return []
    try:
        wanted = parse(magic[found.end() :], "", images=found[1] != "imagegen")
        asked = _request(wanted, stored)
    except (UsageInvalid, RequestInvalid):
        return []
    if wanted.options.keys() & {"help", "dry_run"}:
        return []
    values = (one for one in asked.differences(stored) if not _is_open(one[1]))
    return [
        *_kinds(found[1], wanted, stored),
        *(f"{name}: {_told(mine)} asked, {_told(theirs)} pinned" for name, mine, theirs in values),
    ]


def _request(wanted: Wanted, stored: ImageRequest) -> ImageRequest:
    """The stored request with the parameters of a line in place of its own. Raises RequestInvalid for what is none."""
    params: dict[str, Any] = {name: value for name, value in wanted.params.items() if name in PARAMS}
    if "size" in params:
        params["size"] = normal_size(params["size"])
    return replace(stored, extras=wanted.options.get("extras", {}), **{**dict.fromkeys(PARAMS), **params})


def _kinds(magic: str, wanted: Wanted, stored: ImageRequest) -> Iterator[str]:
    """What kind of request it is, and what goes in; which pictures those are, is left open."""
    beside = {name for name in ("mask", "markup", "continues") if name in wanted.params}
    operation = _OPERATIONS[magic]
    # With pictures that an option names, %%imagegen edits.
    if operation != stored.operation and not (magic == "imagegen" and beside and stored.operation == "edit"):
        yield f"operation: {operation!r} asked, {stored.operation!r} pinned"
    before = {reference.role for reference in stored.references} | ({"continues"} if stored.continues else set())
    for name, said in (("mask", "mask"), ("markup", "markup"), ("continues", "answer to go on from")):
        if (name in beside) != (name in before):
            yield f"{said}: {'one asked, none' if name in beside else 'none asked, one'} pinned"


def _is_open(value: Any) -> bool:
    """Whether the notebook's variables might fill in something here."""
    if isinstance(value, str):
        return _OPEN.search(value) is not None
    if isinstance(value, Mapping):
        return any(_is_open(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_is_open(one) for one in value)


def _told(value: object) -> str:
    return "nothing" if value is None else one_line(repr(value), _LONGEST)
