"""By relevance: BM25 over the newest that match, because FTS5's own ranking looks at every hit of a word.

A word that is in nearly every prompt of a million costs it 1.7 s. Here the candidates are bounded, and how rare a word is
is counted up to a cap, above which it says nothing. What a candidate scores depends on nothing but its own text and the
words, so that a later page goes on where the one before ended.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata

from sqlalchemy import Connection

from .plan import Plan, quoted

CANDIDATES = 2_000
"The newest that match, among which is ranked."

_CAP = 20_000
_USUAL = 60
# Words of a text, for what counts as long; a constant, so that scores do not depend on what else was found.
_K1, _B = 1.2, 0.75
_WEIGHTS = (("prompt", 2.0), ("label_text", 3.0), ("text", 1.0), ("revised_prompt", 1.0))
_WORDS = re.compile(r"\w+")


def ranked(connection: Connection, plan: Plan, numbers: list[int], limit: int, last: int | None) -> list[int]:
    """The best of these, or of those after `last`; of two that are equally good the newer first."""
    scored = _scored(connection, plan, numbers)
    after: tuple[float, int] | None = None
    if last is not None:
        after = _scored(connection, plan, [last])[0]
    up = plan.query.turned
    order = sorted(scored, reverse=not up)
    rest = [pair for pair in order if after is None or (pair > after if up else pair < after)]
    return [number for _, number in rest[:limit]]


def _scored(connection: Connection, plan: Plan, numbers: list[int]) -> list[tuple[float, int]]:
    weights = _rarity(connection, plan)
    sql = """SELECT generation.number, prompt, label_text, text, revised_prompt FROM json_each(?) AS wanted
        CROSS JOIN generation ON generation.number = wanted.value"""
    rows = connection.exec_driver_sql(sql, (json.dumps(numbers),)).all()
    return [(_score(weights, row[1:]), row[0]) for row in rows]


def _rarity(connection: Connection, plan: Plan) -> list[tuple[re.Pattern[str], float]]:
    """For each word that is looked for, what finds it in a text, and how much it says."""
    total = max(
        connection.exec_driver_sql("SELECT coalesce(max(count), 0) FROM tally WHERE facet = 'status'").scalar_one(), 1
    )
    found = []
    for word in plan.query.words[:_MOST]:
        tokens = _WORDS.findall(folded(word.text))
        if word.negated or not tokens:
            continue
        sql = "SELECT count(*) FROM (SELECT 1 FROM prompt_fts WHERE prompt_fts MATCH ? LIMIT ?)"
        match = quoted(word.text) + (" *" if word.prefix else "")
        hits = connection.exec_driver_sql(sql, (match, _CAP)).scalar_one()
        pattern = r"\W+".join(map(re.escape, tokens)) + ("" if word.prefix else r"\b")
        found.append((re.compile(rf"\b{pattern}"), math.log(1 + (total - min(hits, total) + 0.5) / (hits + 0.5))))
    return found


_MOST = 30
# Words whose weight counts: of a pasted page the first ones.


def _score(weights: list[tuple[re.Pattern[str], float]], texts: tuple[str | None, ...]) -> float:
    score = 0.0
    columns = [(folded(text), weight) for text, (_, weight) in zip(texts, _WEIGHTS, strict=True) if text]
    length = sum(text.count(" ") + 1 for text, _ in columns)
    for pattern, rarity in weights:
        times = sum(weight * len(pattern.findall(text)) for text, weight in columns)
        score += rarity * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length / _USUAL))
    return round(score, 9)


def folded(text: str) -> str:
    """Lower case and without accents, as the full text sees it."""
    text = text.lower()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
