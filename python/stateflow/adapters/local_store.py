"""The SQLite database that the local target keeps its records in."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stateflow.adapters.service import Unavailable
from stateflow.errors import StateflowError
from stateflow.step.message import Address

APPLICATION_ID = 0x53464C57
"""Marks the file as ours (`PRAGMA application_id`)."""

SCHEMA = 2
"""The version of the tables (`PRAGMA user_version`)."""

RESULTS_KEPT = 24 * 3600
"""How many seconds the result of a request with an idempotency key is kept."""

_TABLES = f"""
PRAGMA application_id = {APPLICATION_ID};
BEGIN;
CREATE TABLE app (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (entity, key)
) WITHOUT ROWID;
CREATE TABLE results (
    request TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    reply BLOB NOT NULL,
    time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX results_by_time ON results (time);
PRAGMA user_version = {SCHEMA};
COMMIT;
"""


class CannotOpen(StateflowError):
    """A data directory cannot be served; the message says why, and what to do."""


class Conflict(StateflowError):
    """A record was changed by something else than this process."""


class Write(NamedTuple):
    """A record to be stored, on the condition that the stored one is still of that version; 0 where there is none."""

    address: Address
    version: int
    value: bytes


class Result(NamedTuple):
    """The answer to a request, kept for when it comes again."""

    request: str
    digest: bytes
    reply: bytes


class Store:
    """One open database. Used by one thread at a time."""

    def __init__(self, directory: Path, app: str, keys: Mapping[str, str]) -> None:
        """Open the database of a data directory, which is made where it is missing.

        `keys` are the key types of the app's entities. Raises `CannotOpen`.
        """
        self._lock = _lock(directory)
        try:
            self._db = _open(directory / "state.db")
            self._check(directory, app, keys)
        except BaseException:
            self._lock.close()
            raise

    def _check(self, directory: Path, app: str, keys: Mapping[str, str]) -> None:
        """Refuse data that another app wrote, or whose addresses this one would read otherwise."""
        stored = dict(self._db.execute("SELECT name, value FROM app"))
        name = stored.get("name", app)
        if name != app:
            raise CannotOpen(f"{directory} holds the data of the app {name!r}, not of {app!r}: give another directory")
        before: dict[str, str] = json.loads(stored.get("keys", "{}"))
        for entity, key in before.items():
            if keys.get(entity, key) != key and self._has(entity):
                message = (
                    f"{directory} holds {entity} entities with {key} keys, and this bundle has {keys[entity]} keys"
                )
                raise CannotOpen(f"{message}: give another directory, or change the type back")
        values = {"name": app, "keys": json.dumps({**before, **keys}, sort_keys=True)}
        if values != stored:
            try:
                self._db.executemany("REPLACE INTO app VALUES (?, ?)", values.items())
            except sqlite3.Error as error:
                raise CannotOpen(f"{directory / 'state.db'} cannot be written: {error}") from None

    def _has(self, entity: str) -> bool:
        return self._db.execute("SELECT 1 FROM records WHERE entity = ? LIMIT 1", (entity,)).fetchone() is not None

    def read(self, address: Address) -> tuple[int, bytes] | None:
        """Return the version and value of a record. Raises `Unavailable`."""
        try:
            row: tuple[int, bytes] | None = self._db.execute(
                "SELECT version, value FROM records WHERE entity = ? AND key = ?", (address.entity, _key(address.key))
            ).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the state cannot be read: {error}") from error
        return row

    def result(self, request: str) -> Result | None:
        """Return the kept answer to a request. Raises `Unavailable`."""
        try:
            row = self._db.execute(
                "SELECT request, digest, reply FROM results WHERE request = ?", (request,)
            ).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the state cannot be read: {error}") from error
        return Result(*row) if row else None

    def commit(self, writes: Sequence[Write], results: Sequence[Result]) -> None:
        """Store all of it or nothing, and return when it is on disk. Raises `Unavailable` or `Conflict`."""
        now = int(time.time())
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(writes)
            if results:
                self._db.executemany("INSERT INTO results VALUES (?, ?, ?, ?)", [(*result, now) for result in results])
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            self._roll_back()
            raise Conflict(f"the state was changed by another program: {error}") from error
        except sqlite3.Error as error:
            self._roll_back()
            raise Unavailable(f"the state cannot be written: {error}") from error
        except BaseException:
            self._roll_back()
            raise

    def _write(self, writes: Iterable[Write]) -> None:
        new = [(entity, _key(key), value) for (entity, key), version, value in writes if version == 0]
        changed = [(value, entity, _key(key), version) for (entity, key), version, value in writes if version]
        if new:
            self._db.executemany("INSERT INTO records VALUES (?, ?, 1, ?)", new)
        if changed:
            updated = self._db.executemany(
                "UPDATE records SET version = version + 1, value = ? WHERE entity = ? AND key = ? AND version = ?",
                changed,
            ).rowcount
            if updated != len(changed):
                raise Conflict("the state was changed by another program")

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def prune(self) -> None:
        """Forget results that were kept long enough."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("DELETE FROM results WHERE time < ?", (int(time.time()) - RESULTS_KEPT,))

    def close(self) -> None:
        """Close the database and let others open it."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        self._lock.close()


def _key(key: str | int) -> str:
    """A key as JSON text, which tells 1 from "1" and holds any integer and any string."""
    return json.dumps(key)


class _Lock:
    """An exclusive lock on a directory, which ends with the process at the latest."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        os.close(self._descriptor)


def _lock(directory: Path) -> _Lock:
    path = directory / "lock"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise CannotOpen(f"{directory} cannot be used for data: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        by = f" (process {holder})" if holder.isdigit() else ""
        raise CannotOpen(f"{directory} is already being served by another process{by}") from None
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return _Lock(descriptor)


def _open(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=32)
    except sqlite3.Error as error:
        raise CannotOpen(f"{path} cannot be opened: {error}") from None
    try:
        _prepare(db, path)
    except sqlite3.Error as error:
        db.close()
        raise CannotOpen(f"{path} cannot be used: {error}") from None
    except CannotOpen:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (application, version) != (APPLICATION_ID, SCHEMA) and tables:
        if application != APPLICATION_ID:
            raise CannotOpen(f"{path} is a database of another program")
        raise CannotOpen(f"{path} has version {version} of the tables, and this program reads version {SCHEMA}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if not tables:
        db.executescript(_TABLES)
