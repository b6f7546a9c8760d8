"""What a copy of a picture says of how it was made, as its `imgnb` record.

Nothing of this machine is in it: no base URL, no key, no path, no notebook. Of what went in it has the hashes. What an
import was made with is in the words of another program: where one of them is a path, its last part stays.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssetNotFound
from ..pictures.metadata_packet import SOURCE_TYPES
from .door import Door, door

if TYPE_CHECKING:
    from .asset import Asset
    from .generation import Generation

SKETCHES = "local"
ENGINE = "embedded engine of imgnb"
_MOST_STEPS = 200
_PATH = re.compile(r"(?:/|~[\w.-]*/|[A-Za-z]:[\\/]|\\\\|file:)[^\n]*$")


def record_of(asset: Asset) -> dict[str, Any]:
    """The record of the newest generation that made this asset. Raises AssetNotFound where none did."""
    library = door(asset.root)
    try:
        made_by = library.generation(f"@{asset.sha256}")
    except AssetNotFound as exc:
        raise AssetNotFound(
            f"no generation made {asset.sha256[:12]}: there is nothing to say of it",
            hint="save an exact copy, or one without metadata",
        ) from exc
    record = {
        "imgnb": made_by.imgnb_version,
        "prompt": made_by.prompt,
        "model": _no_path(made_by.model_answered or made_by.model),
        "system": _system(made_by),
        "params": {name: _no_path(value) for name, value in made_by.params.items()},
        "effective": dict(made_by.effective),
        "route": made_by.route,
        "operation": made_by.operation,
        "revised_prompt": made_by.revised_prompt,
        "sha256": asset.sha256,
        "generation": made_by.id,
        "fingerprint": made_by.fingerprint,
        "take": made_by.take,
        "created_at": made_by.created_at,
        "references": [{"role": item.role, "sha256": item.asset.sha256} for item in made_by.inputs],
        "digital_source_type": _source_type(library, made_by, asset),
    }
    return {name: value for name, value in record.items() if value not in (None, {}, [])}


def _no_path(value: Any) -> Any:
    """A path from a root becomes its last part; names of models, as "owner/model", stay."""
    is_path = isinstance(value, str) and _PATH.match(value)
    return re.split(r"[\\/]", value.rstrip("\\/"))[-1] if is_path else value


def _system(made_by: Generation) -> str | None:
    """What drew it: a sketch bears the name of a model that it only stands in for, and of an import nobody knows."""
    if made_by.operation == "import":
        return None
    return ENGINE if made_by.route_owner == SKETCHES else made_by.model_answered or made_by.model


def _source_type(library: Door, made_by: Generation, asset: Asset) -> str | None:
    """The IPTC's word for where the picture comes from, by its definitions; of an import, what the file itself said.

    What the embedded engine sketches was learnt from nothing: it is purely algorithmic. A picture that a person gave
    and a model edited is a composite, also after many turns.
    """
    if made_by.operation == "import":
        return _told(asset.path)
    if made_by.route_owner == SKETCHES:
        return f"{SOURCE_TYPES}algorithmicMedia"
    given = _goes_back_to_what_was_given(library, made_by)
    return f"{SOURCE_TYPES}{'compositeWithTrainedAlgorithmicMedia' if given else 'trainedAlgorithmicMedia'}"


def _told(path: Path) -> str | None:
    from ..pictures.metadata_texts import source_type, texts

    return source_type(texts(path)) if path.is_file() else None


def _goes_back_to_what_was_given(library: Door, made_by: Generation) -> bool:
    """Whether a picture that no model made was edited on the way; masks and strokes are no pictures here."""
    waiting, seen = [made_by], {made_by.id}
    while waiting and len(seen) <= _MOST_STEPS:
        generation = waiting.pop()
        before = [f"@{item.asset.sha256}" for item in generation.inputs if item.role == "image"]
        for address in [*before, *([f"@{generation.continues}"] if generation.continues else [])]:
            try:
                maker = library.generation(address)
            except AssetNotFound:
                return True
            if maker.operation == "import":
                return True
            if maker.id not in seen:
                seen.add(maker.id)
                waiting.append(maker)
    return False
