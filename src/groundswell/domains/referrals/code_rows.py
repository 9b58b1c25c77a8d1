"""Codes as they are kept, and how they are read and written."""

from __future__ import annotations

from groundswell.contract.times import to_rfc3339
from groundswell.domains.referrals.codes import Code
from groundswell.domains.referrals.views import CodeView
from groundswell.store import Statement, Transaction

_COLUMNS = """
    code_id, code, program_id, user_id, created_at, starts_at, expires_at, max_uses, uses,
    recipient_id, ended
"""
FIND_BY_CODE = Statement(f"SELECT {_COLUMNS} FROM referral_codes WHERE code = :code")  # noqa: S608
FIND_BY_ID = Statement(f"SELECT {_COLUMNS} FROM referral_codes WHERE code_id = :code_id")  # noqa: S608
FIND_OWN = Statement(
    f"""
    SELECT {_COLUMNS} FROM referral_codes
    WHERE program_id = :program_id AND user_id = :user_id AND ended IS NULL
      AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY created_at, code_id LIMIT 1
    """  # noqa: S608
)
FIND_CLICKS = Statement("SELECT clicks, human_clicks FROM referral_codes WHERE code_id = :code_id")
ADD = Statement(
    f"""
    INSERT INTO referral_codes ({_COLUMNS}) VALUES
      (:code_id, :code, :program_id, :user_id, :created_at, :starts_at, :expires_at, :max_uses, 0,
       :recipient_id, NULL)
    """  # noqa: S608
)
END = Statement("UPDATE referral_codes SET ended = :ended WHERE code_id = :code_id")
USE = Statement("UPDATE referral_codes SET uses = uses + 1 WHERE code_id = :code_id")
COUNT_CLICK = Statement(
    """
    UPDATE referral_codes SET clicks = clicks + 1, human_clicks = human_clicks + :human
    WHERE code_id = :code_id
    """
)
COUNT_DISCARD = Statement(
    """
    INSERT INTO referral_discards (program_id, reason, clicks) VALUES (:program_id, :reason, 1)
    ON CONFLICT (program_id, reason) DO UPDATE SET clicks = referral_discards.clicks + 1
    """
)
DUE = Statement(
    f"""
    SELECT {_COLUMNS} FROM referral_codes
    WHERE ended IS NULL AND expires_at IS NOT NULL AND expires_at <= :now
    ORDER BY expires_at LIMIT :portion
    """  # noqa: S608
)


def code_of(row: tuple[object, ...]) -> Code:
    """The code of a row."""
    names = Code.__struct_fields__
    return Code(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type]


async def find_code(transaction: Transaction, code: str) -> Code | None:
    """The code of this text, which is normalised."""
    rows = await transaction.fetch(FIND_BY_CODE, code=code)
    return code_of(rows[0]) if rows else None


def code_view(code: Code, now: int, link_base: str, clicks: int, human: int) -> CodeView:
    """As it is answered."""
    return CodeView(
        code_id=code.code_id,
        code=code.code,
        url=f"{link_base}/r/{code.code}",
        program_id=code.program_id,
        user_id=code.user_id,
        state=code.state(now),
        starts_at=None if code.starts_at is None else to_rfc3339(code.starts_at),
        expires_at=None if code.expires_at is None else to_rfc3339(code.expires_at),
        max_uses=code.max_uses,
        uses=code.uses,
        clicks=clicks,
        human_clicks=human,
    )
