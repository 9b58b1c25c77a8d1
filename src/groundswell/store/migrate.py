"""Bringing a database to the schema this version needs, or back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.store.opening import is_sqlite, sqlite_path

_LOCK = 0x67726F756E64
"""Any number will do, as long as all processes take the same."""

Step = Callable[[sa.Connection], None]


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str | None:
    """The revision this version of the code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def on_connection(url: str, step: Step) -> None:
    """Run ``step`` on a connection in one transaction, alone among all processes.

    Raises:
        DatabaseUnavailable: no connection could be made.
    """
    if is_sqlite(url):
        _on_sqlite(url, step)
    else:
        await _on_postgres(url, step)


def _on_sqlite(url: str, step: Step) -> None:
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 20000")
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            step(connection)
            connection.commit()
    except sa.exc.OperationalError as error:
        raise DatabaseUnavailable from error
    finally:
        engine.dispose()


async def _on_postgres(url: str, step: Step) -> None:
    address = urlsplit(url)._replace(scheme="postgresql+asyncpg").geturl()
    engine = create_async_engine(address, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK}
            )
            await connection.run_sync(step)
    except (OSError, sa.exc.InterfaceError, sa.exc.OperationalError) as error:
        raise DatabaseUnavailable from error
    finally:
        await engine.dispose()


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to ``revision``; does nothing if it is there.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    await on_connection(url, lambda connection: command.upgrade(_config(connection), revision))


async def downgrade(url: str, revision: str) -> None:
    """Bring the schema back to ``revision``; ``base`` is an empty database.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    await on_connection(url, lambda connection: command.downgrade(_config(connection), revision))


async def current_revision(url: str) -> str | None:
    """The revision the database is at; None for an empty one.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    found: list[str | None] = []

    def read(connection: sa.Connection) -> None:
        found.append(MigrationContext.configure(connection).get_current_revision())

    await on_connection(url, read)
    return found[0]
