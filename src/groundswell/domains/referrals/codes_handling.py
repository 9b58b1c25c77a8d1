"""Giving codes to people, and taking them back."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, Forbidden, GroundswellError
from groundswell.contract.events.referrals import CodeGenerated, CodeRevoked
from groundswell.domains.referrals import code_rows as sql
from groundswell.domains.referrals.codes import Code, new_code, normalised
from groundswell.domains.referrals.commands import MakeCode, RevokeCode
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.program_rows import find_program
from groundswell.domains.referrals.referral_rows import is_suspended
from groundswell.domains.referrals.refusals import CodeNotFound, ProgramNotFound
from groundswell.domains.referrals.views import CodeView
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


class Codes:
    """Makes and ends codes.

    Args:
        link_base: what links begin with.
    """

    def __init__(self, link_base: str) -> None:
        self._link_base = link_base

    async def make(
        self, transaction: Transaction, command: MakeCode, tail: EventTail
    ) -> CodeView | GroundswellError:
        """The code a user has, or a new one."""
        program = await find_program(transaction, command.program_id)
        if program is None:
            return ProgramNotFound()
        own = await transaction.fetch(
            sql.FIND_OWN,
            program_id=command.program_id,
            user_id=command.user_id,
            now=command.at,
        )
        if own:
            return await self._view(transaction, sql.code_of(own[0]), command.at)
        ends = program.ends_at
        if program.state != "active" or (ends is not None and command.at >= ends):
            return Conflict("program_inactive", "The program is not active.")
        if await is_suspended(transaction, command.program_id, command.user_id):
            return Conflict("referrer_not_eligible", "This user may not refer anybody.")
        text = await self._free_code(transaction, command.wanted)
        if text is None:
            return Conflict("code_taken", "Somebody else has this code.")
        return await self._add(transaction, command, text, tail)

    async def revoke(
        self, transaction: Transaction, command: RevokeCode, tail: EventTail
    ) -> CodeView | GroundswellError:
        """End a code; once more changes nothing."""
        rows = await transaction.fetch(sql.FIND_BY_ID, code_id=command.code_id)
        code = sql.code_of(rows[0]) if rows else None
        if code is None or code.program_id != command.program_id:
            return CodeNotFound()
        if command.owner is not None and command.owner != code.user_id:
            return Forbidden("This is somebody else's code.")
        if code.ended != "revoked":
            await transaction.fetch(sql.END, code_id=code.code_id, ended="revoked")
            event = CodeRevoked(
                code_id=code.code_id,
                user_id=code.user_id,
                program_id=code.program_id,
                reason=command.reason,
            )
            tail.append(event, command.at)
        rows = await transaction.fetch(sql.FIND_BY_ID, code_id=command.code_id)
        return await self._view(transaction, sql.code_of(rows[0]), command.at)

    async def _free_code(self, transaction: Transaction, wanted: str | None) -> str | None:
        if wanted is not None:
            text = normalised(wanted)
            return None if await sql.find_code(transaction, text) else text
        while True:
            text = new_code()
            if not await sql.find_code(transaction, text):
                return text

    async def _add(
        self, transaction: Transaction, command: MakeCode, text: str, tail: EventTail
    ) -> CodeView:
        code = Code(
            code_id=new_id("code"),
            code=text,
            program_id=command.program_id,
            user_id=command.user_id,
            created_at=command.at,
            starts_at=command.starts_at,
            expires_at=command.expires_at,
            max_uses=command.max_uses,
            uses=0,
            recipient_id=command.recipient_id,
            ended=None,
        )
        await transaction.fetch(
            sql.ADD,
            code_id=code.code_id,
            code=text,
            program_id=code.program_id,
            user_id=code.user_id,
            created_at=code.created_at,
            starts_at=code.starts_at,
            expires_at=code.expires_at,
            max_uses=code.max_uses,
            recipient_id=code.recipient_id,
        )
        event = CodeGenerated(
            code_id=code.code_id, user_id=code.user_id, program_id=code.program_id
        )
        tail.append(event, command.at)
        return sql.code_view(code, command.at, self._link_base, 0, 0)

    async def _view(self, transaction: Transaction, code: Code, now: int) -> CodeView:
        rows = await transaction.fetch(sql.FIND_CLICKS, code_id=code.code_id)
        return sql.code_view(code, now, self._link_base, rows[0][0], rows[0][1])
