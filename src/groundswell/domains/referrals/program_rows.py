"""Programs as they are kept, and how they are read and written."""

from __future__ import annotations

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.domains.referrals.refusals import ProgramNotFound
from groundswell.domains.referrals.rules import ProgramRules
from groundswell.domains.referrals.views import ProgramState, ProgramView
from groundswell.store import Statement, Store, Transaction

_COLUMNS = """
    program_id, version, name, state, starts_at, ends_at, rules, referrals, conversions,
    created_at, updated_at
"""
FIND = Statement(f"SELECT {_COLUMNS} FROM programs WHERE program_id = :program_id")  # noqa: S608 - ours
LIST = Statement(
    f"""
    SELECT {_COLUMNS} FROM programs
    WHERE created_at < :at OR (created_at = :at AND program_id < :id)
    ORDER BY created_at DESC, program_id DESC LIMIT :limit
    """  # noqa: S608 - ours
)
ADD = Statement(
    f"""
    INSERT INTO programs ({_COLUMNS}) VALUES
      (:program_id, 1, :name, :state, :starts_at, :ends_at, :rules, 0, 0, :now, :now)
    """  # noqa: S608 - ours
)
CHANGE = Statement(
    """
    UPDATE programs SET version = :version, name = :name, state = :state, starts_at = :starts_at,
      ends_at = :ends_at, rules = :rules, updated_at = :now
    WHERE program_id = :program_id
    """
)
ADD_VERSION = Statement(
    """
    INSERT INTO program_versions (program_id, version, rules, created_at)
    VALUES (:program_id, :version, :rules, :now)
    """
)
FIND_VERSION = Statement(
    "SELECT rules FROM program_versions WHERE program_id = :program_id AND version = :version"
)
COUNT_REFERRAL = Statement(
    "UPDATE programs SET referrals = referrals + :more WHERE program_id = :program_id"
)
COUNT_CONVERSION = Statement(
    "UPDATE programs SET conversions = conversions + :more WHERE program_id = :program_id"
)

_decode = msgspec.json.Decoder(ProgramRules).decode
_encode = msgspec.json.Encoder().encode


class Program(msgspec.Struct, frozen=True):
    """A program as it is now; fields in the order of the columns."""

    program_id: str
    version: int
    name: str
    state: ProgramState
    starts_at: int | None
    ends_at: int | None
    rules: ProgramRules
    referrals: int
    conversions: int
    created_at: int
    updated_at: int

    def is_active(self, at: int) -> bool:
        """Whether referrals and conversions of ``at`` count. The end is excluded."""
        started = self.starts_at is None or self.starts_at <= at
        return self.state == "active" and started and (self.ends_at is None or at < self.ends_at)

    def view(self) -> ProgramView:
        """As it is answered."""
        return ProgramView(
            program_id=self.program_id,
            version=self.version,
            name=self.name,
            state=self.state,
            starts_at=None if self.starts_at is None else to_rfc3339(self.starts_at),
            ends_at=None if self.ends_at is None else to_rfc3339(self.ends_at),
            rules=self.rules,
            referrals=self.referrals,
            conversions=self.conversions,
            created_at=to_rfc3339(self.created_at),
            updated_at=to_rfc3339(self.updated_at),
        )


def program_of(row: tuple[object, ...]) -> Program:
    """The program of a row."""
    values = list(row)
    values[6] = _decode(str(values[6]))
    return Program(*values)  # type: ignore[arg-type]


def encoded(rules: ProgramRules) -> str:
    """Rules as they are kept."""
    return _encode(rules).decode()


async def find_program(transaction: Transaction, program_id: str) -> Program | None:
    """The program of this id."""
    rows = await transaction.fetch(FIND, program_id=program_id)
    return program_of(rows[0]) if rows else None


async def rules_of(transaction: Transaction, program: Program, version: int) -> ProgramRules:
    """The rules of one of its versions."""
    if version == program.version:
        return program.rules
    rows = await transaction.fetch(FIND_VERSION, program_id=program.program_id, version=version)
    return _decode(rows[0][0])


async def check_program(store: Store, program_id: str) -> Program:
    """The program as it is now, outside of a transaction.

    Raises:
        ProgramNotFound: nobody knows it.
    """
    rows = await store.fetch(FIND, program_id=program_id)
    if not rows:
        raise ProgramNotFound
    return program_of(rows[0])
