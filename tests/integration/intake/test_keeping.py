"""That an event of the host came once is known for a while, and then forgotten."""

from __future__ import annotations

from groundswell.contract.times import DAY
from groundswell.domains.intake.keeping import taken_in
from groundswell.domains.intake.taking import TakeIn, TakenIn, intake_handler
from groundswell.store.forgetting import PORTION, OldRows
from tests.integration.intake.test_taking import registration, take
from tests.support.core import running_core

DAYS = 90


async def test_a_repeat_is_known_until_its_time_is_over_and_not_a_moment_longer(
    ready_url: str,
) -> None:
    async with running_core(ready_url, handlers=(intake_handler(),)) as core:
        old = OldRows(core.store, core.clock, taken_in(DAYS))
        await core.submit(take(core, registration("mia")))
        core.clock.advance(DAY)
        await core.submit(take(core, registration("bob")))
        core.clock.advance((DAYS - 1) * DAY - 1)
        await old.forget()
        again: TakenIn = await core.submit(take(core, registration("mia"), registration("bob")))
        assert again.repeated == 2
        core.clock.advance(1)
        await old.forget()
        assert await core.rows("SELECT source_id FROM intake_events") == [("evt-bob",)]
        later: TakenIn = await core.submit(take(core, registration("mia"), registration("bob")))
        assert (later.accepted, later.repeated) == (1, 1)
        assert len(await core.events()) == 3, "the log forgets nothing"
        assert old.statistics() == {"forgotten_total": 1.0}


async def test_more_than_a_portion_is_forgotten_at_once_and_again_nothing(ready_url: str) -> None:
    async with running_core(ready_url, handlers=(intake_handler(),)) as core:
        old = OldRows(core.store, core.clock, taken_in(DAYS))
        many = tuple((registration(str(one)), core.clock()) for one in range(PORTION + 5))
        await core.submit(TakeIn(at=core.clock(), events=many))
        core.clock.advance(DAYS * DAY)
        await core.submit(take(core, registration("new")))
        for _ in range(2):
            await old.forget()
            assert await core.rows("SELECT source_id FROM intake_events") == [("evt-new",)]
        assert old.statistics() == {"forgotten_total": PORTION + 5.0}
