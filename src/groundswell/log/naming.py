"""Forgetting somebody in ordinary tables: names become the tombstone, details of them go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from groundswell.log.forgetting import contained, pattern
from groundswell.store import TEXT, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Erasure, Trail

Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Naming:
    """Where the tables of a slice name people.

    Attributes:
        names: by table, columns that hold a user's id; the tombstone takes its place.
        hashes: by table, columns that may hold the hash of an address; nothing takes its place.
        details: by table and the column that holds the id, columns that say more of that user.
        documents: by table, columns of JSON that may name anybody.
        gone: by table, columns that hold a user's id; their rows go.
        parts: by table and the condition of a user's rows (``:name``), columns of texts that others
            chose, of which the user's id may be a part.
    """

    names: Columns = field(default_factory=dict)
    hashes: Columns = field(default_factory=dict)
    details: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    documents: Columns = field(default_factory=dict)
    gone: Columns = field(default_factory=dict)
    parts: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)

    async def forget(self, tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
        """Forget somebody; how many rows named them. Rare, so the tables are searched whole."""
        touched = 0
        user_id = erasure.user_id
        if user_id is not None:
            touched += await self._rewrite_parts(tx, erasure, user_id)
            for statement in self._deletes() + self._details():
                touched += len(await tx.fetch(statement, name=user_id))
            for statement in self._renames():
                renamed = await tx.fetch(statement, name=user_id, tombstone=erasure.tombstone)
                touched += len(renamed)
        else:
            for statement in self._clears():
                for name in sorted(erasure.actors):
                    touched += len(await tx.fetch(statement, name=name))
        return touched + await self._rewrite(tx, erasure)

    async def _rewrite_parts(self, tx: Transaction, erasure: Erasure, name: str) -> int:
        touched = 0
        for (table, condition), columns in self.parts.items():
            for column in columns:
                touched += await _rewrite_part(tx, erasure, name, (table, condition, column))
        return touched

    def _deletes(self) -> list[Statement]:
        return [
            Statement(f"DELETE FROM {table} WHERE {column} = :name RETURNING 1")  # noqa: S608 - ours
            for table, columns in self.gone.items()
            for column in columns
        ]

    def _details(self) -> list[Statement]:
        return [
            Statement(
                f"UPDATE {table} SET {', '.join(f'{one} = NULL' for one in columns)} "  # noqa: S608
                f"WHERE {key} = :name RETURNING 1"
            )
            for (table, key), columns in self.details.items()
        ]

    def _renames(self) -> list[Statement]:
        return [
            Statement(
                f"UPDATE {table} SET {column} = :tombstone WHERE {column} = :name RETURNING 1"  # noqa: S608
            )
            for table, columns in self.names.items()
            for column in columns
        ]

    def _clears(self) -> list[Statement]:
        return [
            Statement(f"UPDATE {table} SET {column} = NULL WHERE {column} = :name RETURNING 1")  # noqa: S608
            for table, columns in self.hashes.items()
            for column in columns
        ]

    async def _rewrite(self, tx: Transaction, erasure: Erasure) -> int:
        touched = 0
        for table, columns in self.documents.items():
            for column in columns:
                touched += await _rewrite_column(tx, erasure, table, column)
        return touched


async def _rewrite_part(
    tx: Transaction, erasure: Erasure, name: str, where: tuple[str, str, str]
) -> int:
    """Only rows of the user: the same text elsewhere may be somebody else's."""
    table, condition, column = where
    find = Statement(
        f"SELECT DISTINCT {column} FROM {table} "  # noqa: S608 - names of ours
        f"WHERE {condition} AND {column} LIKE :part ESCAPE '!'"
    )
    put = Statement(
        f"UPDATE {table} SET {column} = r.after FROM {{rows}} r "  # noqa: S608 - names of ours
        f"WHERE {table}.{column} = r.before AND {condition} RETURNING 1",
        rows={"before": TEXT, "after": TEXT},
    )
    found = [text for (text,) in await tx.fetch(find, name=name, part=contained(name))]
    changed = [(text, after) for text in found if (after := erasure.forgetting.of_id(text)) != text]
    return len(await tx.fetch(put, rows=changed, name=name)) if changed else 0


async def _rewrite_column(tx: Transaction, erasure: Erasure, table: str, column: str) -> int:
    """Equal texts are rewritten together, wherever they stand."""
    find = Statement(
        f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE :pattern ESCAPE '!'"  # noqa: S608
    )
    put = Statement(
        f"UPDATE {table} SET {column} = r.after FROM {{rows}} r "  # noqa: S608 - names of ours
        f"WHERE {table}.{column} = r.before RETURNING 1",
        rows={"before": TEXT, "after": TEXT},
    )
    changed: dict[str, str] = {}
    for needle in erasure.needles:
        for (text,) in await tx.fetch(find, pattern=pattern(needle)):
            before: Any = msgspec.json.decode(text)
            after = erasure.forgetting.of_data(before)
            if after != before:
                changed[text] = msgspec.json.encode(after).decode()
    return len(await tx.fetch(put, rows=list(changed.items()))) if changed else 0
