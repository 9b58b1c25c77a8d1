"""Long polls without a network: what is told, when, to whom, and by which process."""

from __future__ import annotations

import asyncio
import time
from random import Random

import pytest

from groundswell.contract.errors import DatabaseUnavailable, Invalid, Unauthenticated
from groundswell.realtime.broker.base import Degraded, History
from groundswell.realtime.doors.polling.door import Waiter
from groundswell.realtime.doors.polling.pacing import Circumstances, Pacing, next_poll
from tests.unit.realtime.builders import person, publication
from tests.unit.realtime.polling import PollingClient, Process


@pytest.fixture
def process() -> Process:
    return Process()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_registering_tells_states_history_and_where_to_go_on(process: Process) -> None:
    process.states["hot"] = b'{"items":[7]}'
    await process.publish(*(publication(seq) for seq in range(1, 6)))
    await process.publish(publication(6, "hot", state=True))
    client = await PollingClient(process).register("activity", "hot", history=2)
    assert [message["type"] for message in client.messages] == ["SNAPSHOT", "EVENT", "EVENT"]
    assert client.messages[0]["data"] == {"items": [7]}
    assert client.seqs == [4, 5]
    assert client.topics["activity"] | {"epoch": ""} == {
        "ok": True,
        "epoch": "",
        "offset": 5,
        "lowest": 1,
        "mode": "stream",
    }
    assert client.topics["hot"]["mode"] == "state"
    assert await client.poll() == []
    await process.publish(publication(7))
    assert [one["seq"] for one in await client.poll()] == [7]


async def test_without_snapshot_a_state_is_told_when_it_changes(process: Process) -> None:
    process.states["hot"] = b'{"items":[7]}'
    client = await PollingClient(process).register("hot", snapshot=False)
    assert client.messages == []
    assert await client.poll() == []
    await process.publish(publication(1, "hot", state=True), publication(2, "hot", state=True))
    assert [one["offset"] for one in await client.poll()] == [2]
    assert await client.poll() == []


async def test_each_topic_is_admitted_or_refused_for_itself(process: Process) -> None:
    process.members.held.add(("gold", "1"))
    client = PollingClient(process, person("1"))
    await client.register(
        "user.1.inbox", "user.2.inbox", "program.gold.updates", "nothing", "no topic"
    )
    refused = {name: told["error"] for name, told in client.topics.items() if not told["ok"]}
    assert {name: (told["code"], told["name"]) for name, told in refused.items()} == {
        "user.2.inbox": (1103, "permission_denied"),
        "nothing": (1104, "unknown_topic"),
        "no topic": (1001, "bad_request"),
    }
    await process.publish(
        publication(1, "user.2.inbox"),
        publication(2, "user.1.inbox"),
        publication(3, "program.gold.updates"),
    )
    assert [one["topic"] for one in await client.poll()] == ["user.1.inbox", "program.gold.updates"]


async def test_every_cursor_hears_what_is_told_to_everybody(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    await process.publish(publication(1, "system.broadcast"))
    assert [one["topic"] for one in await client.poll()] == ["system.broadcast"]


async def test_too_many_topics_are_refused(process: Process) -> None:
    topics = [f"media.{number}" for number in range(1, 130)]
    with pytest.raises(Invalid, match="128 topics"):
        await PollingClient(process).register(*topics)
    assert (await PollingClient(process).register(*topics[:128])).cursor


async def test_a_held_poll_is_answered_when_something_happens(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    held = client.hold()
    await settle()
    assert process.door.statistics()["waiting"] == 1
    await process.publish(publication(1, "media.1"))
    await process.publish(publication(2), publication(3))
    assert [one["seq"] for one in await held] == [2, 3]
    assert client.next_poll_ms == 0
    assert (process.hub.statistics().connections, process.door.statistics()["waiting"]) == (0, 0)


@pytest.mark.alone
async def test_a_held_poll_is_answered_empty_in_time(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    began = time.perf_counter()
    assert await client.poll(0.05) == []
    assert 0.04 < time.perf_counter() - began < 1
    assert client.next_poll_ms == 0


async def test_a_poll_whose_client_left_ends(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    waiter = Waiter()
    held = client.hold(waiter=waiter)
    await settle()
    waiter.leave()
    assert await asyncio.wait_for(held, 1) == []
    assert process.hub.statistics().connections == 0


async def test_a_long_absence_is_told_portion_by_portion() -> None:
    process = Process(most=10)
    client = await PollingClient(process).register("activity", "media.1")
    for seq in range(1, 96):
        await process.publish(publication(seq, "media.1" if seq % 7 == 0 else "activity"))
    portions = 0
    while await client.poll(5):
        portions += 1
        if client.seqs[-1] == 95:
            break
    assert client.seqs == list(range(1, 96))
    assert portions == 10


async def test_another_process_goes_on_from_the_log(process: Process) -> None:
    client = await PollingClient(process).register("activity", "media.1")
    await process.publish(publication(1), publication(2, "media.1"))
    assert len(await client.poll()) == 2
    await process.publish(publication(3), publication(4, "media.1"))
    client.process = Process(process.log)
    assert [one["seq"] for one in await client.poll()] == [3, 4]
    await client.process.publish(publication(5))
    await client.catch_up()
    assert client.seqs == [1, 2, 3, 4, 5]
    assert client.named("GAP") == []
    assert client.process.log.reads == 1


async def test_after_a_restart_a_state_is_told_whole(process: Process) -> None:
    process.states["hot"] = b'{"items":[1]}'
    await process.publish(publication(1, "hot", state=True))
    client = await PollingClient(process).register("hot", snapshot=False)
    process.restart()
    process.states["hot"] = b'{"items":[2]}'
    (told,) = await client.poll()
    assert (told["type"], told["data"]) == ("SNAPSHOT", {"items": [2]})
    assert await client.poll() == []


async def test_what_was_trimmed_is_named(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    await process.publish(*(publication(seq) for seq in range(1, 11)))
    process.restart()
    process.log.trimmed = 6
    gap, *events = [one for one in await client.poll() if one["topic"] == "activity"]
    assert (gap["reason"], gap["fromSeq"], gap["toSeq"]) == ("trimmed", 1, 6)
    assert gap["url"] == "/v1/activity?limit=20"
    assert [one["seq"] for one in events] == [7, 8, 9, 10]


async def test_a_cursor_of_another_log_gets_a_gap_and_goes_on(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    client.process = Process()
    client.process.log.log_id = "restored"
    client.process.restart()
    await client.process.publish(publication(1))
    gaps = await client.poll()
    assert {one["reason"] for one in gaps if one["type"] == "GAP"} == {"epoch_changed"}
    await client.process.publish(publication(2))
    assert [one["seq"] for one in await client.poll()] == [2]


async def test_a_counter_told_late_is_not_missed(process: Process) -> None:
    """States of files are published after events with a greater ``seq``."""
    client = await PollingClient(process).register("media.1", "activity")
    await process.publish(publication(1, "media.1"), publication(2))
    await client.poll()
    await process.publish(publication(1, "media.1", state=True))
    assert [(one["topic"], one["offset"]) for one in await client.poll()] == [("media.1", 2)]


async def test_a_right_that_ended_ends_its_topic_alone(process: Process) -> None:
    process.members.held.add(("gold", "1"))
    client = await PollingClient(process, person("1")).register("program.gold.updates", "activity")
    held = client.hold()
    await settle()
    process.members.held.clear()
    await process.publish(publication(1, "program.gold.updates"), publication(2))
    await held
    (farewell,) = client.named("UNSUBSCRIBED")
    assert (farewell["topic"], farewell["code"]) == ("program.gold.updates", 2001)
    assert client.seqs == [2]
    assert [one["type"] for one in await client.poll()] == []


async def test_anothers_cursor_tells_nothing_private(process: Process) -> None:
    owner = await PollingClient(process, person("1")).register("user.1.inbox", "activity")
    thief = PollingClient(process, person("2"))
    thief.cursor = owner.cursor
    await process.publish(publication(1, "user.1.inbox"), publication(2))
    await thief.poll()
    assert [(one["type"], one["topic"]) for one in thief.messages] == [
        ("UNSUBSCRIBED", "user.1.inbox"),
        ("EVENT", "activity"),
    ]


async def test_who_forgets_the_token_keeps_the_cursor(process: Process) -> None:
    client = await PollingClient(process, person("1")).register("user.1.inbox")
    await process.publish(publication(1, "user.1.inbox"))
    client.caller = person()
    with pytest.raises(Unauthenticated):
        await client.poll()
    client.caller = person("1")
    assert len(await client.poll()) == 1


async def test_a_token_revoked_while_the_poll_is_held_tells_nothing(process: Process) -> None:
    client = await PollingClient(process, person("1")).register("user.1.inbox")
    held = client.hold()
    await settle()
    process.revoked.add("s-1")
    await process.publish(publication(1, "user.1.inbox"))
    with pytest.raises(Unauthenticated):
        await held


async def test_a_cursor_cannot_name_what_is_no_topic(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    from groundswell.realtime.doors.polling.cursor import decode

    cursor = decode(client.cursor)
    for name in ("user.*", "nothing", "user.1.inbox\n", ""):
        client.cursor = cursor._replace(places={name: None}).encode()
        with pytest.raises(Invalid, match="Not a cursor"):
            await client.poll()


async def test_a_log_that_cannot_be_read_leaves_the_cursor_good(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    await process.publish(publication(1))
    process.restart()
    process.log.failure = DatabaseUnavailable()
    with pytest.raises(DatabaseUnavailable):
        await client.poll()
    process.log.failure = None
    assert len(await client.poll()) == 1


@pytest.mark.alone
async def test_draining_answers_every_held_poll_and_spreads_the_next(process: Process) -> None:
    clients = [await PollingClient(process).register("activity") for _ in range(20)]
    held = [client.hold() for client in clients]
    await settle()
    await process.door.drain()
    await asyncio.wait_for(asyncio.gather(*held), 1)
    pauses = {client.next_poll_ms for client in clients}
    assert len(pauses) > 10
    assert all(500 <= pause <= 10_500 for pause in pauses)
    began = time.perf_counter()
    await clients[0].poll(5)
    assert time.perf_counter() - began < 1


@pytest.mark.alone
async def test_beyond_the_bound_polls_are_not_held() -> None:
    process = Process(max_waiting=1)
    first = (await PollingClient(process).register("activity")).hold(0.5)
    await settle()
    second = await PollingClient(process).register("activity")
    began = time.perf_counter()
    assert await second.poll(5) == []
    assert time.perf_counter() - began < 0.4
    assert 2_000 <= second.next_poll_ms <= 6_000
    await first


@pytest.mark.parametrize(
    ("circumstances", "least", "most"),
    [
        (Circumstances(), 0, 0),
        (Circumstances(waits=False), 5_000, 5_000),
        (Circumstances(waits=False, more=True), 0, 0),
        (Circumstances(hidden=True), 60_000, 60_000),
        (Circumstances(hidden=True, more=True), 0, 0),
        (Circumstances(crowded=True), 2_000, 6_000),
        (Circumstances(draining=True, more=True), 500, 10_500),
    ],
)
def test_the_server_says_when_to_ask_again(
    circumstances: Circumstances, least: int, most: int
) -> None:
    assert least <= next_poll(Pacing(), circumstances, Random(1)) <= most


async def test_a_hidden_page_is_answered_at_once(process: Process) -> None:
    client = await PollingClient(process).register("activity")
    await asyncio.wait_for(client.poll(5, hidden=True), 1)
    assert client.next_poll_ms == 60_000


async def test_without_the_broker_the_log_tells_and_nothing_twice(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await PollingClient(process).register("activity", "hot")
    process.states["hot"] = b"{}"
    broker = process.broker

    class Away:
        """The broker while its histories cannot be read."""

        keeps_history = True
        position = staticmethod(broker.position)

        async def history(self, *_: object, **__: object) -> History:
            raise Degraded

    await process.publish(publication(1), publication(2))
    reader = process.door._reader
    for part in (reader, reader._recovery):
        monkeypatch.setattr(part, "_broker", Away())
    assert [one["seq"] for one in await client.poll()] == [1, 2]
    assert await client.poll() == []
    monkeypatch.undo()
    await process.publish(publication(3))
    await client.catch_up()
    assert client.seqs == [1, 2, 3]
    assert client.named("GAP") == []
