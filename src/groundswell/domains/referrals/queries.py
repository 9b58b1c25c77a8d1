"""What can be asked of referral programs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from groundswell.contract.paging import NEWEST, Page, following, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.referrals import code_rows, program_rows
from groundswell.domains.referrals.attribution import Considered
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.program_rows import check_program, program_of
from groundswell.domains.referrals.refusals import ReferralNotFound
from groundswell.domains.referrals.suspicions import HOLDING
from groundswell.domains.referrals.views import (
    AttributionView,
    CodeView,
    ConsideredView,
    DiscardCount,
    MyReferrals,
    ProgramClicks,
    ProgramView,
    Redemption,
    ReferralTotals,
    ReferralView,
)
from groundswell.store import Row, Statement, Store, Transaction

MINE = Statement(
    """
    SELECT referral_id, program_id, referee_id, referrer_id, state, conversions, anonymous, reason,
      attributed_at, recorded_at
    FROM referrals
    WHERE referrer_id = :user_id
      AND (recorded_at < :at OR (recorded_at = :at AND referral_id < :id))
    ORDER BY recorded_at DESC, referral_id DESC LIMIT :limit
    """
)
TOTALS = Statement(
    """
    SELECT COUNT(*), COALESCE(SUM(CASE WHEN conversions > 0 THEN 1 ELSE 0 END), 0),
      COALESCE(SUM(conversions), 0)
    FROM referrals WHERE referrer_id = :user_id
    """
)
CLICKS_OF = Statement(
    "SELECT COALESCE(SUM(human_clicks), 0) FROM referral_codes WHERE user_id = :user_id"
)
ATTRIBUTION = Statement(
    """
    SELECT referral_id, program_id, referee_id, referrer_id, state, model, rule_version, touch_id,
      touch_kind, attributed_at, qualifies_until, trace
    FROM referrals WHERE referral_id = :referral_id
    """
)
CLICKS = Statement(
    """
    SELECT COALESCE(SUM(clicks), 0), COALESCE(SUM(human_clicks), 0)
    FROM referral_codes WHERE program_id = :program_id
    """
)
DISCARDS = Statement(
    "SELECT reason, clicks FROM referral_discards WHERE program_id = :program_id ORDER BY reason"
)
IS_MEMBER = Statement(
    """
    SELECT 1 FROM referral_codes WHERE program_id = :program_id AND user_id = :user_id
    UNION SELECT 1 FROM referrals WHERE program_id = :program_id AND referee_id = :user_id
    """
)
CODES_OF = Statement(
    """
    SELECT code_id, code, program_id, user_id, created_at, starts_at, expires_at, max_uses, uses,
      recipient_id, ended, clicks, human_clicks
    FROM referral_codes WHERE user_id = :user_id ORDER BY created_at, code_id
    """
)
REFERRED_BY = Statement(
    """
    SELECT program_id, referrer_id, state, attributed_at FROM referrals
    WHERE referee_id = :user_id ORDER BY attributed_at
    """
)

_trace = msgspec.json.Decoder(list[Considered]).decode


def _considered(one: Considered) -> ConsideredView:
    return ConsideredView(
        touch_id=one.touch_id,
        referrer_id=one.referrer_id,
        kind=one.kind,
        at=to_rfc3339(one.at),
        lost=one.lost,
    )


class ReferralQueries:
    """Answers from one snapshot each.

    Args:
        store: where everything is.
        clock: the time of an answer.
        link_base: what links begin with.
        names: who may be named to whom.
    """

    def __init__(
        self, store: Store, clock: Clock, link_base: str, names: Names | None = None
    ) -> None:
        self._names = names or Names()
        self._store = store
        self._clock = clock
        self._link_base = link_base

    async def program(self, program_id: str) -> ProgramView:
        """One program.

        Raises:
            NotFound: nobody knows it.
        """
        return (await check_program(self._store, program_id)).view()

    async def programs(self, limit: int, cursor: str | None) -> Page[ProgramView]:
        """All programs, newest first."""
        at, after = place_of(cursor)
        rows = await self._store.fetch(program_rows.LIST, at=at, id=after, limit=limit + 1)
        return page_of(
            [program_of(row) for row in rows],
            limit,
            to_rfc3339(self._clock()),
            show=lambda one: one.view(),
            place=lambda one: (one.created_at, one.program_id),
        )

    async def clicks(self, program_id: str) -> ProgramClicks:
        """The clicks on a program's links, and why some do not count."""
        await check_program(self._store, program_id)
        async with self._store.reading() as tx:
            counted = await tx.fetch(CLICKS, program_id=program_id)
            discarded = await tx.fetch(DISCARDS, program_id=program_id)
        return ProgramClicks(
            clicks=int(counted[0][0]),
            human_clicks=int(counted[0][1]),
            discarded=[DiscardCount(reason=reason, clicks=clicks) for reason, clicks in discarded],
        )

    async def mine(self, user_id: str, limit: int, cursor: str | None) -> MyReferrals:
        """The referrals of a user, newest first."""
        at, after = place_of(cursor)
        async with self._store.reading() as tx:
            rows = await tx.fetch(MINE, user_id=user_id, at=at, id=after, limit=limit + 1)
            items = await self._referrals(tx, user_id, rows[:limit])
            totals = await self._totals(tx, user_id)
        return MyReferrals(
            items=items,
            next_cursor=following(rows, limit, lambda row: (row[9], row[0])),
            as_of=to_rfc3339(self._clock()),
            totals=totals,
        )

    async def codes(self, user_id: str) -> list[CodeView]:
        """The codes of a user, oldest first."""
        rows = await self._store.fetch(CODES_OF, user_id=user_id)
        now = self._clock()
        return [self._code(row, now) for row in rows]

    async def attribution(self, referral_id: str) -> AttributionView:
        """Why a referral is whose it is.

        Raises:
            NotFound: nobody knows it.
        """
        rows = await self._store.fetch(ATTRIBUTION, referral_id=referral_id)
        if not rows:
            raise ReferralNotFound
        *values, attributed, until, trace = rows[0]
        names = AttributionView.__struct_fields__[: len(values)]
        return AttributionView(
            **dict(zip(names, values, strict=True)),
            attributed_at=to_rfc3339(attributed),
            qualifies_until=to_rfc3339(until),
            trace=[_considered(one) for one in _trace(trace)],
        )

    async def is_member(self, program_id: str, user_id: str) -> bool:
        """Whether somebody has a code of the program, or was referred in it."""
        return bool(await self._store.fetch(IS_MEMBER, program_id=program_id, user_id=user_id))

    async def export(self, user_id: str) -> dict[str, Any]:
        """Everything about a user."""
        now = self._clock()
        async with self._store.reading() as tx:
            rows = await tx.fetch(MINE, user_id=user_id, at=NEWEST[0], id="", limit=10_000)
            referrals = await self._referrals(tx, user_id, rows)
            codes = [self._code(row, now) for row in await tx.fetch(CODES_OF, user_id=user_id)]
            referred = await tx.fetch(REFERRED_BY, user_id=user_id)
            hidden = await self._names.hidden(tx, [row[1] for row in referred], user_id)
        return {
            "codes": msgspec.to_builtins(codes),
            "referrals": msgspec.to_builtins(referrals),
            "referredBy": [
                {
                    "programId": program,
                    "referrerId": None if referrer in hidden else referrer,
                    "state": state,
                    "attributedAt": to_rfc3339(at),
                }
                for program, referrer, state, at in referred
            ],
        }

    async def seen_by_referee(self, found: Redemption) -> Redemption:
        """As the person who was referred sees it: without a referrer who wishes it so."""
        if found.referrer_id is None:
            return found
        async with self._store.reading() as tx:
            hidden = await self._names.hidden(tx, [found.referrer_id], found.user_id)
        return msgspec.structs.replace(found, referrer_id=None) if hidden else found

    async def _referrals(
        self, tx: Transaction, user_id: str, rows: Sequence[Row]
    ) -> list[ReferralView]:
        hidden = await self._names.hidden(tx, [row[2] for row in rows], user_id)
        return [await self._referral(tx, row, hidden) for row in rows]

    async def _totals(self, tx: Transaction, user_id: str) -> ReferralTotals:
        attributed, completed, conversions = (await tx.fetch(TOTALS, user_id=user_id))[0]
        clicks = (await tx.fetch(CLICKS_OF, user_id=user_id))[0][0]
        return ReferralTotals(
            clicks=int(clicks),
            attributed=attributed,
            completed=int(completed),
            conversions=int(conversions),
        )

    async def _referral(self, tx: Transaction, row: Row, hidden: Collection[str]) -> ReferralView:
        referral, program, referee, referrer, state, conversions, anonymous, reason, at, _ = row
        holding = await tx.fetch(
            HOLDING, program_id=program, referrer_id=referrer, referral_id=referral
        )
        return ReferralView(
            referral_id=referral,
            program_id=program,
            referee_id=None if anonymous or referee in hidden else referee,
            state=state,
            held=bool(holding),
            conversions=conversions,
            reason=reason,
            attributed_at=to_rfc3339(at),
        )

    def _code(self, row: tuple[Any, ...], now: int) -> CodeView:
        *columns, clicks, human = row
        code = code_rows.code_of(tuple(columns))
        return code_rows.code_view(code, now, self._link_base, clicks, human)
