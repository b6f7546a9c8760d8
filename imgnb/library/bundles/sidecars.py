"""A folder for people: each picture under a name that can be read, and beside it what it was made with, as JSON.

It is for sending, editing and publishing; what travels from library to library whole, with every row, is the zip.
`imgnb import` reads such a folder as it does pictures of other programs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import AssetNotFound
from ...files.whole import whole_file
from ...records import Asset, Generation, Labels
from ..database import translated
from .exporting import Exported
from .gathering import bare
from .limits import Progress

VERSION = 1
_LONGEST_SLUG = 48


def export_folder(generations: Iterable[Generation], labels_of: Any, target: Path, progress: Progress) -> Exported:
    """Write the pictures of these generations into the folder; what is there under the same name is written anew."""
    count = pictures = size = 0
    gone: list[str] = []
    with translated(target):
        target.mkdir(parents=True, exist_ok=True)
        for generation in generations:
            count += 1
            for asset in generation.assets:
                try:
                    size += _write(generation, asset, labels_of(asset), target)
                except AssetNotFound:
                    gone.append(asset.sha256)
                    continue
                pictures += 1
                progress(size, size)
    return Exported(target, count, pictures, size, tuple(gone))


def _write(generation: Generation, asset: Asset, labels: Labels, target: Path) -> int:
    """Write a picture and its JSON; how many bytes that is."""
    stem = f"{generation.created_at[:10]}-{slug(generation.prompt)}-{asset.sha256[:8]}"
    document = json.dumps(_document(generation, asset, labels), indent=2, ensure_ascii=False).encode(
        "utf-8", "backslashreplace"
    )
    picture = asset.save(target / f"{stem}{asset.path.suffix}")
    with whole_file(target / f"{stem}.json") as file:
        file.write_bytes(document + b"\n")
    return picture.stat().st_size + len(document)


def slug(prompt: str) -> str:
    """The prompt's beginning as part of a file name that every system takes."""
    plain = unicodedata.normalize("NFKD", prompt[:400]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:_LONGEST_SLUG].rstrip("-") or "picture"


def _document(generation: Generation, asset: Asset, labels: Labels) -> dict[str, Any]:
    told = {
        "imgnb": VERSION,
        "prompt": generation.prompt,
        "revised_prompt": generation.revised_prompt,
        "model": generation.model_answered or generation.model,
        "params": dict(generation.params),
        "effective": dict(generation.effective),
        "route": generation.route,
        "references": [{"role": i.role, "sha256": i.asset.sha256, "source": bare(i.source)} for i in generation.inputs],
        "cost": generation.cost,
        "currency": generation.currency if generation.cost is not None else None,
        "created_at": generation.created_at,
        "generation": generation.id,
        "take": generation.take,
        "sha256": asset.sha256,
        "media_type": asset.media_type,
        "width": asset.width,
        "height": asset.height,
        **labels.to_dict(),
    }
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}
