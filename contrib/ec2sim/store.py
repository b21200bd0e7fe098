"""Durable objects: one SQLite table of (region, kind, id, JSON), written per request.

The simulator works on the dicts in memory; put() and drop() note what changed
and commit() writes it in one transaction, before the answer leaves.  A kill -9
loses at most a request that was never answered.
"""
import datetime
import json
import sqlite3
from typing import Any

KINDS = ('fleet', 'instance', 'group', 'template', 'token', 'key', 'blob', 'message', 'bill', 'change')


def _encode(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {'$time': value.isoformat()}
    raise TypeError(f'{type(value).__name__} in an object of the store')


def _decode(value: dict[str, Any]) -> Any:
    if '$time' in value:
        return datetime.datetime.fromisoformat(value['$time'])
    return value


class Store:
    """The objects of one region; kinds are dicts in .all."""

    def __init__(self, path: str, region: str = '', db: sqlite3.Connection | None = None):
        self._region = region
        self._db = db or self._open(path)
        self._changed: dict[tuple[str, str], None] = {}
        self.all: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        # rowid keeps the order of creation: a REPLACE would move the row.
        for kind, name, body in self._db.execute(
                'SELECT kind, id, body FROM object WHERE region = ? ORDER BY rowid', (region,)):
            self.all[kind][name] = json.loads(body, object_hook=_decode)

    @staticmethod
    def _open(path: str) -> sqlite3.Connection:
        db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Durable against our own death, not against the machine's.
        db.execute('PRAGMA journal_mode=WAL')
        db.execute('PRAGMA synchronous=OFF')
        db.execute('CREATE TABLE IF NOT EXISTS object (region TEXT, kind TEXT, id TEXT, '
                   'body TEXT, PRIMARY KEY (region, kind, id))')
        return db

    def of_region(self, region: str) -> 'Store':
        """The objects of another region, in the same file."""
        return Store('', region, self._db)

    def put(self, kind: str, name: str, body: dict[str, Any]) -> None:
        """Add an object, or note that its dict has changed."""
        self.all[kind][name] = body
        self._changed[(kind, name)] = None

    def drop(self, kind: str, name: str) -> None:
        """Forget an object."""
        self.all[kind].pop(name, None)
        self._changed[(kind, name)] = None

    def commit(self) -> None:
        """Write what changed since the last commit, all or nothing."""
        if not self._changed:
            return
        self._db.execute('BEGIN')
        for kind, name in self._changed:
            body = self.all[kind].get(name)
            if body is None:
                self._db.execute('DELETE FROM object WHERE region = ? AND kind = ? AND '
                                 'id = ?', (self._region, kind, name))
            else:
                self._db.execute('INSERT INTO object VALUES (?, ?, ?, ?) ON CONFLICT '
                                 '(region, kind, id) DO UPDATE SET body = excluded.body',
                                 (self._region, kind, name, json.dumps(body, default=_encode)))
        self._db.execute('COMMIT')
        self._changed.clear()

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._db.close()
