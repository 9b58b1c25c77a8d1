"""Projections: rows that the log alone determines, folded from its events beside the real ones.

A slice says which columns of which tables follow from the log (``Table``), and how (``Fold``).
Handlers write these rows in the transaction of their events or of the reactions to them, because
an answer needs them at once. A fold says independently of any handler what they have to be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final, Self

import msgspec

from groundswell.contract.events import Event, LoggedEvent
from groundswell.store import Statement, Transaction
from groundswell.store.statement import ColumnType

Values = tuple[Any, ...]
Rows = Mapping[str, Mapping[Values, Values]]
"""By table and key, the values that follow from the log, and then those that fill a new row."""

_PORTION: Final = 5_000
_NO_ROWS: Final[Mapping[Values, Values]] = {}


class Fold(msgspec.Struct):
    """What the events so far amount to; its fields are all there is to it.

    ``takes`` are the kinds of events that change it; it need not be handed any other.
    """

    takes: ClassVar[tuple[type[Event], ...]]

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        raise NotImplementedError

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        raise NotImplementedError

    def dump(self) -> bytes:
        """All of it, for ``revive``."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def revive(cls, dumped: bytes) -> Self:
        """What was dumped.

        Raises:
            msgspec.DecodeError: it is not a fold of this kind.
        """
        return msgspec.msgpack.decode(dumped, type=cls)


class Table:
    """The part of a table that follows from the log.

    Args:
        name: the table's.
        key: its key.
        values: columns that follow from the log.
        fill: columns that do not, and what a row that was lost gets in them comes from the fold.
        whole: whether the log determines which rows there are. Otherwise only columns of rows that
            something else made are rebuilt; a row that is missing cannot be.
        absent: values that say the same as no row at all.
    """

    def __init__(
        self,
        name: str,
        key: Mapping[str, ColumnType],
        values: Mapping[str, ColumnType],
        *,
        fill: Mapping[str, ColumnType] | None = None,
        whole: bool = True,
        absent: Values | None = None,
    ) -> None:
        self.name = name
        self.width = len(values)
        self.whole = whole
        self.absent = absent
        self._keys = len(key)
        every = {**key, **values, **(fill or {})}
        listed, keys = ", ".join(every), ", ".join(key)
        given = ", ".join(f"r.{one}" for one in key)
        same = " AND ".join(f"{name}.{one} = r.{one}" for one in key)
        assigned = ", ".join(f"{one} = r.{one}" for one in values)
        read = f"SELECT {keys}, {', '.join(values)} FROM {name}"  # noqa: S608 - names of ours
        # The primary key, which is also the order: a table is never held as a whole.
        paged = f"ORDER BY {keys} LIMIT :limit"
        self._places = tuple(f"after_{place}" for place in range(len(key)))
        after = ", ".join(f":{one}" for one in self._places)
        self._read_first = Statement(f"{read} {paged}")
        self._read_next = Statement(f"{read} WHERE ({keys}) > ({after}) {paged}")
        self._add = Statement(
            f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {{rows}} r WHERE true",  # noqa: S608
            rows=every,
        )
        self._change = Statement(
            f"UPDATE {name} SET {assigned} FROM {{rows}} r WHERE {same}",  # noqa: S608
            rows={**key, **values},
        )
        self._remove = Statement(
            f"DELETE FROM {name} WHERE ({keys}) IN (SELECT {given} FROM {{rows}} r)",  # noqa: S608
            rows=dict(key),
        )

    async def compare(
        self, tx: Transaction, told: Mapping[Values, Values]
    ) -> tuple[int, list[Difference]]:
        """How many rows there are, or have to be, and what differs, in the order of the keys.

        What is kept is read a portion at a time; only the keys of rows that are as they have to
        be are remembered, and these only to find those that are missing.
        """
        seen: set[Values] = set()
        strange = 0
        found: list[Difference] = []
        async for key, is_ in self._kept(tx):
            full = told.get(key)
            if full is None:
                strange += 1
            else:
                seen.add(key)
            found += self._difference(key, is_, full)
        if len(seen) < len(told):
            for key, full in told.items():
                if key not in seen:
                    found += self._difference(key, None, full)
        found.sort(key=lambda one: repr(one.key))
        return strange + len(told), found

    async def _kept(self, tx: Transaction) -> AsyncIterator[tuple[Values, Values]]:
        rows = await tx.fetch(self._read_first, limit=_PORTION)
        while rows:
            for row in map(tuple, rows):
                yield row[: self._keys], row[self._keys :]
            last = dict(zip(self._places, rows[-1], strict=False))
            full = len(rows) == _PORTION
            rows = await tx.fetch(self._read_next, limit=_PORTION, **last) if full else []

    def _difference(self, key: Values, is_: Values | None, full: Values | None) -> list[Difference]:
        be = self.absent if full is None else full[: self.width]
        if (self.absent if is_ is None else is_) == be:
            return []
        mendable = self.whole or None not in (is_, be)
        return [Difference(self, key, is_, be, full, mendable)]

    async def mend(self, tx: Transaction, differences: Sequence[Difference]) -> None:
        """Make the rows what they have to be."""
        for start in range(0, len(differences), _PORTION):
            portion = differences[start : start + _PORTION]
            gone = [one.key for one in portion if one.told is None]
            changed = [(*one.key, *one.told) for one in portion if one.told and one.kept]
            added = [(*one.key, *one.row) for one in portion if one.row and one.kept is None]
            for statement, rows in (
                (self._remove, gone), (self._change, changed), (self._add, added)
            ):  # fmt: skip
                if rows:
                    await tx.fetch(statement, rows=rows)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the log says.

    Attributes:
        kept: its values; None if there is no row.
        told: what they have to be; None if there must be no row.
        row: ``told`` with what fills a new row.
        mendable: whether the log is enough to mend it.
    """

    table: Table
    key: Values
    kept: Values | None
    told: Values | None
    row: Values | None
    mendable: bool

    def __str__(self) -> str:
        name = " ".join(map(str, self.key))
        more = "" if self.mendable else "; the log alone cannot mend it"
        return f"{self.table.name} {name}: kept {self.kept}, the log says {self.told}{more}"


@dataclass(frozen=True, slots=True)
class Projection:
    """What a slice keeps that follows from the log.

    ``version`` is to be raised whenever ``fold`` makes something else of the same events: folds
    that were stored before are of no use then. A change of its fields is noticed by itself.
    """

    name: str
    version: int
    fold: type[Fold]
    tables: Sequence[Table]

    @property
    def shape(self) -> str:
        """What a stored fold must have been made by to be of use."""
        fields = repr(msgspec.inspect.type_info(self.fold))
        return f"{self.version}-{sha256(fields.encode()).hexdigest()[:16]}"

    async def compare(self, tx: Transaction, fold: Fold) -> tuple[int, list[Difference]]:
        """How many rows were compared, and those that differ."""
        told = fold.rows()
        count, found = 0, list[Difference]()
        for table in self.tables:
            rows, differences = await table.compare(tx, told.get(table.name, _NO_ROWS))
            count += rows
            found += differences
        return count, found

    async def mend(self, tx: Transaction, differences: Sequence[Difference]) -> None:
        """Swap in the rows that the log says, as far as it is enough."""
        for table in self.tables:
            wrong = [one for one in differences if one.table is table and one.mendable]
            await table.mend(tx, wrong)
