"""Search at a million generations: labels in the full text, counts kept by triggers, numbers in the order of the ids."""

from __future__ import annotations

from sqlalchemy import Connection

from ..clock import milliseconds


def m004_search(connection: Connection) -> None:
    """Labels in the full text, counts that are kept, saved searches; numbers in the order of the ids."""
    for statement in (*_SEARCH, *_TALLIES):
        connection.exec_driver_sql(statement)
    _renumber(connection)
    for statement in _SLIMMER:
        connection.exec_driver_sql(statement)
    for statement in (*_LABELLED_TEXT, "INSERT INTO prompt_fts (prompt_fts) VALUES ('rebuild')"):
        connection.exec_driver_sql(statement)


def _renumber(connection: Connection) -> None:
    """Number the generations by the time in their ids."""
    last, numbers = 0, []
    for old, id in connection.exec_driver_sql("SELECT number, id FROM generation ORDER BY id").all():
        last = max(milliseconds(id), last + 1)
        numbers.append((last, old))
    if numbers:
        connection.exec_driver_sql("UPDATE generation SET number = ? WHERE number = ?", numbers)


# What can be derived, or found by the order of the numbers, need not be stored: 600 bytes a generation.
_SLIMMER = (
    "ALTER TABLE generation DROP COLUMN fingerprint_json",
    *(
        statement
        for name, columns in {
            "generation_answers": "fingerprint, status",
            "generation_by_status": "status",
            "generation_by_model": "model",
            "generation_by_route": "route",
            "generation_by_prompt": "prompt_sha256",
            "generation_by_session": "session",
            "generation_by_cell": "cell_id) WHERE (cell_id IS NOT NULL",
            "generation_by_notebook": "notebook) WHERE (notebook IS NOT NULL",
            "generation_by_turn": "continues) WHERE (continues IS NOT NULL",
            "generation_priced": "model, route) WHERE (cost_basis = 'usage'",
        }.items()
        for statement in (f"DROP INDEX {name}", f"CREATE INDEX {name} ON generation ({columns})")
    ),
    # Most models answer under the name that was asked for.
    """CREATE INDEX generation_by_answer ON generation (model_answered)
        WHERE model_answered IS NOT NULL AND model_answered IS NOT model""",
)

_HIDDEN = """EXISTS (SELECT 1 FROM output WHERE output.generation = generation.id) AND NOT EXISTS (
    SELECT 1 FROM output WHERE output.generation = generation.id
        AND output.asset NOT IN (SELECT trash.asset FROM trash))"""

_LABEL_TEXT = """coalesce((SELECT group_concat(label.text, ' ') FROM (
    SELECT tag.tag AS text FROM output JOIN tag ON tag.asset IN (output.asset, output.derived)
        WHERE output.generation = generation.id
    UNION
    SELECT note.text FROM output JOIN note ON note.asset IN (output.asset, output.derived)
        WHERE output.generation = generation.id) AS label), '')"""


def _of(asset: str) -> str:
    """The generations that made an asset, or for whose picture it stands."""
    return f"""id IN (SELECT output.generation FROM output WHERE output.asset = {asset}
        UNION SELECT output.generation FROM output WHERE output.derived = {asset})"""


def _relabel(asset: str) -> str:
    return f"UPDATE generation SET label_text = {_LABEL_TEXT} WHERE {_of(asset)} AND label_text IS NOT {_LABEL_TEXT};"


def _rehide(asset: str) -> str:
    return f"""UPDATE generation SET trashed = ({_HIDDEN})
        WHERE id IN (SELECT output.generation FROM output WHERE output.asset = {asset}) AND trashed IS NOT ({_HIDDEN});"""


def _trigger(name: str, event: str, body: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} BEGIN {body} END"


_SEARCH = (
    "ALTER TABLE generation ADD COLUMN label_text TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE generation ADD COLUMN trashed INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE saved_search (name TEXT PRIMARY KEY NOT NULL, query TEXT NOT NULL, created_at TEXT NOT NULL)",
    """CREATE TABLE tally (
        facet TEXT NOT NULL, status TEXT NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (facet, status, value)) WITHOUT ROWID""",
    "DROP TRIGGER prompt_fts_added",
    "DROP TRIGGER prompt_fts_removed",
    "DROP TRIGGER prompt_fts_changed",
    "DROP TABLE prompt_fts",
    f"UPDATE generation SET label_text = {_LABEL_TEXT} WHERE EXISTS (SELECT 1 FROM tag) OR EXISTS (SELECT 1 FROM note)",
    f"UPDATE generation SET trashed = 1 WHERE EXISTS (SELECT 1 FROM trash) AND {_HIDDEN}",
    *(
        _trigger(f"{table}_{event.lower()}_relabels", f"{event} ON {table}", _relabel(f"{row}.asset"))
        for table in ("tag", "note")
        for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))
    ),
    _trigger("trash_insert_hides", "INSERT ON trash", _rehide("new.asset")),
    _trigger("trash_delete_shows", "DELETE ON trash", _rehide("old.asset")),
    _trigger(
        "output_insert_relabels",
        """INSERT ON output WHEN EXISTS (SELECT 1 FROM tag WHERE tag.asset IN (new.asset, new.derived))
            OR EXISTS (SELECT 1 FROM note WHERE note.asset IN (new.asset, new.derived))""",
        _relabel("new.asset"),
    ),
    _trigger(
        "output_insert_hides",
        """INSERT ON output WHEN EXISTS (SELECT 1 FROM trash WHERE trash.asset = new.asset)
            OR EXISTS (SELECT 1 FROM generation WHERE generation.id = new.generation AND generation.trashed)""",
        _rehide("new.asset"),
    ),
    _trigger("output_update_relabels", "UPDATE OF derived ON output", _relabel("new.asset")),
)

_LABELLED_TEXT = (
    """CREATE VIRTUAL TABLE prompt_fts USING fts5 (
        prompt, revised_prompt, text, label_text, content = 'generation', content_rowid = 'number',
        tokenize = 'unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER prompt_fts_added AFTER INSERT ON generation BEGIN
        INSERT INTO prompt_fts (rowid, prompt, revised_prompt, text, label_text)
        VALUES (new.number, new.prompt, new.revised_prompt, new.text, new.label_text);
    END""",
    """CREATE TRIGGER prompt_fts_removed AFTER DELETE ON generation BEGIN
        INSERT INTO prompt_fts (prompt_fts, rowid, prompt, revised_prompt, text, label_text)
        VALUES ('delete', old.number, old.prompt, old.revised_prompt, old.text, old.label_text);
    END""",
    """CREATE TRIGGER prompt_fts_changed AFTER UPDATE OF prompt, revised_prompt, text, label_text, number ON generation
    WHEN new.prompt IS NOT old.prompt OR new.revised_prompt IS NOT old.revised_prompt OR new.text IS NOT old.text
        OR new.label_text IS NOT old.label_text OR new.number IS NOT old.number BEGIN
        INSERT INTO prompt_fts (prompt_fts, rowid, prompt, revised_prompt, text, label_text)
        VALUES ('delete', old.number, old.prompt, old.revised_prompt, old.text, old.label_text);
        INSERT INTO prompt_fts (rowid, prompt, revised_prompt, text, label_text)
        VALUES (new.number, new.prompt, new.revised_prompt, new.text, new.label_text);
    END""",
)

_FACETS = ("status", "operation", "model", "answered", "route", "notebook", "day")
_COLUMNS = {"day": "created_at", "answered": "model_answered"}
_COUNTED = ", ".join(_COLUMNS.get(facet, facet) for facet in (*_FACETS, "trashed"))


def _status(row: str) -> str:
    return f"CASE WHEN {row}.trashed THEN 'trashed' ELSE {row}.status END"


def _facet(facet: str, row: str) -> str:
    if facet == "day":
        return f"date({row}.created_at)"
    return _status(row) if facet == "status" else f"{row}.{_COLUMNS.get(facet, facet)}"


def _count(row: str, by: int) -> str:
    """Count a generation in, or with -1 out."""
    return "".join(
        f"""INSERT INTO tally (facet, status, value, count)
            SELECT '{facet}', {_status(row)}, {_facet(facet, row)}, {by} WHERE {_facet(facet, row)} IS NOT NULL
            ON CONFLICT DO UPDATE SET count = count + {by};"""
        for facet in _FACETS
    )


def _count_label(facet: str, value: str, by: int) -> str:
    return f"""INSERT INTO tally (facet, status, value, count) VALUES ('{facet}', '', {value}, {by})
        ON CONFLICT DO UPDATE SET count = count + {by};"""


_MOVED = " OR ".join(
    f"new.{name} IS NOT old.{name}"
    for name in ("status", "trashed", "operation", "model", "model_answered", "route", "notebook", "created_at")
)

_TALLIES = (
    *(
        f"""INSERT INTO tally (facet, status, value, count)
            SELECT '{facet}', {_status("generation")}, {_facet(facet, "generation")} AS value, count(*)
            FROM generation WHERE status != 'running' AND {_facet(facet, "generation")} IS NOT NULL GROUP BY 2, 3"""
        for facet in _FACETS
    ),
    "INSERT INTO tally (facet, status, value, count) SELECT 'tag', '', tag, count(*) FROM tag GROUP BY tag",
    "INSERT INTO tally (facet, status, value, count) SELECT 'rating', '', stars, count(*) FROM rating GROUP BY stars",
    _trigger("generation_insert_counts", "INSERT ON generation WHEN new.status != 'running'", _count("new", 1)),
    _trigger("generation_delete_counts", "DELETE ON generation WHEN old.status != 'running'", _count("old", -1)),
    _trigger(
        "generation_update_counts_out",
        f"UPDATE OF {_COUNTED} ON generation WHEN old.status != 'running' AND ({_MOVED})",
        _count("old", -1),
    ),
    _trigger(
        "generation_update_counts_in",
        f"UPDATE OF {_COUNTED} ON generation WHEN new.status != 'running' AND ({_MOVED})",
        _count("new", 1),
    ),
    _trigger("tag_insert_counts", "INSERT ON tag", _count_label("tag", "new.tag", 1)),
    _trigger("tag_delete_counts", "DELETE ON tag", _count_label("tag", "old.tag", -1)),
    _trigger("rating_insert_counts", "INSERT ON rating", _count_label("rating", "new.stars", 1)),
    _trigger("rating_delete_counts", "DELETE ON rating", _count_label("rating", "old.stars", -1)),
    _trigger(
        "rating_update_counts",
        "UPDATE OF stars ON rating",
        _count_label("rating", "old.stars", -1) + _count_label("rating", "new.stars", 1),
    ),
    "DROP VIEW gallery",
    """CREATE VIEW gallery AS
        SELECT asset.sha256 AS asset, asset.media_type, asset.width, asset.height, asset.bytes, generation.prompt,
            (SELECT group_concat(name.name, ' ') FROM name WHERE name.asset = asset.sha256) AS names,
            (SELECT group_concat(tag.tag, ' ') FROM tag WHERE tag.asset = asset.sha256) AS tags,
            (SELECT rating.stars FROM rating WHERE rating.asset = asset.sha256) AS stars,
            coalesce(generation.model_answered, generation.model) AS model, generation.route, generation.cost,
            generation.currency, generation.take, generation.status, generation.notebook, generation.created_at,
            generation.id AS generation, output.position, output.drift
        FROM generation JOIN output ON output.generation = generation.id
        JOIN asset ON asset.sha256 = coalesce(output.derived, output.asset)
        WHERE asset.sha256 NOT IN (SELECT trash.asset FROM trash)""",
)
