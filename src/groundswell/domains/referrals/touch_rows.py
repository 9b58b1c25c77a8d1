"""Touches as they are kept, and how they are read and written."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundswell.domains.referrals.attribution import Touch
from groundswell.domains.referrals.codes import Code
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.rules import TouchKind
from groundswell.store import Statement, Transaction

_COLUMNS = """
    touch_id, program_id, referrer_id, code_id, referral_id, kind, visitor_id, user_id, identity,
    address, source, query, at, recorded_at
"""
ADD = Statement(
    f"""
    INSERT INTO referral_touches ({_COLUMNS}) VALUES
      (:touch_id, :program_id, :referrer_id, :code_id, :referral_id, :kind, :visitor_id, :user_id,
       :identity, :address, :source, :query, :at, :recorded_at)
    """  # noqa: S608
)
FIND = Statement(f"SELECT {_COLUMNS} FROM referral_touches WHERE touch_id = :touch_id")  # noqa: S608
FIND_OF_VISITOR = Statement(
    f"SELECT {_COLUMNS} FROM referral_touches WHERE visitor_id = :visitor_id"  # noqa: S608
)
FIND_OF_USER = Statement(
    f"SELECT {_COLUMNS} FROM referral_touches WHERE user_id = :user_id"  # noqa: S608
)
FIND_RECENT_OF_VISITOR = Statement(
    f"""
    SELECT {_COLUMNS} FROM referral_touches
    WHERE visitor_id = :visitor_id AND code_id = :code_id AND kind = 'click' AND at > :since
    ORDER BY at DESC LIMIT 1
    """  # noqa: S608
)
FIND_RECENT_OF_IDENTITY = Statement(
    f"""
    SELECT {_COLUMNS} FROM referral_touches
    WHERE identity = :identity AND code_id = :code_id AND kind = 'click' AND at > :since
    ORDER BY at DESC LIMIT 1
    """  # noqa: S608
)
FORGET = Statement(
    """
    DELETE FROM referral_touches WHERE touch_id IN (
      SELECT touch_id FROM referral_touches WHERE at < :before ORDER BY at LIMIT :portion)
    RETURNING touch_id
    """
)


class TouchRow(msgspec.Struct, frozen=True):
    """A touch; fields in the order of the columns."""

    touch_id: str
    program_id: str
    referrer_id: str
    code_id: str | None
    referral_id: str
    kind: Literal["click", "code", "manual"]
    visitor_id: str | None
    user_id: str | None
    identity: str | None
    address: str | None
    source: str | None
    query: str | None
    at: int
    recorded_at: int

    def touch(self, named: str | None) -> Touch:
        """As attribution sees it; ``named`` is the click whose token the person showed."""
        kind: TouchKind = self.kind
        if kind == "click" and self.touch_id != named and self.user_id is None:
            kind = "cookie"
        return Touch(
            touch_id=self.touch_id,
            program_id=self.program_id,
            referrer_id=self.referrer_id,
            kind=kind,
            at=self.at,
            referral_id=self.referral_id,
            code_id=self.code_id,
        )


async def add_touch(transaction: Transaction, row: TouchRow) -> None:
    """Keep a touch."""
    await transaction.write(ADD, **msgspec.structs.asdict(row))


async def find_touch(transaction: Transaction, touch_id: str | None) -> TouchRow | None:
    """The touch of this id."""
    if touch_id is None:
        return None
    rows = await transaction.fetch(FIND, touch_id=touch_id)
    return TouchRow(*rows[0]) if rows else None


async def touches_of(
    transaction: Transaction, user_id: str, visitor_id: str | None, click_id: str | None
) -> list[TouchRow]:
    """Everything that is known to be a person's, in order of time."""
    rows = await transaction.fetch(FIND_OF_USER, user_id=user_id)
    if visitor_id is not None:
        rows += await transaction.fetch(FIND_OF_VISITOR, visitor_id=visitor_id)
    if click_id is not None:
        rows += await transaction.fetch(FIND, touch_id=click_id)
    known = {str(row[0]): TouchRow(*row) for row in rows}
    return sorted(known.values(), key=lambda touch: (touch.at, touch.touch_id))


def typed(code: Code, user_id: str, at: int) -> TouchRow:
    """The touch of somebody who types a code."""
    return TouchRow(
        touch_id=new_id("touch"),
        program_id=code.program_id,
        referrer_id=code.user_id,
        code_id=code.code_id,
        referral_id=new_id("ref"),
        kind="code",
        visitor_id=None,
        user_id=user_id,
        identity=None,
        address=None,
        source=None,
        query=None,
        at=at,
        recorded_at=at,
    )
