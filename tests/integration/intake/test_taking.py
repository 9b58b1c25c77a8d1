"""Events of the host are written once, in whatever company they come."""

from __future__ import annotations

import asyncio
from typing import Any

from groundswell.contract.events.intake import HostEvent, UserRegistered
from groundswell.domains.intake.taking import TakeIn, TakenIn, intake_handler
from tests.support.core import Core, running_core


def registration(name: str, source: str = "/users", **more: Any) -> HostEvent:
    return UserRegistered(source=source, source_id=f"evt-{name}", user_id=name, **more)


def take(core: Core, *events: HostEvent) -> TakeIn:
    return TakeIn(at=core.clock(), events=tuple((one, core.clock() - 5) for one in events))


async def test_an_event_is_taken_in_once(ready_url: str) -> None:
    async with running_core(ready_url, handlers=(intake_handler(),)) as core:
        first: TakenIn = await core.submit(take(core, registration("mia"), registration("bob")))
        assert (first.accepted, first.repeated) == (2, 0)
        again: TakenIn = await core.submit(
            take(core, registration("bob", display_name="Robert"), registration("eve"))
        )
        assert (again.accepted, again.repeated) == (1, 1)
        assert again.events[0].seq == first.events[1].seq
        logged = await core.events()
        assert [one.event.user_id for one in logged] == ["mia", "bob", "eve"]  # type: ignore[attr-defined]
        assert {one.at for one in logged} == {core.clock() - 5}


async def test_the_same_event_at_once_and_within_one_batch_is_one(ready_url: str) -> None:
    async with running_core(ready_url, handlers=(intake_handler(),)) as core:
        command = take(core, registration("mia"), registration("mia"))
        answers = await asyncio.gather(*(core.submit(command) for _ in range(8)))
        assert sum(one.accepted for one in answers) == 1
        assert len({each.seq for one in answers for each in one.events}) == 1
        assert len(await core.events()) == 1


async def test_equal_ids_of_different_sources_are_different_events(ready_url: str) -> None:
    async with running_core(ready_url, handlers=(intake_handler(),)) as core:
        taken = await core.submit(
            take(core, registration("mia"), registration("mia", source="/other"))
        )
        assert taken.accepted == 2
