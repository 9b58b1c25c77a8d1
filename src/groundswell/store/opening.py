"""From a database URL to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from groundswell.store.postgres import PostgresStore
from groundswell.store.sqlite import SQLiteStore
from groundswell.store.transaction import Store

POSTGRES_SCHEMES = frozenset({"postgresql", "postgres"})


def sqlite_path(url: str) -> Path:
    """The file of a ``sqlite:///relative`` or ``sqlite:////absolute`` URL.

    Raises:
        ValueError: the URL names no file.
    """
    path = urlsplit(url).path.removeprefix("/")
    if not path:
        raise ValueError(f"{url!r} names no file; write sqlite:///groundswell.db")
    return Path(path)


def is_sqlite(url: str) -> bool:
    """Whether the URL names a SQLite file.

    Raises:
        ValueError: it names neither SQLite nor PostgreSQL.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return True
    if scheme in POSTGRES_SCHEMES:
        return False
    raise ValueError(f"a database URL starts with sqlite:/// or postgresql://, not {scheme!r}")


def open_store(url: str, *, readers: int | None = None) -> Store:
    """A store for the URL, not yet connected: call its ``open()``."""
    if is_sqlite(url):
        return SQLiteStore(sqlite_path(url), readers=readers or 4)
    return PostgresStore(url, readers=readers or 8)
