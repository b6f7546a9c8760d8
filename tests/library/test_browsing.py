"""What pages ask of the library beside what they have found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imgnb.library import Outcome
from imgnb.request import ImageRequest

from .conftest import FOX, ORIGIN, draw, png


def fail(library, kind, status="failed"):
    claim = library.claim(replace(FOX, prompt=kind), ORIGIN, replay=False)
    library.finish(claim.generation_id, Outcome(status, error_kind=kind if status == "failed" else None))


def test_labels_of_many_come_at_once(library):
    """Names, tags in alphabetical order, stars and notes of each; who has none has empty ones."""
    one, two = draw(library, FOX, png(1)), draw(library, FOX, png(2))
    library.tag(one.asset, "winter", "Cover")
    library.name(one.asset, "hero")
    library.rate(one.asset, 4)
    library.note(one.asset, "first")
    library.note(one.asset, "second")

    labels = library.labels_on([one.asset, two.asset, one.asset])

    assert labels == {asset.sha256: library.labels(asset) for asset in (one.asset, two.asset)}
    assert labels[one.asset.sha256].tags == ("Cover", "winter")
    assert library.labels_on([]) == {}


def test_beside_a_generation_are_the_next_in_time(library):
    """The one before and the one after, and nothing beyond the ends."""
    first, second, third = (draw(library, FOX, png(seed)) for seed in range(3))

    assert library.beside(second) == (first.id, third.id)
    assert library.beside(first) == (None, second.id)
    assert library.beside(third) == (second.id, None)


def test_takes_are_the_other_answers(library):
    """Other generations of the same fingerprint, the newest first, without itself."""
    one, two, three = (draw(library, FOX, png(seed), take=seed + 1) for seed in range(3))
    draw(library, ImageRequest("a boat"), png(9))

    assert [take.id for take in library.takes(one)] == [three.id, two.id]


def test_turns_that_go_on_are_found(library):
    """Generations that continue this one, the newest first."""
    first = draw(library, ImageRequest("a teapot", operation="converse"), png(1))
    later = [
        draw(library, ImageRequest(prompt, operation="converse", continues=library.turn(first)), png(seed))
        for seed, prompt in enumerate(("blue", "red"), 2)
    ]

    assert [turn.id for turn in library.turns_after(first)] == [turn.id for turn in reversed(later)]
    assert not library.turns_after(later[0])


@pytest.mark.parametrize(
    ("most", "counted"),
    [(5, {"policy": 2, "auth": 1, "cancelled": 1}), (2, {"auth": 1, "cancelled": 1})],
)
def test_failures_are_counted_by_kind(library, most, counted):
    """The most frequent first; who ended without an error counts by how; of many, only the newest."""
    for kind in ("policy", "policy", "auth"):
        fail(library, kind)
    fail(library, "stopped", "cancelled")
    draw(library)

    assert library.failure_kinds(most) == counted
    assert next(iter(library.failure_kinds(most))) == next(iter(counted))


def test_failures_are_found_by_their_kind_alone(library):
    """As many as were counted, however old, whatever their kind is called; the last one leads to the next page."""
    for kind in ("none", "auth", "auth", "authority"):
        fail(library, kind)
    fail(library, "auth", "interrupted")

    for kind, count in library.failure_kinds(9).items():
        assert len(library.failures(kind, limit=9)) == count
    assert [one.prompt for one in library.failures("interrupted", limit=9)] == ["auth"]
    newest, *others = library.failures(limit=9)
    assert list(library.failures(limit=2, before=newest.id)) == others[:2]
    assert [one.id for one in others] == sorted((one.id for one in others), reverse=True)
