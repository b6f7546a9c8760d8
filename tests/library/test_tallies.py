"""What triggers keep (counts, texts of labels, what is in the trash) is always what counting it anew gives."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from imgnb.library import Library, Outcome

from .conftest import FOX, ORIGIN, SUCCESS, arrive, draw, png

FACETS = {
    "status": "CASE WHEN trashed THEN 'trashed' ELSE status END",
    "operation": "operation",
    "model": "model",
    "answered": "model_answered",
    "route": "route",
    "notebook": "notebook",
    "day": "date(created_at)",
}
COUNTED = " UNION ALL ".join(
    f"SELECT '{facet}', CASE WHEN trashed THEN 'trashed' ELSE status END, {value} AS value, count(*) FROM generation "
    f"WHERE status != 'running' AND {value} IS NOT NULL GROUP BY 2, 3"
    for facet, value in FACETS.items()
)


def test_what_triggers_keep_is_what_it_is_kept_of(library: Library) -> None:
    """After any acts in any order, counts, label texts and the trash are those that a look at everything gives."""
    chance = random.Random(11)
    for step in range(150):
        act(library, chance, step)
        if step % 10 == 9:
            check(library.path)


def act(library: Library, chance: random.Random, step: int) -> None:
    """Something that people do: draw, fail, label, throw away, bring back."""
    generations = [generation for generation in library if generation.assets]
    kind = chance.choice(("draw", "draw", "two", "fail", "tag", "untag", "rate", "note", "trash", "restore", "running"))
    origin = replace(
        ORIGIN, route=chance.choice(("openai", "local")), notebook=chance.choice((None, "a.ipynb", "b.ipynb"))
    )
    request = replace(FOX, prompt=f"a fox, {step}")
    if kind in ("draw", "two") or not generations:
        # Few different pictures, so that several generations make the same and some are in the trash already.
        pictures = [png(chance.randrange(6)) for _ in range(2 if kind == "two" else 1)]
        draw(library, request, *dict.fromkeys(pictures), origin=origin)
        return
    item = chance.choice(generations)
    match kind:
        case "fail":
            id = library.claim(request, origin, replay=False).generation_id
            assert id is not None
            library.finish(id, Outcome("failed", error_kind="refused", went={"route": "elsewhere"}))
        case "running":
            id = library.claim(request, origin, replay=False).generation_id
            assert id is not None
            arrive(library, id, png(chance.randrange(6)))
        case "tag":
            library.tag(item.assets[0], chance.choice(("cover", "winter")))
        case "untag":
            library.untag(item.assets[0], "cover")
        case "rate":
            library.rate(item.assets[0], chance.choice((1, 5, None)))
        case "note":
            library.note(item.assets[-1], f"remark {step}")
        case "trash":
            library.trash(chance.choice((item, item.assets[0])))
        case "restore":
            library.restore(chance.choice((item, item.assets[0])))


def check(root: Path) -> None:
    """Count everything anew."""
    with closing(sqlite3.connect(root / "library.db")) as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return sorted(connection.execute(query).fetchall(), key=repr)

        kept = "SELECT facet, status, value, count FROM tally WHERE count != 0 AND facet"
        assert rows(f"{kept} NOT IN ('tag', 'rating')") == rows(COUNTED)
        assert rows(f"{kept} = 'tag'") == rows("SELECT 'tag', '', tag, count(*) FROM tag GROUP BY tag")
        assert rows(f"{kept} = 'rating'") == rows(
            "SELECT 'rating', '', CAST(stars AS TEXT), count(*) FROM rating GROUP BY stars"
        )
        for id, trashed, text in connection.execute("SELECT id, trashed, label_text FROM generation"):
            made = connection.execute("SELECT asset FROM output WHERE generation = ?", (id,)).fetchall()
            gone = connection.execute(
                "SELECT count(*) FROM output JOIN trash ON trash.asset = output.asset WHERE generation = ?", (id,)
            ).fetchone()[0]
            assert bool(trashed) == (0 < len(made) == gone)
            labels = connection.execute(
                """SELECT tag FROM tag JOIN output USING (asset) WHERE generation = :id
                UNION SELECT text FROM note JOIN output USING (asset) WHERE generation = :id""",
                {"id": id},
            )
            assert sorted(text.split()) == sorted(" ".join(row[0] for row in labels).split())
        connection.execute("INSERT INTO prompt_fts (prompt_fts) VALUES ('integrity-check')")


def test_labels_are_found_by_their_words(library: Library) -> None:
    """A tag or a word of a note finds the pictures, and no longer when it is taken away."""
    generation = draw(library)
    library.tag(generation, "cover")
    library.note(generation, "too dark in print")

    assert [g.id for g in library.find("cover")] == [g.id for g in library.find("dark print")] == [generation.id]
    library.untag(generation, "cover")
    assert not library.find("cover")


def test_a_success_that_ends_late_is_counted_once(library: Library) -> None:
    """What ran is counted when it has ended, under the way that it went in the end."""
    id = library.claim(FOX, ORIGIN).generation_id
    assert id is not None
    with closing(sqlite3.connect(library.path / "library.db")) as connection:
        assert not connection.execute("SELECT * FROM tally").fetchall()
        arrive(library, id, png())
        library.finish(id, replace(SUCCESS, went={"route": "elsewhere"}))
        routes = connection.execute("SELECT value, count FROM tally WHERE facet = 'route' AND count").fetchall()
    assert routes == [("elsewhere", 1)]
