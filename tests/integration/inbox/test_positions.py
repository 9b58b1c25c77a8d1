"""A consumer that saves its position seldom takes a little twice after a crash, never less."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.log.consumers import Consumer, StoredPositions
from tests.integration.inbox.inboxes import Inboxes


async def test_positions_are_saved_no_more_often_than_asked(inboxes: Inboxes) -> None:
    positions = StoredPositions(inboxes.core.store, inboxes.clock)
    taken: list[int] = []

    async def take(events: Sequence[LoggedEvent]) -> None:
        taken.extend(one.seq for one in events)

    def consumer(save_seconds: float) -> Consumer:
        return Consumer(
            "g", inboxes.core.log, take, positions=positions, portion=2, save_seconds=save_seconds
        )

    await inboxes.file("ada", *range(1, 7))
    rare = consumer(3600.0)
    await rare.start()
    while await rare.step():
        pass
    assert (taken, await positions.load("g")) == ([1, 2, 3, 4, 5, 6], 2)
    often = consumer(0.0)
    await often.start()
    while await often.step():
        pass
    assert (taken, await positions.load("g")) == ([1, 2, 3, 4, 5, 6, 3, 4, 5, 6], 6)
