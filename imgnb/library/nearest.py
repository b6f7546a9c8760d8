"""What the library has that is most like a request, what a cell has made, and how much there is in all."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from pathlib import Path

from sqlalchemy import Connection, Integer, Select, column, func, join, not_, or_, select, table, text

from ..records import Generation
from ..request import ImageRequest
from . import tables
from .columns import to_json
from .plan import quoted
from .rows import load
from .trash import in_trash

_ROW = tables.generation.c
_FTS = table("prompt_fts", column("rowid", Integer))
_HITS = join(_FTS, tables.generation, _ROW.number == _FTS.c.rowid)
_MATCH = text("prompt_fts MATCH :match")

_CANDIDATES = 50
_RECENT = 20_000
_LONGEST = 2_000
# Characters of a prompt that are compared, word by word: difflib takes quadratic time.
_TOKEN = re.compile(r"[\u2e80-\U0010ffff]|\w+")
_ALIKE = 0.3


def made_in(connection: Connection, root: Path, cell_id: str, prompt: str) -> Generation | None:
    """The newest success of this cell whose prompt or template is this."""
    asks_this = or_(_ROW.prompt == prompt, _ROW.template == prompt)
    query = select(_ROW.id).where(_ROW.cell_id == cell_id, asks_this, _ROW.status == "succeeded")
    id = connection.scalar(query.order_by(_ROW.number.desc()).limit(1))
    return load(connection, root, [id])[0] if id else None


def drawn_in(connection: Connection, root: Path, notebook: Path, prompt: str) -> list[Generation]:
    """The successes of this notebook whose prompt or template is this, the newest first.

    Its path may have been told through links. One that was told without a folder may be any notebook's.
    """
    asks_this = _ROW.prompt_sha256 == hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()
    if "{{" in prompt or "{%" in prompt:  # no index knows templates
        asks_this = or_(asks_this, _ROW.template == prompt)
    query = select(_ROW.id, _ROW.notebook).where(asks_this, _ROW.status == "succeeded", _ROW.notebook.is_not(None))
    told = connection.execute(query.order_by(_ROW.number.desc())).all()
    place = os.path.realpath(notebook)
    here = {one: os.path.isabs(one) and os.path.realpath(one) == place for one in {row.notebook for row in told}}
    return load(connection, root, [row.id for row in told if here[row.notebook]])


def count(connection: Connection) -> int:
    """How many generations there are."""
    tally = tables.tally.c
    ended = connection.scalar(select(func.sum(tally.count)).where(tally.facet == "status")) or 0
    return ended + (connection.scalar(select(func.count()).where(_ROW.status == "running")) or 0)


def nearest(connection: Connection, root: Path, request: ImageRequest) -> Generation | None:
    """The stored success most like the request: the same prompt if there is one, else the most similar words."""
    same = hashlib.sha256(request.prompt.encode("utf-8", "replace")).hexdigest()
    given = (tables.input_.c.role + " " + tables.input_.c.asset).label("given")
    inputs = select(func.group_concat(given, " ")).where(tables.input_.c.generation == _ROW.id).scalar_subquery()
    like = (_ROW.operation + " " + _ROW.params_json + " " + func.coalesce(inputs, "")).label("like")
    query = select(_ROW.id, like).where(_ROW.prompt_sha256 == same, _ROW.status == "succeeded", not_(in_trash(_ROW.id)))
    references = " ".join(f"{reference.role} {reference.sha256}" for reference in request.references)
    wanted = f"{request.operation} {to_json(request.params())} {references}"
    id = _most_alike(connection, query.order_by(_ROW.number.desc()).limit(_CANDIDATES), wanted, at_least=0.0)
    if id is None:
        id = _most_alike(connection, _similar_words(connection, request.prompt), request.prompt, at_least=_ALIKE)
    return None if id is None else load(connection, root, [id])[0]


def _similar_words(connection: Connection, prompt: str) -> Select[str, str]:
    words = sorted({word for word in re.findall(r"\w+", prompt[:_LONGEST].lower()) if len(word) > 2}, key=len)[-12:]
    recent = connection.scalar(select(_ROW.number).order_by(_ROW.number.desc()).offset(_RECENT).limit(1)) or 0
    query = select(_ROW.id, _ROW.prompt.label("like")).where(_ROW.status == "succeeded", not_(in_trash(_ROW.id)))
    match = " OR ".join(quoted(word) for word in sorted(words))
    if not match or any(ord(character) >= 0x2E80 for character in prompt):
        return query.order_by(_ROW.number.desc()).limit(_CANDIDATES)
    hits = query.select_from(_HITS).where(_MATCH.bindparams(match=match), _FTS.c.rowid > recent)
    return hits.order_by(text("prompt_fts.rank"), _ROW.number.desc()).limit(_CANDIDATES)


def _most_alike(connection: Connection, candidates: Select[str, str], wanted: str, *, at_least: float) -> str | None:
    best: tuple[float, str] | None = None
    matcher = difflib.SequenceMatcher[str](autojunk=False)
    matcher.set_seq2(_tokens(wanted))
    for id, like in connection.execute(candidates).all():
        matcher.set_seq1(_tokens(like))
        floor = best[0] if best else at_least
        # The quick ratios are upper bounds.
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < floor:
            continue
        ratio = matcher.ratio()
        if ratio >= at_least and (best is None or (ratio, id) > best):
            best = (ratio, id)
    return None if best is None else best[1]


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text[:_LONGEST].lower())
