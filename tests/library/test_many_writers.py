"""Many at once on one library: processes and threads that write, and writers that are killed while they do."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from imgnb.events import Cancel, Image
from imgnb.library import Library
from imgnb.records import Generation

from .conftest import FOX, ORIGIN, SUCCESS, draw, png
from .processes import KILLED, Child

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="forks other kernels")]

PROCESSES, THREADS, SHARED, OWN = 10, 5, 4, 2
KILLS = 200


def test_ten_processes_with_five_threads_each_lose_nothing_and_pay_once(tmp_path: Path) -> None:
    """All rows are there, nobody is told of a lock, and what all of them ask for is drawn by one of them."""
    root = tmp_path / "library"
    Library(root).close()
    children = [Child(lambda say, n=n: work(root, n, say)) for n in range(PROCESSES)]
    ends = [child.end() for child in children]

    assert [status for status, _ in ends] == [0] * PROCESSES, ends
    drawn = [line for _, lines in ends for line in lines]
    with Library(root) as library:
        generations = list(library)
        assert {generation.status for generation in generations} == {"succeeded"}
        assert sorted(drawn) == sorted(generation.id for generation in generations)
        prompts = [generation.prompt for generation in generations]
        assert len(prompts) == len(set(prompts)) == SHARED + PROCESSES * THREADS * OWN
        assert all(generation.take == 1 for generation in generations)
        assert library.stats()["generations"] == {"succeeded": len(generations)}


def work(root: Path, process: int, say: Callable[[str], None]) -> None:
    """Threads of one kernel ask for what everybody asks for, and for what nobody else does; say what was paid for."""
    with Library(root) as library, ThreadPoolExecutor(THREADS) as threads:

        def thread(number: int) -> None:
            mine = [f"picture {n} of thread {number} in process {process}" for n in range(OWN)]
            wanted = [*(f"picture {n} for all" for n in range(SHARED)), *mine]
            random.Random(process * 100 + number).shuffle(wanted)
            for prompt in wanted:
                if (id := ask(library, prompt)) is not None:
                    say(id)

        list(threads.map(thread, range(THREADS)))


def ask(library: Library, prompt: str) -> str | None:
    """The id of the generation that this call paid for, or None where another one did."""
    request = replace(FOX, prompt=prompt)
    while True:
        claim = library.claim(request, ORIGIN)
        if claim.generation_id is not None:
            finish(library, claim.generation_id, png(len(prompt) + hash_of(prompt)))
            return claim.generation_id
        if claim.answer is not None:
            return None
        assert claim.busy is not None
        library.wait(claim.busy, Cancel(), timeout=60)


def finish(library: Library, generation_id: str, data: bytes) -> Generation:
    sink = library.open_sink(generation_id)(0)
    sink.write(data)
    library.keep(generation_id, Image(0, sink.finish()))
    return library.finish(generation_id, SUCCESS)


def hash_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:6], 16)


def test_writers_killed_two_hundred_times_lose_no_picture(tmp_path: Path) -> None:
    """Kernels are killed at any moment while others open, recover and write; what had arrived is there, and whole."""
    root, chance = tmp_path / "library", random.Random(7)
    Library(root).close()
    arrived: list[str] = []
    running: list[Child] = []
    for kill in range(KILLS):
        running.append(Child(lambda say, kill=kill: draw_on(root, kill, say)))
        if len(running) > 2:
            victim = running.pop(chance.randrange(len(running)))
            arrived += islice(iter(victim.hear, ""), chance.randrange(6))
            arrived += stopped(victim)
    for victim in running:
        arrived += stopped(victim)

    with Library(root) as library:
        generations = list(library)
        there = {asset.sha256 for generation in generations for asset in generation.assets}
        assert {sha256 for sha256 in arrived if sha256} <= there
        assert len(arrived) > KILLS
        assert {generation.status for generation in generations} <= {"succeeded", "interrupted"}
        assert all(asset.sha256 == hashlib.sha256(asset.bytes).hexdigest() for g in generations for asset in g.assets)
        draw(library)
        assert library.verify(), library.verify()
    assert not list((root / "incoming").iterdir())


def draw_on(root: Path, number: int, say: Callable[[str], None]) -> None:
    """Draw picture after picture on two threads, saying of each that it has arrived, till the end."""
    with Library(root) as library, ThreadPoolExecutor(2) as threads:

        def thread(which: int) -> None:
            for n in range(1000):
                request = replace(FOX, prompt=f"{n} by {which} of {number}")
                claim = library.claim(request, ORIGIN, replay=False)
                assert claim.generation_id is not None
                data = png(hash_of(request.prompt))
                sink = library.open_sink(claim.generation_id)(0)
                sink.write(data)
                spooled = sink.finish()
                say(spooled.sha256)
                library.keep(claim.generation_id, Image(0, spooled))
                library.finish(claim.generation_id, SUCCESS)

        list(threads.map(thread, range(2)))


def stopped(victim: Child) -> list[str]:
    """Kill it now, wherever it is; what it has said."""
    os.kill(victim.pid, 9)
    status, lines = victim.end()
    assert status == KILLED, lines
    return [line for line in lines if len(line) == 64]
