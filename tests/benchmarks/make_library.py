"""Makes a big library quickly: `python -m tests.benchmarks.make_library FOLDER [GENERATIONS]`.

Rows go in through Core, with prompts of realistic length; one real picture lies behind every thousandth generation, so
that there are answers to look up. The rest of the blobs are missing, as in a library whose bytes are on another disk.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from ulid import ULID

from imgnb.library import Library, tables
from imgnb.records import blob_path
from imgnb.request import ImageRequest

WORDS = """hero image poster chart watercolor studio product shot bottle mountain fox snow night city rain neon portrait
linen ceramic mug table window light soft shadow isometric diagram blueprint botanical engraving cover annual report
energy transition wind turbine coast fog bicycle market fruit stall kitchen copper teal orange pastel minimal flat
vector logo mascot robot garden greenhouse library shelf train station winter harbour boat lighthouse storm desert dune
camel tent starry sky aurora cabin forest path autumn leaves mushroom macro dew spider web glass crystal marble""".split()  # noqa: SIM905
MODELS = ("gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare", "gpt-image-1.5")
ROUTES = ("openai", "openai", "openai", "xairouter", "local")
BATCH = 5_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_library(folder: Path, generations: int = 100_000, seed: int = 1) -> None:
    """Fill a new library with that many finished generations, two pictures in every third."""
    chance = random.Random(seed)
    with Library(folder) as library:
        for first in range(0, generations, BATCH):
            rows = [_rows(chance, number, folder) for number in range(first, min(first + BATCH, generations))]
            with library._store.database.writing() as connection:
                connection.execute(insert(tables.asset), [asset for row in rows for asset in row["assets"]])
                connection.execute(insert(tables.generation), [row["generation"] for row in rows])
                connection.execute(insert(tables.output), [output for row in rows for output in row["outputs"]])
                connection.execute(insert(tables.attempt), [row["attempt"] for row in rows])


def request_of(number: int, seed: int = 1) -> ImageRequest:
    """The request of the n-th generation."""
    chance = random.Random(seed * 1_000_003 + number)
    prompt = " ".join(chance.choices(WORDS, k=chance.randint(8, 60)))
    return ImageRequest(prompt, model=chance.choice(MODELS), size="1024x1024", quality="low")


def _rows(chance: random.Random, number: int, folder: Path) -> dict[str, Any]:
    request = request_of(number)
    moment = START + timedelta(seconds=number * 120)
    id = str(ULID.from_timestamp(moment.timestamp()))
    created_at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    route = chance.choice(ROUTES)
    assets = [_asset(f"{number}.{index}", created_at) for index in range(2 if number % 3 == 0 else 1)]
    if number % 1000 == 0:
        for asset in assets:
            path = blob_path(folder, asset["sha256"], "image/png")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    return {
        "generation": _generation(request, id, route, created_at, chance),
        "assets": assets,
        "outputs": [
            {"generation": id, "position": position, "asset": asset["sha256"], "meta_json": "{}"}
            for position, asset in enumerate(assets)
        ],
        "attempt": {
            "generation": id, "number": 1, "route": route, "endpoint": "images/generations", "started_at": created_at,
            "seconds": 9.5, "status": 200, "wait": 0.0, "streamed": True,
        },
    }  # fmt: skip


def _generation(request: ImageRequest, id: str, route: str, created_at: str, chance: random.Random) -> dict[str, Any]:
    failed = chance.random() < 0.03
    return {
        "id": id, "fingerprint": request.fingerprint(),
        "take": None if failed else 1, "status": "failed" if failed else "succeeded", "session": "made",
        "operation": "generate", "prompt": request.prompt,
        "prompt_sha256": hashlib.sha256(request.prompt.encode()).hexdigest(), "variables_json": "{}",
        "params_json": '{"quality":"low","size":"1024x1024"}', "effective_json": '{"size":"1024x1024"}',
        "mismatches_json": "[]", "notes_json": "[]", "usage_json": '{"total_tokens":4200}', "route": route,
        "route_owner": route, "base_url": "https://example.org/v1", "endpoint": "images/generations",
        "dialect": "images", "model": request.model, "partials_asked": 2, "partials_received": 2,
        "cost": 0.04, "cost_basis": "usage", "currency": "USD", "seconds": 9.5, "imgnb_version": "0.1",
        "created_at": created_at, "finished_at": created_at,
    }  # fmt: skip


def _asset(name: str, created_at: str) -> dict[str, Any]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "sha256": digest, "media_type": "image/png", "bytes": 1_500_000, "width": 1024, "height": 1024,
        "has_alpha": False, "frames": 1, "created_at": created_at,
    }  # fmt: skip


if __name__ == "__main__":
    begun = time.perf_counter()
    make_library(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    print(f"{time.perf_counter() - begun:.1f} s")
