"""The one SQLite file: connections, transactions, and what its errors mean in our words.

Reads see one moment of the file; writes take the write lock at their start (BEGIN IMMEDIATE), so that what they
looked at cannot change before they are done. Whatever SQLite or the file system says against a write becomes a
LibraryError here, once. What stands in the file is the affair of `tables.py` and `migrations.py`.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Literal
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from ..errors import LibraryError, LibraryFull, LibraryLocked, LibraryReadOnly

JournalMode = Literal["wal", "delete"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"What the operating system says when nothing more fits: disk, quota, file size."

FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)

ELSEWHERE = "set IMGNB_LIBRARY to a folder that you can write"

SWITCH_WAIT = 2.0
"Seconds that an open waits to change the journal mode; where others keep the file busy longer it stays as it is."

_STEPS = 20_000
"Steps of SQLite's machine between two looks at the clock."

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_OPEN: WeakSet[Database] = WeakSet()
_INHERITED: list[Engine] = []
# A connection that came through a fork must neither be used nor closed in the child; here it is out of reach of both.


class Database:
    """Connections to one file. Every thread gets its own for as long as a transaction lasts."""

    def __init__(self, path: Path, *, busy_timeout: float, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._busy_timeout = busy_timeout
        self._pid = os.getpid()
        self._engine = self._new_engine()
        _OPEN.add(self)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with (
            translated(self.path),
            self._engine_here().connect() as connection,
            _in_time(connection),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start and commits at its end."""
        with translated(self.path), self._engine_here().connect() as connection:
            connection = connection.execution_options(imgnb_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own in no transaction, for what SQLite does with the whole file."""
        with translated(self.path):
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()

    def use_journal(self, mode: JournalMode) -> str:
        """Switch the file to this journal mode and return the mode it is in; kernels that use the file hold theirs."""
        # A connection of ours that waits in the pool would hold the file in its mode as well as another kernel's.
        self._engine_here().dispose()
        with translated(self.path):
            connection = self._connect()
            try:
                return self._switch(connection, mode)
            finally:
                connection.close()

    def open_for_looking(self) -> sqlite3.Connection:
        """A new connection that can only read, for whoever closes it."""
        return self._connect(read_only=True)

    def close(self) -> None:
        if self._pid == os.getpid():
            self._engine.dispose()

    def _switch(self, connection: sqlite3.Connection, mode: JournalMode) -> str:
        deadline = time.monotonic() + min(self._busy_timeout, SWITCH_WAIT)
        while True:
            try:
                if _journal_mode(connection) != mode:
                    connection.execute(f"PRAGMA journal_mode = {mode}")
                return _journal_mode(connection)
            except sqlite3.OperationalError as error:
                # SQLite does not wait here by itself when another kernel switches at the same moment.
                if _code(error) & 0xFF not in _HELD:
                    raise
                if time.monotonic() > deadline:
                    return _journal_mode(connection)
                time.sleep(0.02)

    def _new_engine(self) -> Engine:
        if self.read_only and self.is_cut_off():
            # A file that is taken for unchangeable must be opened anew each time, to see what its owner has changed.
            engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)
        else:
            engine = create_engine(
                "sqlite://",
                creator=self._connect,
                poolclass=QueuePool,
                pool_size=4,
                max_overflow=-1,
                pool_use_lifo=True,
            )
        event.listen(engine, "begin", _begin)
        event.listen(engine, "before_cursor_execute", _storable, retval=True)
        return engine

    def _engine_here(self) -> Engine:
        if self._pid != os.getpid():
            self._engine, self._pid = self._new_engine(), os.getpid()
        return self._engine

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        if not (self.read_only or read_only):
            return self._open(self.path.as_uri() + "?mode=rwc")
        try:
            return self._open(self.path.as_uri() + "?mode=ro")
        except sqlite3.OperationalError as error:
            if _code(error) & 0xFF in _HELD:
                raise
        # A WAL file needs two neighbours that are not here and cannot be made: nobody is writing just now.
        return self._open(self.path.as_uri() + "?immutable=1")

    def is_cut_off(self) -> bool:
        """Whether the file can only be read by taking it for unchangeable."""
        with translated(self.path):
            try:
                self._open(self.path.as_uri() + "?mode=ro").close()
            except sqlite3.OperationalError as error:
                return _code(error) & 0xFF not in _HELD
        return False

    def _open(self, uri: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Break off what this thread reads after so long. Raises LibraryError where that happens."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def _in_time(connection: Connection) -> Iterator[None]:
    if (deadline := _deadline.get()) is None:
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    finally:
        # The connection goes back to the pool, where others take it.
        raw.set_progress_handler(None, 0)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say what SQLite and the operating system report in the library's words."""
    try:
        yield
    except DBAPIError as error:
        raise _library_error(error.orig, path) from error
    except (sqlite3.Error, OSError) as error:
        raise _library_error(error, path) from error
    except UnicodeDecodeError as error:
        raise _damaged(error, path) from error
    except OverflowError as error:
        raise LibraryError(f"a number is larger than any in a library: {error}", hint="give a smaller one") from error


def _library_error(error: BaseException | None, path: Path) -> LibraryError:
    if isinstance(error, OSError):
        return _from_os(error, path)
    code = _code(error)
    # The low byte is the family: SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY.
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LibraryLocked(
                f"another process has held {path} for too long",
                hint="wait for it, or find out which kernel is writing; nothing was lost",
            )
        case sqlite3.SQLITE_INTERRUPT:
            return LibraryError("this took too long and was broken off", hint="ask for less: more words, fewer days")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return LibraryReadOnly(f"{path} cannot be opened or written: {error}", hint=ELSEWHERE)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(error, path)
    if code == sqlite3.SQLITE_FULL or code in _IO_FULL:
        return LibraryFull(f"there is no room left for {path}: {error}", hint=f"free some space, or {ELSEWHERE}")
    return LibraryError(f"{path}: {error}")


def _damaged(error: BaseException | None, path: Path) -> LibraryError:
    return LibraryError(
        f"{path} is damaged: {error}",
        hint=f"the pictures in {path.parent / 'blobs'} are untouched: imgnb rebuild makes a new file of them and of "
        "what can still be read of this one, which it keeps; --from BACKUP.db adds a backup",
    )


def _from_os(error: OSError, path: Path) -> LibraryError:
    where, why = error.filename or path, error.strerror or error
    if error.errno in FULL:
        return LibraryFull(f"there is no room left for {where}: {why}", hint=f"free some space, or {ELSEWHERE}")
    if error.errno in FORBIDDEN:
        return LibraryReadOnly(f"{where} cannot be written: {why}", hint=ELSEWHERE)
    return LibraryError(f"{where} cannot be used: {why}", hint=ELSEWHERE)


_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_IO_FULL = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE)
# What SQLite makes of a used-up quota or a file size limit.


def _code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR))


def _journal_mode(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _begin(connection: Connection) -> Any:
    connection.exec_driver_sql(connection.get_execution_options().get("imgnb_begin", "BEGIN"))


def _storable(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> tuple[str, Any]:
    """Half surrogate pairs, which JSON answers and file names may hold, are written as \\udc80: no row is lost to them."""
    return statement, [storable(row) for row in parameters] if many else storable(parameters)


def storable(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) and not value.isascii() else value
        for value in row
    )


def _disown() -> None:
    _INHERITED.extend(database._engine for database in _OPEN)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)
