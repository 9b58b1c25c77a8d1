"""Cores on either database."""

from tests.support.fixtures import (  # noqa: F401 - fixtures
    core,
    database_numbers,
    migrated_postgres,
    migrated_sqlite,
    ready_postgres,
    ready_sqlite,
    ready_url,
)
