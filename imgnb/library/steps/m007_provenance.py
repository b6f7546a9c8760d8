"""Provenance: what was known of a generation's surroundings."""

from __future__ import annotations

from sqlalchemy import Connection


def m007_provenance(connection: Connection) -> None:
    """One column, as JSON: no row is rewritten, and what front ends tell may change without another step."""
    connection.exec_driver_sql("ALTER TABLE generation ADD COLUMN provenance_json TEXT")
