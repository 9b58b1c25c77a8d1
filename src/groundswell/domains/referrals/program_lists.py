"""What the host looks through: a program's referrals, conversions and codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from groundswell.contract.paging import Page, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals.conversion_rows import Conversion
from groundswell.domains.referrals.program_rows import check_program
from groundswell.domains.referrals.views import CodeView, ConversionView, ReferralRecord
from groundswell.store import Row, Statement, Store

_REFERRALS = (
    "t.referral_id, t.program_id, t.referrer_id, t.referee_id, t.state, t.conversions, "
    "t.anonymous, t.reason, t.touch_kind, t.code_id, t.rule_version, t.qualifies_until, "
    "t.attributed_at FROM referrals t"
)
_CONVERSIONS = (
    "t.conversion_id, t.referral_id, t.program_id, t.referrer_id, t.external_id, t.stage, "
    "t.occurrence, t.at, t.recorded_at, t.amount_minor, t.currency, t.refunded_minor, t.state, "
    "t.reason, r.referee_id FROM referral_conversions t "
    "JOIN referrals r ON r.referral_id = t.referral_id"
)
_CODES = (
    "t.code_id, t.code, t.program_id, t.user_id, t.created_at, t.starts_at, t.expires_at, "
    "t.max_uses, t.uses, t.recipient_id, t.ended, t.clicks, t.human_clicks FROM referral_codes t"
)


@cache
def _newest(of: str, order: tuple[str, str], filters: tuple[str, ...]) -> Statement:
    """The newest of a program that have what is looked for.

    Args:
        of: what is read of which table ``t``.
        order: the columns of the time and of the id.
        filters: conditions.
    """
    at, name = order
    wanted = "".join(f"{one} AND " for one in filters)
    return Statement(
        f"""
        SELECT {of} WHERE {wanted}t.program_id = :program_id
          AND (t.{at} < :at OR (t.{at} = :at AND t.{name} < :id))
        ORDER BY t.{at} DESC, t.{name} DESC LIMIT :limit
        """
    )


class ProgramLists:
    """Answers the host.

    Args:
        store: where everything is.
        clock: the time of an answer.
        link_base: what links begin with.
    """

    def __init__(self, store: Store, clock: Clock, link_base: str) -> None:
        self._store = store
        self._clock = clock
        self._link_base = link_base

    async def referrals(
        self,
        program_id: str,
        limit: int,
        cursor: str | None,
        *,
        user_id: str | None = None,
        referrer_id: str | None = None,
        state: str | None = None,
    ) -> Page[ReferralRecord]:
        """Who was referred by whom, newest first; ``user_id`` is who was referred."""
        wanted = {
            "t.referee_id = :user_id": user_id,
            "t.referrer_id = :referrer_id": referrer_id,
            "t.state = :state": state,
        }
        order = ("attributed_at", "referral_id")
        rows = await self._rows(_REFERRALS, order, program_id, limit, cursor, wanted)
        return page_of(
            rows, limit, self._now(), show=_referral, place=lambda row: (row[-1], row[0])
        )

    async def conversions(
        self,
        program_id: str,
        limit: int,
        cursor: str | None,
        *,
        user_id: str | None = None,
        referrer_id: str | None = None,
        external_event_id: str | None = None,
        state: str | None = None,
    ) -> Page[ConversionView]:
        """What was counted, newest first; ``user_id`` is who did it."""
        wanted = {
            "r.referee_id = :user_id": user_id,
            "t.referrer_id = :referrer_id": referrer_id,
            "t.external_id IN (:external_event_id, :program_id || '#' || :external_event_id)": (
                external_event_id
            ),
            "t.state = :state": state,
        }
        order = ("recorded_at", "conversion_id")
        rows = await self._rows(_CONVERSIONS, order, program_id, limit, cursor, wanted)
        return page_of(
            rows, limit, self._now(), show=_conversion, place=lambda row: (row[8], row[0])
        )

    async def codes(
        self, program_id: str, limit: int, cursor: str | None, *, user_id: str | None = None
    ) -> Page[CodeView]:
        """Codes with their clicks and uses, newest first."""
        order, now = ("created_at", "code_id"), self._clock()
        wanted = {"t.user_id = :user_id": user_id}
        rows = await self._rows(_CODES, order, program_id, limit, cursor, wanted)
        return page_of(
            rows,
            limit,
            to_rfc3339(now),
            show=lambda row: self._code(row, now),
            place=lambda row: (row[4], row[0]),
        )

    async def _rows(
        self,
        of: str,
        order: tuple[str, str],
        program_id: str,
        limit: int,
        cursor: str | None,
        wanted: Mapping[str, str | None],
    ) -> Sequence[Row]:
        """One more than the page shows, if there are more.

        Raises:
            NotFound: there is no such program.
        """
        at, after = place_of(cursor)
        await check_program(self._store, program_id)
        given = {one: value for one, value in wanted.items() if value is not None}
        values: dict[str, Any] = {_parameter(one): value for one, value in given.items()}
        return await self._store.fetch(
            _newest(of, order, tuple(given)),
            program_id=program_id,
            at=at,
            id=after,
            limit=limit + 1,
            **values,
        )

    def _code(self, row: Row, now: int) -> CodeView:
        *columns, clicks, human = row
        return code_rows.code_view(
            code_rows.code_of(tuple(columns)), now, self._link_base, clicks, human
        )

    def _now(self) -> str:
        return to_rfc3339(self._clock())


def _parameter(condition: str) -> str:
    """The name of what a condition compares with."""
    return condition.rpartition(":")[2].rstrip(")")


def _referral(row: Row) -> ReferralRecord:
    *values, until, attributed = row
    known = dict(zip(ReferralRecord.__struct_fields__[: len(values)], values, strict=True))
    return ReferralRecord(
        **{**known, "anonymous": bool(known["anonymous"])},
        attributed_at=to_rfc3339(attributed),
        qualifies_until=to_rfc3339(until),
    )


def _conversion(row: Row) -> ConversionView:
    *columns, user_id = row
    return Conversion(*columns).view(user_id)
