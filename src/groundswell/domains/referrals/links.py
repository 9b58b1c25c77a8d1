"""Following a link: people are counted once an hour, machines are not, and both arrive."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, GroundswellError
from groundswell.contract.events.referrals import LinkClicked
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals import touch_rows as sql
from groundswell.domains.referrals.binding import reconsider
from groundswell.domains.referrals.clicks import Discard
from groundswell.domains.referrals.codes import Code, normalised
from groundswell.domains.referrals.commands import FollowLink, ReportTouch
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.program_rows import Program, find_program
from groundswell.domains.referrals.referral_rows import (
    FIND_VISITORS,
    Person,
    find_person,
    is_suspended,
)
from groundswell.domains.referrals.refusals import CodeNotFound, ProgramNotFound
from groundswell.domains.referrals.touch_rows import TouchRow, add_touch
from groundswell.domains.referrals.views import Followed, Touched
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

LATE = 30 * DAY
"""How long ago a click counted elsewhere may have been."""


async def follow_link(transaction: Transaction, command: FollowLink, tail: EventTail) -> Followed:
    """Count a following, and say where the link leads."""
    code = await code_rows.find_code(transaction, normalised(command.code))
    program = None if code is None else await find_program(transaction, code.program_id)
    if code is None or program is None:
        return Followed(outcome="unknown")
    if code.state(command.at) in ("revoked", "expired"):
        return Followed(outcome="gone")
    discard = command.discard or await _without_effect(transaction, code, program, command.at)
    repeated = None if discard else await _repeated(transaction, code, command)
    touch = repeated
    if repeated is None and discard is None:
        touch = _touch(code, command)
        await add_touch(transaction, touch)
    await _count(
        transaction, code, command, tail, touch, discard or (None if repeated is None else "repeat")
    )
    if touch is not None and repeated is None and command.carried is not None:
        await _reconsider(transaction, tail, program, touch, command.at)
    return Followed(
        outcome="redirect",
        url=program.rules.landing_url,
        click_id=touch.touch_id if touch else None,
        visitor_id=touch.visitor_id if touch else None,
        lifetime=program.rules.windows.longest,
    )


async def report_touch(
    transaction: Transaction, command: ReportTouch, tail: EventTail
) -> Touched | GroundswellError:
    """Keep a click that was counted elsewhere, and look again at who it was."""
    program = await find_program(transaction, command.program_id)
    if program is None:
        return ProgramNotFound()
    code = await code_rows.find_code(transaction, normalised(command.code))
    if code is None or code.program_id != command.program_id:
        return CodeNotFound()
    refusal = code.refusal(command.touched_at)
    if refusal in ("code_expired", "code_not_started"):
        return Conflict(refusal, "The code could not be used then.")
    touch = TouchRow(
        touch_id=new_id("click"),
        program_id=code.program_id,
        referrer_id=code.user_id,
        code_id=code.code_id,
        referral_id=new_id("ref"),
        kind="click",
        visitor_id=command.visitor_id,
        user_id=command.user_id,
        identity=None,
        address=None,
        source=None,
        query=None,
        at=command.touched_at,
        recorded_at=command.at,
    )
    await add_touch(transaction, touch)
    await _reconsider(transaction, tail, program, touch, command.at)
    return Touched(touch_id=touch.touch_id)


async def _without_effect(
    transaction: Transaction, code: Code, program: Program, now: int
) -> Discard | None:
    """Why a person's click makes no touch."""
    match code.state(now):
        case "scheduled":
            return "code_not_started"
        case "exhausted":
            return "code_exhausted"
    if not program.is_active(now):
        return "program_inactive"
    if await is_suspended(transaction, code.program_id, code.user_id):
        return "referrer_not_eligible"
    return None


async def _repeated(transaction: Transaction, code: Code, command: FollowLink) -> TouchRow | None:
    """The touch of the hour before, by the visitor if they carry one, else by address and agent."""
    since = command.at - HOUR
    if command.carried is not None:
        rows = await transaction.fetch(
            sql.FIND_RECENT_OF_VISITOR,
            visitor_id=command.carried.visitor_id,
            code_id=code.code_id,
            since=since,
        )
    else:
        rows = await transaction.fetch(
            sql.FIND_RECENT_OF_IDENTITY,
            identity=command.identity,
            code_id=code.code_id,
            since=since,
        )
    return TouchRow(*rows[0]) if rows else None


def _touch(code: Code, command: FollowLink) -> TouchRow:
    carried = command.carried
    return TouchRow(
        touch_id=new_id("click"),
        program_id=code.program_id,
        referrer_id=code.user_id,
        code_id=code.code_id,
        referral_id=new_id("ref"),
        kind="click",
        visitor_id=new_id("visitor") if carried is None else carried.visitor_id,
        user_id=None,
        identity=command.identity,
        address=command.address,
        source=command.source,
        query=command.query,
        at=command.at,
        recorded_at=command.at,
    )


async def _count(
    transaction: Transaction,
    code: Code,
    command: FollowLink,
    tail: EventTail,
    touch: TouchRow | None,
    discard: Discard | None,
) -> None:
    human = discard is None
    await transaction.fetch(code_rows.COUNT_CLICK, code_id=code.code_id, human=int(human))
    if discard is not None:
        await transaction.fetch(code_rows.COUNT_DISCARD, program_id=code.program_id, reason=discard)
    event = LinkClicked(
        program_id=code.program_id,
        referrer_id=code.user_id,
        referral_id=touch.referral_id if touch else None,
        source_ip=command.address,
        user_agent=command.family,
        click_id=touch.touch_id if touch else new_id("click"),
        counted=human,
        discard_reason=discard,
        code_id=code.code_id,
    )
    tail.append(event, command.at)


async def _reconsider(
    transaction: Transaction, tail: EventTail, program: Program, touch: TouchRow, now: int
) -> None:
    people: list[Person] = []
    if touch.visitor_id is not None:
        rows = await transaction.fetch(FIND_VISITORS, visitor_id=touch.visitor_id)
        people += [Person(*row) for row in rows]
    if touch.user_id is not None:
        person = await find_person(transaction, touch.user_id)
        people += [person] if person else []
    for person in people:
        if touch.at <= person.registered_at:
            await reconsider(transaction, tail, program, person, now)
