"""One SQL text for both engines, with named parameters and tables of parameter rows.

SQLite and PostgreSQL agree on almost all the SQL a service needs. What differs is written as a
marker and translated once, when the statement is made:

``:name``    a parameter
``{rows}``   a table made of the parameter rows, for use after FROM (give it an alias)
``{values}`` the parameter rows as the source of an INSERT
``{lock}``   FOR UPDATE where rows are locked; nothing on SQLite, which has a single writer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_NUMBERED = re.compile(r"\$(\d+)")


class ColumnType(StrEnum):
    """The types of parameter rows, by their PostgreSQL names."""

    BIGINT = "bigint"
    TEXT = "text"
    REAL = "double precision"


BIGINT = ColumnType.BIGINT
TEXT = ColumnType.TEXT
REAL = ColumnType.REAL

RowValues = Sequence[Sequence[Any]]


class Statement:
    """A named piece of SQL, translated for each engine.

    Args:
        sql: the text, with the markers described in this module.
        rows: the columns of the parameter rows, in order, if ``{rows}`` or ``{values}`` is used.

    Raises:
        ValueError: the markers and ``rows`` do not fit together.
    """

    def __init__(self, sql: str, rows: Mapping[str, ColumnType] | None = None) -> None:
        text = " ".join(sql.split())
        self.inserts_values = "{values}" in text
        self.takes_rows = rows is not None
        if self.takes_rows != (self.inserts_values or "{rows}" in text):
            raise ValueError(f"rows and markers do not fit together: {text}")
        self.columns = tuple(rows or {})
        self.sqlite = self._for_sqlite(text, rows or {})
        self.postgres, self.parameters = self._for_postgres(text, rows or {})

    def __repr__(self) -> str:
        return f"Statement({self.postgres!r})"

    def _for_sqlite(self, text: str, rows: Mapping[str, ColumnType]) -> str:
        marks = ", ".join("?" for _ in rows)
        # Without a type, ``(a, b) IN (SELECT … FROM {rows})`` finds only ``a`` by the index.
        fields = ", ".join(
            f"CAST(json_extract(value, '$[{place}]') AS {kind}) AS {name}"
            for place, (name, kind) in enumerate(rows.items())
        )
        return (
            text.replace("{lock}", "")
            .replace("{values}", f"VALUES ({marks})")
            .replace("{rows}", f"(SELECT {fields} FROM json_each(:rows))")  # noqa: S608 - column names are ours
        )

    def _for_postgres(
        self, text: str, rows: Mapping[str, ColumnType]
    ) -> tuple[str, tuple[str, ...]]:
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(rows.values(), 1))
        names = ", ".join(self.columns)
        table = f"(SELECT * FROM unnest({arrays}) AS given({names}))"  # noqa: S608 - ours
        order: list[str] = []

        def number(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in order:
                order.append(name)
            return f"${len(rows) + order.index(name) + 1}"

        # Parameters are numbered before the arrays go in: their ``::type`` is not a parameter.
        numbered = _PARAMETER.sub(number, text)
        translated = (
            numbered.replace("{lock}", "FOR UPDATE")
            .replace("{values}", f"SELECT * FROM unnest({arrays}) AS given({names})")  # noqa: S608
            .replace("{rows}", table)
        )
        return translated, tuple(order)

    def postgres_arguments(
        self, rows: RowValues | None, parameters: Mapping[str, Any]
    ) -> list[Any]:
        """Positional arguments for PostgreSQL: a list per column, then the parameters."""
        if rows is None:
            columns: list[list[Any]] = []
        else:
            columns = [list(column) for column in zip(*rows, strict=True)]
            columns = columns or [[] for _ in self.columns]
        return [*columns, *(parameters[name] for name in self.parameters)]

    def sqlite_arguments(
        self, rows: RowValues | None, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Named arguments for SQLite; the rows travel as one JSON text."""
        if rows is None:
            return dict(parameters)
        return {**parameters, "rows": msgspec.json.encode(rows).decode()}


def glue(statements: Sequence[Statement]) -> str:
    """Several writes that do not depend on each other as one PostgreSQL statement.

    Their arguments are to be passed one after the other. One statement is one round trip.
    """
    if len(statements) == 1:
        return statements[0].postgres
    parts: list[str] = []
    offset = 0
    for place, statement in enumerate(statements):
        shifted = _NUMBERED.sub(
            lambda match, by=offset: f"${int(match.group(1)) + by}",  # type: ignore[misc]
            statement.postgres,
        )
        parts.append(f"w{place} AS ({shifted})")
        offset += len(statement.columns) + len(statement.parameters)
    return f"WITH {', '.join(parts)} SELECT 1"
