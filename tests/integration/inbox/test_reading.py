"""Read states are merged in whatever order devices tell them, and each change is told once."""

from __future__ import annotations

import itertools

import msgspec

from groundswell.contract.events.inbox import ReadStateChanged
from groundswell.contract.times import MINUTE, SECOND
from groundswell.delivery.routing import publications
from tests.integration.inbox.inboxes import Inboxes


async def states(inboxes: Inboxes, user: str = "ada") -> list[str]:
    return [one.state for one in await inboxes.items(user)]


async def test_reading_by_id_and_up_to_a_number(inboxes: Inboxes) -> None:
    await inboxes.file("ada", *range(1, 6))
    done = await inboxes.port.read("ada", "phone", "dismissed", ids=["msg-ada-2"])
    assert ([one.id for one in done.entries], done.unread) == (["msg-ada-2"], 4)
    inboxes.clock.advance(SECOND)
    done = await inboxes.port.read("ada", "phone", "read", up_to=3)
    assert ([one.seq for one in done.entries], done.unread) == ([1, 3], 2)
    assert await states(inboxes) == ["read", "dismissed", "read", "unread", "unread"]
    inboxes.clock.advance(SECOND)
    await inboxes.port.read("ada", "laptop", "unread", ids=["msg-ada-1"])
    assert await states(inboxes) == ["unread", "dismissed", "read", "unread", "unread"]


async def test_what_was_said_last_holds_in_whatever_order_it_arrives(inboxes: Inboxes) -> None:
    base = inboxes.clock() - MINUTE
    said = [("read", 1), ("unread", 3), ("dismissed", 2), ("read", 3)]
    for number, order in enumerate(itertools.permutations(said), 1):
        await inboxes.file("ada", number)
        for state, at in order:
            await inboxes.port.read(
                "ada", "phone", state, ids=[f"msg-ada-{number}"], at=base + at * SECOND
            )
    assert await states(inboxes) == ["read"] * number


async def test_a_later_version_holds_against_a_later_time(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    base = inboxes.clock() - MINUTE
    ids = ["msg-ada-1"]
    told = await inboxes.port.read("ada", "phone", "read", ids=ids, at=base + 50)
    newer = {**told.vv, "laptop": 1}
    await inboxes.port.read("ada", "laptop", "dismissed", ids=ids, at=base + 10, vv=newer)
    assert await states(inboxes) == ["dismissed"]
    late = await inboxes.port.read("ada", "watch", "read", ids=ids, at=base + 90, vv=told.vv)
    assert (late.entries, late.vv) == ([], {"server": 1 + 1, "laptop": 1})
    assert await states(inboxes) == ["dismissed"]


async def test_a_clock_that_is_ahead_does_not_win_for_ever(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    ids = ["msg-ada-1"]
    await inboxes.port.read("ada", "phone", "read", ids=ids, at=inboxes.clock() + 10**15)
    inboxes.clock.advance(SECOND)
    await inboxes.port.read("ada", "phone", "unread", ids=ids, at=inboxes.clock())
    assert await states(inboxes) == ["unread"]


async def test_a_change_is_told_once_to_all_devices(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, 2)
    at = inboxes.clock()
    for _ in range(3):
        await inboxes.port.read("ada", "phone", "read", ids=["msg-ada-1", "msg-ada-1"], at=at)
    told = [one for one in await inboxes.core.events() if isinstance(one.event, ReadStateChanged)]
    assert len(told) == 1
    (publication,) = publications(told[0])
    data = msgspec.json.decode(publication.data)
    assert publication.topic == "user.ada.inbox"
    assert (data["unread"], data["vv"]) == (1, {"server": 1})
    assert [(one["id"], one["state"], one["by"]) for one in data["entries"]] == [
        ("msg-ada-1", "read", "phone")
    ]
