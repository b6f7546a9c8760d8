"""Makes a big library quickly: `python -m tests.benchmarks.make_library FOLDER [GENERATIONS]`.

Rows go in through Core: prompts as people write them, two pictures in every third generation, an edit in every fifth,
notebooks, tags on a fifth of the pictures, ratings on a sixth, notes on a few. An empty file lies behind every thousandth
generation, so that there are answers to look up. The rest of the blobs are missing, as in a library whose bytes are on
another disk.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from ulid import ULID

from imgnb.library import Library, tables
from imgnb.library.columns import to_json
from imgnb.records import blob_path
from imgnb.request import ImageRequest
from imgnb.request.references import Reference

from .prompts import name_of, prompt_of

SIZES = ("1024x1024", "1024x1024", "1536x1024", "1024x1536")
MODELS = ("gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare", "gpt-image-1.5")
ROUTES = ("openai", "openai", "openai", "xairouter", "local")
NOTEBOOKS = tuple(
    f"{name}.ipynb" for name in ("report", "sweep", "covers", "icons", *(f"draft-{n}" for n in range(60)))
)
TAGS = ("star", "cover", "winter", "print", "web", "hero", *(f"project-{n}" for n in range(60)))
BATCH = 5_000
START = datetime(2025, 12, 1, tzinfo=UTC)
EVERY = timedelta(seconds=30)


def make_library(folder: Path, generations: int = 100_000, seed: int = 1, every: timedelta = EVERY) -> None:
    """Fill a new library with that many finished generations, two pictures in every third."""
    chance, takes = random.Random(seed), Counter[tuple[str, str]]()
    with Library(folder) as library:
        for first in range(0, generations, BATCH):
            rows = [_rows(chance, number, folder, every) for number in range(first, min(first + BATCH, generations))]
            for row in rows:
                _number_take(row["generation"][0], takes)
            with library._store.database.writing() as connection:
                for table in ("asset", "generation", "output", "input", "attempt", "tag", "rating", "note"):
                    if values := [value for row in rows for value in row.get(table, ())]:
                        connection.execute(insert(tables.metadata.tables[table]), values)


def _number_take(generation: dict[str, Any], takes: Counter[tuple[str, str]]) -> None:
    """Chance asks for some things more than once."""
    if generation["take"] is not None:
        key = (generation["fingerprint"][3:19], generation["route"])
        takes[key] += 1
        generation["take"] = takes[key]


def request_of(number: int, seed: int = 1) -> ImageRequest:
    """The request of the n-th generation: of every fifth it is an edit of an earlier picture."""
    chance = random.Random(seed * 1_000_003 + number)
    request = ImageRequest(prompt_of(chance), model=chance.choice(MODELS), size=chance.choice(SIZES), quality="low")
    if number % 5 != 3:
        return request
    base = _digest(f"{33 * chance.randrange(1 + number // 33)}.0")
    reference = Reference(base, "image/png", Path(base), "image", 1024, 1024, False, 1_500_000, "@hero")
    return replace(request, operation="edit", references=(reference,))


def _rows(chance: random.Random, number: int, folder: Path, every: timedelta) -> dict[str, Any]:
    request = request_of(number)
    moment = START + number * every
    ulid = ULID.from_timestamp(moment.timestamp())
    id, created_at = str(ulid), moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    route = chance.choice(ROUTES)
    generation = _generation(request, number, id, route, created_at, chance)
    drawn = 0 if generation["status"] == "failed" else 2 if number % 3 == 0 else 1
    assets = [_asset(f"{number}.{index}", created_at, chance, request) for index in range(drawn)]
    if number % 1000 == 0:
        for asset in assets:
            path = blob_path(folder, asset["sha256"], "image/png")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    return {
        "asset": assets,
        "generation": [{**generation, "number": ulid.milliseconds}],
        "output": [
            {"generation": id, "position": position, "asset": asset["sha256"], "meta_json": "{}"}
            for position, asset in enumerate(assets)
        ],
        "input": [
            {"generation": id, "position": n, "role": r.role, "asset": r.sha256, "source": r.source}
            for n, r in enumerate(request.references)
        ],
        "attempt": [{
            "generation": id, "number": 1, "route": route, "endpoint": generation["endpoint"], "started_at": created_at,
            "seconds": 9.5, "status": 200, "wait": 0.0, "streamed": True,
        }],
        **_labels(chance, assets, created_at),
    }  # fmt: skip


def _labels(chance: random.Random, assets: list[dict[str, Any]], created_at: str) -> dict[str, Any]:
    tags, ratings, notes = [], [], []
    for asset in assets:
        label = {"asset": asset["sha256"], "created_at": created_at}
        if chance.random() < 0.2:
            picked = {TAGS[min(int(chance.expovariate(0.2)), len(TAGS) - 1)] for _ in range(2)}
            tags += [{**label, "tag": tag} for tag in sorted(picked)]
        if chance.random() < 0.16:
            ratings.append({**label, "stars": chance.randint(1, 5)})
        if chance.random() < 0.03:
            notes.append({**label, "text": f"{name_of(chance)} wants it brighter in print"})
    return {"tag": tags, "rating": ratings, "note": notes}


def _generation(
    request: ImageRequest, number: int, id: str, route: str, created_at: str, chance: random.Random
) -> dict[str, Any]:
    failed = number % 33 == 7
    return {
        "id": id, "fingerprint": request.fingerprint(),
        "take": None if failed else 1, "status": "failed" if failed else "succeeded", "session": "made",
        "operation": request.operation, "prompt": request.prompt,
        "prompt_sha256": hashlib.sha256(request.prompt.encode()).hexdigest(), "variables_json": "{}",
        "params_json": to_json(request.params()), "effective_json": to_json({"size": request.size, "n": 1}),
        "mismatches_json": "[]", "notes_json": "[]", "usage_json": '{"total_tokens":4200}', "route": route,
        "route_owner": route, "base_url": "https://example.org/v1", "endpoint": "images/edits" if request.references else "images/generations",
        "dialect": "images", "model": request.model, "partials_asked": 2, "partials_received": 2,
        "cost": None if failed else round(chance.uniform(0.01, 0.2), 4), "cost_basis": None if failed else "usage", "currency": "USD", "seconds": 9.5, "imgnb_version": "0.1",
        "created_at": created_at, "finished_at": created_at,
        "notebook": chance.choice(NOTEBOOKS), "cell_id": f"{chance.getrandbits(32):08x}",
        "revised_prompt": request.prompt[:120] if chance.random() < 0.1 else None,
        "error_kind": "refused" if failed else None,
        "error_message": "Your request was rejected by the safety system." if failed else None,
    }  # fmt: skip


def _asset(name: str, created_at: str, chance: random.Random, request: ImageRequest) -> dict[str, Any]:
    width, height = map(int, str(request.size).split("x"))
    return {
        "sha256": _digest(name), "media_type": "image/png", "bytes": chance.randint(900_000, 2_500_000), "width": width,
        "height": height, "has_alpha": False, "frames": 1, "created_at": created_at, "phash": f"{chance.getrandbits(64):016x}",
    }  # fmt: skip


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


if __name__ == "__main__":
    begun = time.perf_counter()
    make_library(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    print(f"{time.perf_counter() - begun:.1f} s")
