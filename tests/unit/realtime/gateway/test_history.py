"""HISTORY: pages in both directions, and positions that are not of this stream."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.realtime.broker.memory import MemoryBroker
from tests.unit.realtime.gateway.dialogue import Message, Peer, World, user


async def filled(count: int = 12, kept: int = 10) -> tuple[World, Peer, str]:
    world = World(broker=MemoryBroker(history_size=kept, after_seq=0))
    await world.publish(count=count)
    return world, await world.hello(), (await world.broker.position("activity")).epoch


async def page(peer: Peer, **fields: Any) -> Message:
    (answer,) = await peer.ask("HISTORY", topic="activity", ref="h", **fields)
    return answer


def offsets(answer: Message) -> list[int]:
    return [one["offset"] for one in answer["messages"]]


async def test_without_a_position_the_newest_come_first() -> None:
    _, peer, epoch = await filled()
    answer = await page(peer, limit=4)
    assert (answer["type"], answer["ref"], answer["topic"]) == ("HISTORY_PAGE", "h", "activity")
    assert offsets(answer) == [12, 11, 10, 9]
    assert answer["next"] == {"epoch": epoch, "offset": 9}
    assert (answer["lowest"], answer["highest"], answer["complete"]) == (3, 12, False)


async def test_pages_before_a_position_lead_to_the_beginning() -> None:
    _, peer, epoch = await filled()
    before: Any = {"epoch": epoch, "offset": 11}
    found = []
    while before is not None:
        answer = await page(peer, before=before, limit=3, order="desc")
        found.append(offsets(answer))
        before = answer.get("next")
    assert found == [[10, 9, 8], [7, 6, 5], [4, 3]]
    assert answer["complete"] is True


async def test_pages_after_a_position_lead_to_the_present() -> None:
    _, peer, epoch = await filled()
    after: Any = {"epoch": epoch, "offset": 4}
    found = []
    while after is not None:
        answer = await page(peer, after=after, limit=3)
        found.append(offsets(answer))
        after = answer.get("next")
    assert found == [[5, 6, 7], [8, 9, 10], [11, 12]]
    assert answer["prev"] == {"epoch": epoch, "offset": 11}


async def test_both_positions_bound_a_page() -> None:
    _, peer, epoch = await filled()
    bounds = {
        "after": {"epoch": epoch, "offset": 4},
        "before": {"epoch": epoch, "offset": 8},
    }
    assert offsets(await page(peer, **bounds)) == [5, 6, 7]
    assert offsets(await page(peer, **bounds, order="desc", limit=2)) == [7, 6]


async def test_at_the_top_there_is_an_empty_complete_page() -> None:
    _, peer, epoch = await filled()
    answer = await page(peer, after={"epoch": epoch, "offset": 12})
    assert (offsets(answer), answer["complete"]) == ([], True)
    assert "next" not in answer


@pytest.mark.parametrize(
    ("fields", "code", "name"),
    [
        ({"limit": 101}, 1304, "page_too_large"),
        ({"limit": 0}, 1304, "page_too_large"),
        ({"after": {"epoch": "x", "offset": 5}}, 1301, "epoch_mismatch"),
        ({"before": {"epoch": "x", "offset": 5}}, 1301, "epoch_mismatch"),
        ({"after": {"epoch": "E", "offset": 1}}, 1302, "position_trimmed"),
        ({"before": {"epoch": "E", "offset": 2}}, 1302, "position_trimmed"),
        ({"after": {"epoch": "E", "offset": 13}}, 1303, "position_ahead"),
        ({"before": {"epoch": "E", "offset": 14}}, 1303, "position_ahead"),
    ],
)
async def test_a_page_that_cannot_be_had(fields: dict[str, Any], code: int, name: str) -> None:
    _, peer, epoch = await filled()
    for place in fields.values():
        if isinstance(place, dict) and place["epoch"] == "E":
            place["epoch"] = epoch
    error = await page(peer, **fields)
    assert (error["type"], error["code"], error["name"]) == ("ERROR", code, name)
    assert (error["ref"], error["topic"]) == ("h", "activity")
    assert ("lowest" in error) == (name == "position_trimmed")
    assert error.get("lowest", 3) == 3


async def test_history_needs_the_right_to_the_topic() -> None:
    world, _, _ = await filled()
    await world.publish("user.1.social")
    peer = await world.hello(user("2"))
    (error,) = await peer.ask("HISTORY", topic="user.1.social")
    assert error["code"] == 1103
    owner = await world.hello(user("1"))
    (answer,) = await owner.ask("HISTORY", topic="user.1.social")
    assert len(answer["messages"]) == 1
