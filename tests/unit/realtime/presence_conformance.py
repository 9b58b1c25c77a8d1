"""What every presence must do: the same tests run against each implementation."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.times import SECOND
from groundswell.realtime.presence.base import MemberPage
from groundswell.realtime.presence.members import Device
from tests.support.core import ManualClock

SCOPE = "presence.lobby"
PHONE, LAPTOP = Device("ada", "phone"), Device("ada", "laptop")
BOB = Device("bob", "phone")
ROOM = b'{"room":"red"}'


def told(page: MemberPage) -> list[tuple[str, str, bytes]]:
    return [(one.user_id, one.status, bytes(one.data)) for one in page.members]


class PresenceConformance:
    """Subclass it with a `presence` fixture that reads the `clock` fixture; its TTL is 45 s."""

    async def test_who_enters_is_listed_and_who_leaves_is_not(self, presence: Any) -> None:
        await presence.enter(SCOPE, PHONE, "online", ROOM)
        await presence.enter(SCOPE, BOB, "away", b"{}")
        page = await presence.members(SCOPE)
        assert told(page) == [("ada", "online", ROOM), ("bob", "away", b"{}")]
        assert (page.count, page.cursor) == (2, None)
        await presence.leave(SCOPE, PHONE)
        assert told(await presence.members(SCOPE)) == [("bob", "away", b"{}")]
        assert await presence.count(SCOPE) == 1
        assert await presence.count("presence.elsewhere") == 0

    async def test_the_most_present_device_speaks_for_its_user(
        self, presence: Any, clock: ManualClock
    ) -> None:
        await presence.enter(SCOPE, PHONE, "online", b'{"on":"phone"}')
        clock.advance(SECOND)
        await presence.enter(SCOPE, LAPTOP, "away", b'{"on":"laptop"}')
        assert told(await presence.members(SCOPE)) == [("ada", "online", b'{"on":"phone"}')]
        await presence.update(SCOPE, LAPTOP, "online", b'{"on":"laptop"}')
        assert told(await presence.members(SCOPE)) == [("ada", "online", b'{"on":"laptop"}')]
        await presence.leave(SCOPE, LAPTOP)
        assert told(await presence.members(SCOPE)) == [("ada", "online", b'{"on":"phone"}')]
        assert await presence.count(SCOPE) == 1

    async def test_a_device_is_gone_45_seconds_after_its_last_sign_of_life(
        self, presence: Any, clock: ManualClock
    ) -> None:
        await presence.enter(SCOPE, PHONE, "online", b"{}")
        await presence.enter(SCOPE, BOB, "online", b"{}")
        clock.advance(44 * SECOND)
        assert await presence.heartbeat(SCOPE, PHONE)
        clock.advance(SECOND)
        assert told(await presence.members(SCOPE)) == [("ada", "online", b"{}")]
        assert not await presence.heartbeat(SCOPE, BOB)
        assert not await presence.update(SCOPE, BOB, "online", b"{}")
        assert await presence.count(SCOPE) == 1
        clock.advance(44 * SECOND)
        assert await presence.count(SCOPE) == 0

    async def test_one_of_two_devices_may_go_silent(
        self, presence: Any, clock: ManualClock
    ) -> None:
        await presence.enter(SCOPE, PHONE, "online", b"{}")
        clock.advance(30 * SECOND)
        await presence.enter(SCOPE, LAPTOP, "away", ROOM)
        clock.advance(15 * SECOND)
        assert told(await presence.members(SCOPE)) == [("ada", "away", ROOM)]

    async def test_an_invisible_device_hides_all_devices_of_its_user(self, presence: Any) -> None:
        await presence.enter(SCOPE, PHONE, "online", ROOM)
        await presence.enter(SCOPE, LAPTOP, "invisible", ROOM)
        assert told(await presence.members(SCOPE)) == []
        await presence.leave(SCOPE, LAPTOP)
        assert told(await presence.members(SCOPE)) == [("ada", "online", ROOM)]

    async def test_being_invisible_looks_the_same_as_never_having_come(
        self, presence: Any, clock: ManualClock
    ) -> None:
        await presence.enter(SCOPE, BOB, "online", b"{}")
        before = msgspec.json.encode(await presence.members(SCOPE))
        glance = await presence.glance([SCOPE])
        await presence.enter(SCOPE, PHONE, "invisible", ROOM)
        await presence.heartbeat(SCOPE, PHONE)
        await presence.update(SCOPE, PHONE, "invisible", b"{}")
        assert msgspec.json.encode(await presence.members(SCOPE)) == before
        assert await presence.glance([SCOPE]) == glance
        await presence.leave(SCOPE, PHONE)
        assert await presence.glance([SCOPE]) == glance

    async def test_a_glance_differs_exactly_when_what_is_seen_does(
        self, presence: Any, clock: ManualClock
    ) -> None:
        async def version() -> str:
            return str((await presence.glance([SCOPE]))[SCOPE].version)

        await presence.enter(SCOPE, PHONE, "online", b"{}")
        await presence.enter(SCOPE, BOB, "online", b"{}")
        seen = {await version()}
        await presence.heartbeat(SCOPE, PHONE)
        await presence.enter(SCOPE, PHONE, "online", b"{}")
        await presence.enter(SCOPE, LAPTOP, "away", ROOM)
        assert {await version()} == seen
        await presence.update(SCOPE, BOB, "online", ROOM)
        assert await version() not in seen
        seen.add(await version())
        await presence.leave(SCOPE, BOB)
        assert await version() not in seen
        seen.add(await version())
        clock.advance(45 * SECOND)
        assert await version() not in seen
        assert (await presence.glance([SCOPE]))[SCOPE].count == 0

    async def test_several_scopes_are_glanced_at_together(self, presence: Any) -> None:
        await presence.enter(SCOPE, PHONE, "online", b"{}")
        both = await presence.glance([SCOPE, "presence.hall"])
        assert {scope: one.count for scope, one in both.items()} == {SCOPE: 1, "presence.hall": 0}

    async def test_members_come_in_pages(self, presence: Any) -> None:
        users = [f"user-{number:02}" for number in range(25)]
        for user in users:
            await presence.enter(SCOPE, Device(user, "phone"), "online", b"{}")
        found: list[str] = []
        cursor, sizes = None, []
        while True:
            page = await presence.members(SCOPE, cursor, 10)
            assert page.count == 25
            found += [one.user_id for one in page.members]
            sizes.append(len(page.members))
            cursor = page.cursor
            if cursor is None:
                break
        assert (found, sizes) == (users, [10, 10, 5])

    async def test_leaving_twice_or_without_having_come_is_nothing(self, presence: Any) -> None:
        await presence.leave(SCOPE, PHONE)
        await presence.enter(SCOPE, PHONE, "online", b"{}")
        await presence.leave(SCOPE, LAPTOP)
        assert await presence.count(SCOPE) == 1
