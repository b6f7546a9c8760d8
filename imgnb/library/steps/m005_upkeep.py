"""Upkeep: the trash can be emptied, and what was deleted on purpose is told from what was lost."""

from __future__ import annotations

from sqlalchemy import Connection


def m005_upkeep(connection: Connection) -> None:
    """When the bytes of something in the trash were deleted; its row stays."""
    connection.exec_driver_sql("ALTER TABLE trash ADD COLUMN emptied_at TEXT")
