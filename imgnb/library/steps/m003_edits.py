"""Edits: what was sent, what was made of an answer, and the trash."""

from __future__ import annotations

from sqlalchemy import Connection


def m003_edits(connection: Connection) -> None:
    """What was sent in a picture's stead, what was made of an answer, how far an edit kept to its base, and the trash."""
    for statement in _EDITS:
        connection.exec_driver_sql(statement)


_EDITS = (
    "ALTER TABLE input ADD COLUMN sent TEXT REFERENCES asset (sha256)",
    "ALTER TABLE output ADD COLUMN derived TEXT REFERENCES asset (sha256)",
    "ALTER TABLE output ADD COLUMN changed REAL",
    "ALTER TABLE output ADD COLUMN drift REAL",
    """CREATE TABLE derivation (
        parent TEXT NOT NULL REFERENCES asset (sha256), kind TEXT NOT NULL, recipe_json TEXT NOT NULL,
        asset TEXT NOT NULL REFERENCES asset (sha256), said TEXT NOT NULL, created_at TEXT NOT NULL,
        PRIMARY KEY (parent, kind, recipe_json)) WITHOUT ROWID""",
    """CREATE TABLE trash (
        asset TEXT PRIMARY KEY NOT NULL REFERENCES asset (sha256), created_at TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX derivation_by_asset ON derivation (asset)",
    "CREATE INDEX output_by_derived ON output (derived) WHERE derived IS NOT NULL",
    "CREATE INDEX name_history_by_name ON name_history (name, id)",
    "DROP VIEW gallery",
    "DROP VIEW lineage",
    """CREATE VIEW gallery AS
        SELECT asset.sha256 AS asset, asset.media_type, asset.width, asset.height, asset.bytes, generation.prompt,
            (SELECT group_concat(name.name, ' ') FROM name WHERE name.asset = asset.sha256) AS names,
            (SELECT group_concat(tag.tag, ' ') FROM tag WHERE tag.asset = asset.sha256) AS tags,
            (SELECT rating.stars FROM rating WHERE rating.asset = asset.sha256) AS stars,
            coalesce(generation.model_answered, generation.model) AS model, generation.route, generation.cost,
            generation.currency, generation.take, generation.status, generation.created_at,
            generation.id AS generation, output.position, output.drift
        FROM generation JOIN output ON output.generation = generation.id
        JOIN asset ON asset.sha256 = coalesce(output.derived, output.asset)
        WHERE asset.sha256 NOT IN (SELECT trash.asset FROM trash)""",
    """CREATE VIEW lineage AS
        SELECT input.asset AS parent, output.asset AS child, input.role, input.position, generation.id AS generation,
            generation.operation, generation.prompt, generation.created_at
        FROM input JOIN generation ON generation.id = input.generation
        JOIN output ON output.generation = generation.id
        UNION ALL
        SELECT earlier.asset, output.asset, 'turn', earlier.position, generation.id, generation.operation,
            generation.prompt, generation.created_at
        FROM generation JOIN output AS earlier ON earlier.generation = generation.continues
        JOIN output ON output.generation = generation.id
        UNION ALL
        SELECT derivation.parent, derivation.asset, derivation.kind, 0, NULL, NULL, NULL, derivation.created_at
        FROM derivation""",
)
