"""Either database, so that one test says the same of both."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'groundswell.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database: the test runs on SQLite and again on PostgreSQL."""
    fixture = "sqlite_url" if request.param == "sqlite" else "fresh_database"
    return cast(str, request.getfixturevalue(fixture))
