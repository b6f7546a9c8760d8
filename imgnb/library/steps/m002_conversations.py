"""Conversations: who led them, and what they go on from."""

from __future__ import annotations

from sqlalchemy import Connection


def m002_conversations(connection: Connection) -> None:
    """Who led a conversation, what a generation goes on from, files that servers keep, and what costs are looked up by."""
    for statement in _CONVERSATIONS:
        connection.exec_driver_sql(statement)


_CONVERSATIONS = (
    "ALTER TABLE generation ADD COLUMN main_model TEXT",
    "ALTER TABLE generation ADD COLUMN continues TEXT REFERENCES generation (id)",
    "ALTER TABLE generation ADD COLUMN continued_by TEXT",
    "ALTER TABLE generation ADD COLUMN response_id TEXT",
    "ALTER TABLE generation ADD COLUMN unknown_events INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE generation ADD COLUMN error_details_json TEXT",
    "ALTER TABLE attempt ADD COLUMN base_url TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE upload (
        asset TEXT NOT NULL REFERENCES asset (sha256), route TEXT NOT NULL, base_url TEXT NOT NULL,
        file_id TEXT NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (asset, route, base_url)) WITHOUT ROWID""",
    "CREATE INDEX asset_by_source ON asset (source) WHERE source IS NOT NULL",
    "CREATE INDEX generation_by_turn ON generation (continues, id) WHERE continues IS NOT NULL",
    "CREATE INDEX generation_by_session ON generation (session, id)",
    "CREATE INDEX generation_priced ON generation (model, route, id) WHERE cost_basis = 'usage'",
)
