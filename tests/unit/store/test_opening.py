"""From an address to a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.store import open_store
from groundswell.store.opening import is_sqlite, sqlite_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///groundswell.db", "groundswell.db"),
        ("sqlite:///data/groundswell.db", "data/groundswell.db"),
        ("sqlite:////var/lib/groundswell.db", "/var/lib/groundswell.db"),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: str) -> None:
    assert sqlite_path(url) == Path(path)
    assert open_store(url).engine == "sqlite"


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgres://u@h/d"])
def test_postgresql_has_two_names(url: str) -> None:
    assert not is_sqlite(url)
    assert open_store(url).engine == "postgresql"


@pytest.mark.parametrize("url", ["mysql://h/d", "groundswell.db", ""])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        open_store(url)


def test_an_address_without_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match="names no file"):
        sqlite_path("sqlite://")
