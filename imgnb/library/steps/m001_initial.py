"""Content, labels, indexes, full text and the views for people."""

from __future__ import annotations

from sqlalchemy import Connection


def m001_initial(connection: Connection) -> None:
    """Content, labels, indexes, full text and the views for people."""
    for statement in (*_CONTENT, *_LABELS, *_INDEXES, *_FULL_TEXT, *_VIEWS):
        connection.exec_driver_sql(statement)


_CONTENT = (
    """CREATE TABLE schema_version (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, imgnb_version TEXT NOT NULL, applied_at TEXT NOT NULL)""",
    """CREATE TABLE asset (
        sha256 TEXT PRIMARY KEY NOT NULL, media_type TEXT NOT NULL, bytes INTEGER NOT NULL, width INTEGER, height INTEGER,
        has_alpha INTEGER, frames INTEGER, phash TEXT, source TEXT, created_at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE generation (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL, fingerprint_json TEXT NOT NULL,
        take INTEGER, take_wanted INTEGER, status TEXT NOT NULL, session TEXT NOT NULL, operation TEXT NOT NULL,
        prompt TEXT NOT NULL, prompt_sha256 TEXT NOT NULL, template TEXT, variables_json TEXT NOT NULL,
        params_json TEXT NOT NULL, effective_json TEXT NOT NULL, mismatches_json TEXT NOT NULL, notes_json TEXT NOT NULL,
        usage_json TEXT, route TEXT NOT NULL, route_owner TEXT NOT NULL, base_url TEXT NOT NULL, endpoint TEXT NOT NULL,
        dialect TEXT NOT NULL, model TEXT NOT NULL, model_answered TEXT, revised_prompt TEXT, text TEXT,
        partials_asked INTEGER NOT NULL, partials_received INTEGER NOT NULL, streamed INTEGER, http_status INTEGER,
        request_id TEXT, cost REAL, cost_basis TEXT, cost_estimate REAL, currency TEXT NOT NULL, billing_note TEXT,
        seconds REAL, seconds_to_first_byte REAL, seconds_to_first_partial REAL, error_kind TEXT, error_code TEXT,
        error_param TEXT, error_message TEXT, notebook TEXT, cell_id TEXT, kernel TEXT, imgnb_version TEXT NOT NULL,
        created_at TEXT NOT NULL, finished_at TEXT)""",
    """CREATE TABLE output (
        generation TEXT NOT NULL REFERENCES generation (id), position INTEGER NOT NULL,
        asset TEXT NOT NULL REFERENCES asset (sha256), meta_json TEXT NOT NULL,
        PRIMARY KEY (generation, position)) WITHOUT ROWID""",
    """CREATE TABLE input (
        generation TEXT NOT NULL REFERENCES generation (id), position INTEGER NOT NULL, role TEXT NOT NULL,
        asset TEXT NOT NULL REFERENCES asset (sha256), source TEXT NOT NULL,
        PRIMARY KEY (generation, position)) WITHOUT ROWID""",
    """CREATE TABLE attempt (
        generation TEXT NOT NULL REFERENCES generation (id), number INTEGER NOT NULL, route TEXT NOT NULL,
        endpoint TEXT NOT NULL, started_at TEXT NOT NULL, seconds REAL, status INTEGER, error_kind TEXT,
        error_message TEXT, retry_reason TEXT, wait REAL NOT NULL, request_id TEXT, streamed INTEGER,
        PRIMARY KEY (generation, number)) WITHOUT ROWID""",
)

_LABELS = (
    """CREATE TABLE name (
        name TEXT PRIMARY KEY NOT NULL, asset TEXT NOT NULL REFERENCES asset (sha256), created_at TEXT NOT NULL)""",
    """CREATE TABLE name_history (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, asset TEXT NOT NULL REFERENCES asset (sha256),
        created_at TEXT NOT NULL, moved_at TEXT NOT NULL)""",
    """CREATE TABLE tag (
        asset TEXT NOT NULL REFERENCES asset (sha256), tag TEXT NOT NULL, created_at TEXT NOT NULL,
        PRIMARY KEY (asset, tag)) WITHOUT ROWID""",
    """CREATE TABLE rating (
        asset TEXT PRIMARY KEY NOT NULL REFERENCES asset (sha256), stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
        created_at TEXT NOT NULL)""",
    """CREATE TABLE note (
        id INTEGER PRIMARY KEY, asset TEXT NOT NULL REFERENCES asset (sha256), text TEXT NOT NULL,
        created_at TEXT NOT NULL)""",
)

_INDEXES = (
    "CREATE INDEX generation_answers ON generation (fingerprint, status, id)",
    "CREATE UNIQUE INDEX generation_takes ON generation (fingerprint, route, take) WHERE take IS NOT NULL",
    "CREATE INDEX generation_by_status ON generation (status, id)",
    "CREATE INDEX generation_by_model ON generation (model, id)",
    "CREATE INDEX generation_by_route ON generation (route, id)",
    "CREATE INDEX generation_by_prompt ON generation (prompt_sha256, id)",
    "CREATE INDEX generation_by_cell ON generation (cell_id, id) WHERE cell_id IS NOT NULL",
    "CREATE INDEX generation_by_notebook ON generation (notebook, id) WHERE notebook IS NOT NULL",
    "CREATE INDEX output_by_asset ON output (asset, generation)",
    "CREATE INDEX input_by_asset ON input (asset, generation)",
    "CREATE INDEX name_by_asset ON name (asset)",
    "CREATE INDEX tag_by_tag ON tag (tag, asset)",
    "CREATE INDEX note_by_asset ON note (asset)",
)

_FULL_TEXT = (
    """CREATE VIRTUAL TABLE prompt_fts USING fts5 (
        prompt, revised_prompt, text, content = 'generation', content_rowid = 'number',
        tokenize = 'unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER prompt_fts_added AFTER INSERT ON generation BEGIN
        INSERT INTO prompt_fts (rowid, prompt, revised_prompt, text)
        VALUES (new.number, new.prompt, new.revised_prompt, new.text);
    END""",
    """CREATE TRIGGER prompt_fts_removed AFTER DELETE ON generation BEGIN
        INSERT INTO prompt_fts (prompt_fts, rowid, prompt, revised_prompt, text)
        VALUES ('delete', old.number, old.prompt, old.revised_prompt, old.text);
    END""",
    """CREATE TRIGGER prompt_fts_changed AFTER UPDATE OF prompt, revised_prompt, text ON generation
    WHEN new.prompt IS NOT old.prompt OR new.revised_prompt IS NOT old.revised_prompt OR new.text IS NOT old.text BEGIN
        INSERT INTO prompt_fts (prompt_fts, rowid, prompt, revised_prompt, text)
        VALUES ('delete', old.number, old.prompt, old.revised_prompt, old.text);
        INSERT INTO prompt_fts (rowid, prompt, revised_prompt, text)
        VALUES (new.number, new.prompt, new.revised_prompt, new.text);
    END""",
)

_VIEWS = (
    """CREATE VIEW gallery AS
        SELECT output.asset, asset.media_type, asset.width, asset.height, asset.bytes, generation.prompt,
            (SELECT group_concat(name.name, ' ') FROM name WHERE name.asset = output.asset) AS names,
            (SELECT group_concat(tag.tag, ' ') FROM tag WHERE tag.asset = output.asset) AS tags,
            (SELECT rating.stars FROM rating WHERE rating.asset = output.asset) AS stars,
            coalesce(generation.model_answered, generation.model) AS model, generation.route, generation.cost,
            generation.currency, generation.take, generation.status, generation.created_at,
            generation.id AS generation, output.position
        FROM generation JOIN output ON output.generation = generation.id JOIN asset ON asset.sha256 = output.asset""",
    """CREATE VIEW costs_by_day AS
        SELECT date(created_at) AS day, route, coalesce(model_answered, model) AS model, currency,
            count(*) AS generations, sum(cost) AS cost, sum(cost IS NULL) AS without_price
        FROM generation WHERE status != 'running' GROUP BY day, route, coalesce(model_answered, model), currency""",
    """CREATE VIEW failures AS
        SELECT id, created_at, status, route, model, error_kind, error_code, error_param, error_message, seconds, prompt
        FROM generation WHERE status IN ('failed', 'cancelled', 'interrupted')""",
    """CREATE VIEW mismatches AS
        SELECT generation.id, generation.created_at, generation.route, generation.model, mismatch.value AS mismatch,
            generation.params_json AS asked, generation.effective_json AS came
        FROM generation, json_each(generation.mismatches_json) AS mismatch""",
    """CREATE VIEW lineage AS
        SELECT input.asset AS parent, output.asset AS child, input.role, generation.id AS generation,
            generation.operation, generation.prompt, generation.created_at
        FROM input JOIN generation ON generation.id = input.generation
        JOIN output ON output.generation = generation.id""",
)
