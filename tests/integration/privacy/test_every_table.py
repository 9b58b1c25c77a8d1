"""Whatever table names somebody, an erasure finds it; a new one that is forgotten fails here."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import groundswell
from groundswell.store import Statement
from groundswell.store.schema import metadata
from tests.integration.privacy.people import People

MARKER = "marker-91c4"
SOURCES = Path(groundswell.__file__).parent

NAMES = frozenset(
    (
        *("user_id", "author_id", "owner_id", "actor_id", "subject_id", "recipient_id"),
        *("referrer_id", "referee_id", "holder_id", "subject", "blocked_id", "partner_id"),
        *("held_by", "resolved_by", "decided_by", "requested_by", "user_low", "user_high"),
        "caller_id",
    )
)
DOCUMENTS = frozenset({"trace", "facts", "parts", "evidence", "decisions", "engager", "told"})
KEYS = frozenset({"actor", "voter_key"})
"""Under which names somebody acts: ``user:<id>``."""
APART = frozenset({"event_log", "log_head", "consumer_positions", "idempotency_keys"})


def _tables() -> list[sa.Table]:
    for path in SOURCES.rglob("tables.py"):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        importlib.import_module(".".join(("groundswell", *parts)))
    return [table for table in metadata.sorted_tables if table.name not in APART]


def _value(column: sa.Column[Any], number: int) -> Any:
    if not isinstance(column.type, sa.Text):
        return number
    if column.name in NAMES:
        return MARKER
    if column.name in KEYS:
        return f"user:{MARKER}"
    if column.name in DOCUMENTS:
        return f'{{"userId":"{MARKER}"}}'
    return {"state": "withdrawn", "data": None}.get(column.name, f"text-{number}")


async def test_no_table_names_somebody_who_was_forgotten(people: People) -> None:
    filled = []
    there = await people.tables()
    async with people.core.store.writing() as tx:
        for number, table in enumerate(_tables(), 1):
            values = {column.name: _value(column, number) for column in table.columns}
            if table.name not in there or not any(
                MARKER in str(value) for value in values.values()
            ):
                continue
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            await tx.fetch(
                Statement(f"INSERT INTO {table.name} ({names}) VALUES ({marks})"), **values
            )
            filled.append(table.name)
    assert len(filled) > 20
    assert {line.partition(":")[0] for line in await people.holding(MARKER)} == set(filled)
    await people.actions.erase(people.user(MARKER))
    assert await people.holding(MARKER) == []
