"""The audit finds whatever is not as the ledger and the log say."""

from __future__ import annotations

import pytest

from groundswell.domains.rewards.audit import audit_rewards
from groundswell.store import Statement
from tests.integration.rewards.rewarding import Rewarding, rule

DAMAGES = [
    ("UPDATE ledger_balances SET amount_minor = amount_minor + 1 WHERE account = 'pending'", "bal"),
    ("UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE account = 'program'", "led"),
    ("DELETE FROM ledger_entries WHERE account = 'pending'", "ledger"),
    ("UPDATE reward_sums SET rewards = rewards + 1 WHERE subject = '*'", "sums of"),
    ("UPDATE reward_sums SET amount_minor = 0", "sums of"),
    ("UPDATE reward_counts SET conversions = 7", "count of"),
    ("UPDATE rewards SET status = 'paid'", "reward"),
    ("UPDATE rewards SET amount_minor = 1", "reward"),
    ("UPDATE rewards SET reversed_minor = 1", "reward"),
    ("UPDATE rewards SET user_id = 'eve'", "reward"),
    ("UPDATE rewards SET reward_id = 'reward-made-up'", "reward"),
    ("DELETE FROM rewards", "reward"),
    ("DELETE FROM event_log WHERE event_type = 'referral.conversion.completed'", "nothing in the"),
    ("DELETE FROM event_log WHERE event_type = 'referral.reward.earned'", "no event tells"),
]


@pytest.mark.parametrize(("damage", "found"), DAMAGES)
async def test_every_damage_is_found(rewarding: Rewarding, damage: str, found: str) -> None:
    await rewarding.happen(rewarding.completed())
    await rewarding.assert_consistent()
    async with rewarding.core.store.writing() as tx:
        await tx.fetch(Statement(damage))
    lines = await audit_rewards(rewarding.core.store, rewarding.core.log)
    assert any(line.startswith(found) or found in line for line in lines), lines


async def test_more_than_was_promised_is_found(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(amount_minor=100),)
    await rewarding.happen(rewarding.completed())
    async with rewarding.core.store.writing() as tx:
        for change in (
            "UPDATE rewards SET amount_minor = 900",
            "UPDATE ledger_entries SET amount_minor = amount_minor * 9",
            "UPDATE ledger_balances SET amount_minor = amount_minor * 9",
            "UPDATE reward_sums SET amount_minor = amount_minor * 9",
            "UPDATE event_log SET payload = REPLACE(payload, '\"grantedMinor\":100', "
            "'\"grantedMinor\":900') WHERE event_type = 'referral.reward.earned'",
        ):
            await tx.fetch(Statement(change))
    lines = await audit_rewards(rewarding.core.store, rewarding.core.log)
    assert [line.partition(": ")[2] for line in lines] == ["900 granted, 100 promised"]
