"""Reading rewards, progress and balances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, TypeVar

import msgspec

from groundswell.contract.errors import ConversionNotFound
from groundswell.contract.money import Money, to_money
from groundswell.contract.paging import Page, page_by_name, page_of, place_of
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.rewards import reading
from groundswell.domains.rewards.amounts import tier_at
from groundswell.domains.rewards.loading import decode_terms
from groundswell.domains.rewards.progress import counted, program_standing, standing, tracked
from groundswell.domains.rewards.refusals import RewardNotFound
from groundswell.domains.rewards.rows import Conversion, Reward, reward_of
from groundswell.domains.rewards.views import (
    Balance,
    ConversionRewards,
    EntryView,
    ProgramProgress,
    RewardRecord,
    RewardView,
    RuleOutcome,
    Tracker,
)
from groundswell.store import Row, Store

T = TypeVar("T")

_ALL: Final = 10_000
"""More programs or currencies than anybody has."""

_decode_decisions = msgspec.json.Decoder(list[RuleOutcome]).decode


class RewardQueries:
    """What is known of rewards now.

    Args:
        store: the database.
        clock: the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def one(self, reward_id: str) -> RewardRecord:
        """A reward.

        Raises:
            NotFound: there is none of this id.
        """
        rows = await self._store.fetch(reading.ONE, reward_id=reward_id)
        if not rows:
            raise RewardNotFound
        return record_of(reward_of(rows[0]))

    async def page(
        self, limit: int, cursor: str | None, **filters: str | None
    ) -> Page[RewardRecord]:
        """Rewards that have what is looked for, newest first."""
        return await self._page(limit, cursor, filters, record_of)

    async def of_user(
        self, user_id: str, limit: int, cursor: str | None, status: str | None
    ) -> Page[RewardView]:
        """A user's rewards, newest first."""
        filters = {"user_id": user_id, "status": status}
        return await self._page(limit, cursor, filters, _view)

    async def entries(
        self, reward_id: str, limit: int = _ALL, cursor: str | None = None
    ) -> Page[EntryView]:
        """The movements of a reward's money, in order.

        Raises:
            NotFound: there is no such reward.
        """
        await self.one(reward_id)
        rows = await self._store.fetch(reading.ENTRIES, reward_id=reward_id)
        return self._short([_entry(row) for row in rows], limit, cursor, _place_in_ledger)

    async def conversion(self, conversion_id: str) -> ConversionRewards:
        """What a conversion led to.

        Raises:
            NotFound: it is not known here.
        """
        rows = await self._store.fetch(reading.CONVERSION, conversion_id=conversion_id)
        if not rows:
            raise ConversionNotFound
        one = Conversion(*rows[0])
        return ConversionRewards(
            conversion_id=one.conversion_id,
            program_id=one.program_id,
            referral_id=one.referral_id,
            referrer_id=one.referrer_id,
            referee_id=one.referee_id,
            occurrence=one.occurrence,
            counted=bool(one.counted),
            reversed=bool(one.reversed),
            decisions=_decode_decisions(one.decisions),
        )

    async def progress(
        self, user_id: str, limit: int = _ALL, cursor: str | None = None
    ) -> Page[ProgramProgress]:
        """How far a user has come in each program they take part in."""
        rows = await self._store.fetch(reading.COUNTS_OF_USER, user_id=user_id)
        programs = groupby(rows, lambda row: row[0])
        found = [_progress(program_id, list(of)) for program_id, of in programs]
        return self._short(found, limit, cursor, lambda one: one.program_id)

    async def balances(
        self, user_id: str, limit: int = _ALL, cursor: str | None = None
    ) -> Page[Balance]:
        """What a user has, by currency."""
        rows = await self._store.fetch(reading.BALANCES, holder_id=user_id)
        found = [_balance(currency, of) for currency, of in groupby(rows, lambda row: row[0])]
        return self._short(found, limit, cursor, lambda one: one.currency)

    async def export(self, user_id: str) -> dict[str, Any]:
        """Everything about a user, as JSON values."""
        filters = {"user_id": user_id}
        rewards: list[RewardView] = []
        cursor: str | None = None
        while True:
            page = await self._page(500, cursor, filters, _view)
            rewards += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        told = {
            "rewards": rewards,
            "progress": (await self.progress(user_id)).items,
            "balances": (await self.balances(user_id)).items,
        }
        kept = {name: value for name, value in told.items() if value}
        exported: dict[str, Any] = msgspec.to_builtins(kept)
        return exported

    def _short(
        self, whole: list[T], limit: int, cursor: str | None, name: Callable[[T], str]
    ) -> Page[T]:
        return page_by_name(whole, limit, cursor, to_rfc3339(self._clock()), name)

    async def _page(
        self,
        limit: int,
        cursor: str | None,
        filters: Mapping[str, str | None],
        show: Callable[[Reward], T],
    ) -> Page[T]:
        at, name = place_of(cursor)
        wanted = {key: value for key, value in filters.items() if value is not None}
        statement = reading.page(tuple(key for key in reading.FILTERS if key in wanted))
        rows = await self._store.fetch(
            statement, before_at=at, before_id=name, limit=limit + 1, **wanted
        )
        return page_of(
            [reward_of(row) for row in rows],
            limit,
            to_rfc3339(self._clock()),
            show=show,
            place=lambda one: (one.granted_at, one.reward_id),
        )


def record_of(reward: Reward) -> RewardRecord:
    """A reward as the host sees it."""
    return RewardRecord(
        **_described(reward),
        referrer_id=reward.referrer_id,
        referee_id=reward.referee_id,
        occurrence=reward.occurrence,
        rule_version=reward.rule_version,
        held_by=sorted(filter(None, (reward.held_by or "").split("+"))),
    )


def _view(reward: Reward) -> RewardView:
    return RewardView(**_described(reward))


def _described(reward: Reward) -> dict[str, Any]:
    same = ("reward_id", "user_id", "role", "program_id", "rule_id", "kind", "referral_id")
    also = ("conversion_id", "type", "currency", "status", "reason")
    return {
        **{name: getattr(reward, name) for name in (*same, *also)},
        "amount": to_money(reward.amount_minor, reward.currency).amount,
        "reversed_amount": to_money(reward.reversed_minor, reward.currency).amount,
        "eligible_date": to_rfc3339(reward.hold_until),
        "needs_approval": bool(reward.needs_approval),
        "earned_at": to_rfc3339(reward.granted_at),
        "approved_at": _moment(reward.approved_at),
        "paid_at": _moment(reward.paid_at),
        "expires_at": _moment(reward.expires_at),
        "updated_at": to_rfc3339(reward.updated_at),
    }


def _moment(instant: int | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)


def _entry(row: Row) -> EntryView:
    seq, account, holder_id, reward_id, currency, amount, at = row
    return EntryView(
        seq=seq,
        account=account,
        holder_id=holder_id,
        reward_id=reward_id,
        amount=to_money(amount, currency).amount,
        currency=currency,
        at=to_rfc3339(at),
    )


def _place_in_ledger(entry: EntryView) -> str:
    return f"{entry.seq:019} {entry.account}"


def _progress(program_id: str, rows: list[Row]) -> ProgramProgress:
    counts = {occurrence: many for _, occurrence, many, _, _ in rows}
    name, terms = rows[0][3], decode_terms(rows[0][4] or "[]")
    found = program_standing(terms, counts)
    return ProgramProgress(
        program_id=program_id,
        program_name=name or None,
        tier=found.tier,
        count=found.count,
        next_threshold=found.next_threshold,
        trackers=[_tracker(rule, counts) for rule in tracked(terms)],
    )


def _tracker(rule: RewardRule, counts: dict[int, int]) -> Tracker:
    count = counted(counts, rule.max_occurrences)
    found = standing([rule], rule.max_occurrences, count)
    return Tracker(
        rule_id=rule.rule_id,
        kind=rule.kind,
        tier=found.tier,
        count=count,
        next_threshold=found.next_threshold,
        reward=_next_reward(rule, found.next_threshold),
    )


def _next_reward(rule: RewardRule, threshold: int | None) -> Money | None:
    if threshold is None:
        return None
    tier = tier_at(rule.tiers, threshold)
    amount = rule.amount_minor if tier is None else tier.amount_minor
    return None if amount is None else to_money(amount, rule.currency)


def _balance(currency: str, rows: Iterator[Row]) -> Balance:
    held = {account: amount for _, account, amount in rows}

    def money(account: str) -> Money:
        return to_money(held.get(account, 0), currency)

    return Balance(
        currency=currency,
        pending=money("pending"),
        held=money("held"),
        payable=money("payable"),
        paid=money("paid"),
    )
