"""Gathering what the rules about fraud look at."""

from __future__ import annotations

from statistics import median

from groundswell.contract.events.intake import Identity
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals.attribution import Touch
from groundswell.domains.referrals.fraud import Facts
from groundswell.domains.referrals.program_rows import Program
from groundswell.domains.referrals.touch_rows import find_touch
from groundswell.store import Transaction

NOBODY = Identity()
CLICKS = ("click", "cookie")
"""Touches that people who share a browser share."""
_MEDIAN_DAYS = 7


async def facts_of(
    transaction: Transaction, program: Program, touch: Touch, referee_id: str, at: int, now: int
) -> Facts:
    """What is known at ``now`` of a referral by ``touch`` of somebody who registered at ``at``."""
    people = await sql.find_people(transaction, referee_id, touch.referrer_id)
    referee, referrer = people.get(referee_id), people.get(touch.referrer_id)
    pair = {"referrer_id": touch.referrer_id, "program_id": program.program_id}
    earlier = await transaction.fetch(sql.FIND_EARLIER, **pair, referee_id=referee_id)
    clicked = await find_touch(transaction, touch.touch_id) if touch.kind in CLICKS else None
    last_hour, last_day = await _counts(transaction, pair, now)
    typical = 0.0
    if last_day >= program.rules.fraud.per_day:
        typical = await _median(transaction, pair, now)
    return Facts(
        referee=referee.identity if referee else NOBODY,
        referrer=referrer.identity if referrer else NOBODY,
        earlier=tuple(_identity(row) for row in earlier),
        doubles=await _doubles(transaction, referee),
        since_touch=at - touch.at if clicked else None,
        touch_address=clicked.address if clicked else None,
        source=clicked.source if clicked else None,
        query=(clicked.query or "") if clicked else "",
        last_hour=last_hour + 1,
        last_day=last_day + 1,
        median_per_day=typical,
    )


def _identity(row: tuple[str | None, ...]) -> Identity:
    email, domain, address, payment, device, visitor = row
    return Identity(
        email=email,
        email_domain=domain,
        address=address,
        payment=payment,
        device=device,
        cookie=visitor,
    )


async def _doubles(transaction: Transaction, person: sql.Person | None) -> tuple[str, ...]:
    if person is None or not (person.email or person.payment or person.device):
        return ()
    rows = await transaction.fetch(
        sql.FIND_DOUBLES,
        user_id=person.user_id,
        email=person.email,
        payment=person.payment,
        device=person.device,
    )
    return tuple(row[0] for row in rows)


async def _counts(transaction: Transaction, pair: dict[str, str], now: int) -> tuple[int, int]:
    """Referrals of the last hour and of the last day."""
    ((hour, day),) = await transaction.fetch(
        sql.COUNT_RECENT, **pair, hour_ago=now - HOUR, day_ago=now - DAY, now=now
    )
    return int(hour), int(day)


async def _median(transaction: Transaction, pair: dict[str, str], now: int) -> float:
    """Of the other referrers of the program, on the days of a week they had any."""
    rows = await transaction.fetch(sql.PER_DAY, **pair, since=now - _MEDIAN_DAYS * DAY)
    return float(median(row[0] for row in rows)) if rows else 0.0
