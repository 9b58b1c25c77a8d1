"""Event streams without a network: what is told, in which order, and how streams end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from groundswell.contract.errors import DatabaseUnavailable, Invalid, Unavailable
from groundswell.realtime.doors.sse import Pacing
from groundswell.realtime.topics import TopicForbidden, UnknownTopic
from tests.unit.realtime.builders import activity, person, publication
from tests.unit.realtime.event_stream import AsgiClient, settle
from tests.unit.realtime.streaming import Service, names, seqs


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    yield made
    for client in made.clients:
        await client.leave()
    assert made.hub.statistics().connections == 0


async def test_the_response_is_an_unbuffered_uncached_event_stream(service: Service) -> None:
    client = await service.connect()
    assert client.status == 200
    assert client.headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }
    assert 1_000 <= (client.reader.retry or 0) <= 4_000


async def test_clients_are_told_different_times_to_wait(service: Service) -> None:
    waits = {(await service.connect()).reader.retry for _ in range(10)}
    assert len(waits) > 5


async def test_a_newcomer_learns_its_position_and_then_hears_what_happens(
    service: Service,
) -> None:
    await service.publish(publication(1))
    client = await service.connect()
    assert names(client) == ["CAUGHT_UP", "CAUGHT_UP"]
    assert client.reader.last_event_id == "log.1"
    await service.publish(publication(2), publication(2, "media.1"))
    await settle()
    assert seqs(client) == [2]
    assert client.reader.messages[-1].last_event_id == "log.2"


async def test_a_broadcast_reaches_every_stream(service: Service) -> None:
    client = await service.connect("media.1")
    await service.publish(publication(1, "system.broadcast"))
    await settle()
    assert client.reader.messages[-1].data["topic"] == "system.broadcast"


async def test_a_returning_client_gets_what_it_missed_once_and_in_order(
    service: Service,
) -> None:
    client = await service.connect("activity,media.1")
    await service.publish(publication(1))
    await settle()
    await client.leave()
    await service.publish(publication(2), publication(3, "media.1"), publication(4, "media.2"))
    again = await service.connect("activity,media.1", "log.1", client.reader)
    await service.publish(publication(5))
    await settle()
    assert seqs(again) == [1, 2, 3, 5]
    assert service.log.reads == 0


async def test_after_a_restart_what_was_missed_comes_from_the_log(service: Service) -> None:
    client = await service.connect()
    await service.publish(publication(1))
    await settle()
    await client.leave()
    await service.publish(publication(2), publication(3))
    service.restart()
    again = await service.connect("activity", "log.1", client.reader)
    assert seqs(again) == [1, 2, 3]
    assert again.reader.named("CAUGHT_UP")[-1].data["complete"] is True


async def test_what_is_delivered_again_after_a_restart_is_not_told_again(
    service: Service,
) -> None:
    client = await service.connect()
    await service.publish(publication(1), publication(2), publication(3))
    await settle()
    await client.leave()
    service.log.delivered = 1
    service.restart()
    again = await service.connect("activity", "log.3", client.reader)
    await service.publish(publication(2), publication(3), publication(4))
    await settle()
    assert seqs(again) == [1, 2, 3, 4]


async def test_what_happens_while_the_past_is_read_comes_after_it_and_once(
    service: Service,
) -> None:
    await service.publish(publication(1), publication(2))
    service.restart()
    service.log.pauses = 20
    client = AsgiClient()
    service.clients.append(client)
    client.connect(await service.door.stream("activity", person(), "log.1"))
    await settle(5)
    await service.publish(publication(3))
    await settle(60)
    assert seqs(client) == [2, 3]
    assert names(client) == ["EVENT", "CAUGHT_UP", "CAUGHT_UP", "EVENT"]


async def test_one_occurrence_on_two_topics_is_resumed_whole(service: Service) -> None:
    client = await service.connect("activity,media.1")
    await service.publish(publication(1, "activity"), publication(1, "media.1"))
    await settle()
    first, second = client.reader.named("EVENT")
    assert (first.last_event_id, second.last_event_id) == ("log.0", "log.1")


async def test_a_position_of_another_log_is_answered_with_a_gap(service: Service) -> None:
    await service.publish(publication(1))
    client = await service.connect("activity,media.9", "former.77")
    gaps = {message.data["topic"]: message.data for message in client.reader.named("GAP")}
    assert gaps["activity"]["reason"] == "epoch_changed"
    assert gaps["activity"]["url"] == "/v1/activity?limit=20"
    assert gaps["media.9"]["url"] == "/v1/media/9"
    assert client.reader.named("CAUGHT_UP")[-1].data["complete"] is False
    await service.publish(publication(2))
    await settle()
    assert seqs(client) == [2]


async def test_a_trimmed_log_is_answered_with_a_gap_and_the_rest(service: Service) -> None:
    await service.publish(*[publication(seq) for seq in range(1, 6)])
    service.restart()
    service.log.trimmed = 3
    client = await service.connect("activity", "log.1")
    gap = client.reader.named("GAP")[0].data
    assert (gap["reason"], gap["fromSeq"], gap["toSeq"]) == ("trimmed", 2, 3)
    assert seqs(client) == [4, 5]


async def test_a_state_topic_begins_with_its_snapshot(service: Service) -> None:
    service.states["hot"] = b'{"items":[1]}'
    await service.publish(publication(1, "hot", state=True))
    client = await service.connect("hot,trending.24h")
    (snapshot,) = client.reader.named("SNAPSHOT")
    assert snapshot.data["data"] == {"items": [1]}
    assert (snapshot.data["topic"], snapshot.data["offset"]) == ("hot", 1)
    await service.publish(publication(2, "hot", state=True))
    await settle()
    assert seqs(client) == [2]
    assert client.reader.messages[-1].last_event_id == "log.1"


async def test_what_happens_while_a_stream_opens_comes_after_the_positions_it_is_told(
    service: Service,
) -> None:
    service.states["hot"] = b'{"items":[0]}'
    await service.publish(publication(1), publication(2, "hot", state=True))
    client = AsgiClient()
    service.clients.append(client)
    client.pause()
    client.connect(await service.door.stream("activity,hot", person(), None))
    await settle()
    service.states["hot"] = b'{"items":[1]}'
    await service.publish(publication(3), publication(4, "hot", state=True))
    client.resume()
    await settle()
    offsets = {one.data["topic"]: one.data["offset"] for one in client.reader.named("CAUGHT_UP")}
    events = [(one.data["topic"], one.data["offset"]) for one in client.reader.named("EVENT")]
    assert offsets == {"activity": 1, "hot": 1, "system.broadcast": 0}
    assert events == [("activity", 2), ("hot", 2)]
    (snapshot,) = client.reader.named("SNAPSHOT")
    assert (snapshot.data["offset"], snapshot.data["data"]) == (1, {"items": [0]})


async def test_the_plain_stream_tells_activities_and_resumes(service: Service) -> None:
    client = await service.connect(None)
    await service.publish(activity(1, "So What"))
    await settle()
    assert [one.data["data"]["mediaTitle"] for one in client.reader.named("activity")] == [
        "So What"
    ]
    await client.leave()
    await service.publish(activity(2, "Freddie Freeloader"), publication(3))
    again = await service.connect(None, "log.1", client.reader)
    assert [one.data["data"]["mediaTitle"] for one in again.reader.named("activity")] == [
        "So What",
        "Freddie Freeloader",
    ]
    assert again.reader.last_event_id == "log.3"


async def test_a_slow_reader_gets_a_gap_and_the_newest_and_hurts_nobody() -> None:
    service = Service(max_messages=10)
    slow, quick = await service.connect(), await service.connect()
    slow.pause()
    for seq in range(1, 41):
        await service.publish(publication(seq))
        await settle(3)
    assert seqs(quick) == list(range(1, 41))
    slow.resume()
    await settle()
    (gap,) = (message.data for message in slow.reader.named("GAP"))
    assert gap["missed"] == gap["to"] - gap["from"] + 1
    lost = range(gap["from"], gap["to"] + 1)
    assert [*seqs(slow), *lost] == [*range(1, gap["from"]), *range(gap["to"] + 1, 41), *lost]
    assert service.hub.statistics().dropped == gap["missed"]
    for client in (slow, quick):
        await client.leave()


async def test_who_takes_nothing_is_dropped_and_leaves_nothing_behind() -> None:
    service = Service(pacing=Pacing(stall=0.02))
    stuck, quick = await service.connect(), await service.connect()
    stuck.pause()
    await service.publish(publication(1))
    await stuck.until_closed()
    assert service.hub.statistics().connections == 1
    assert service.door.statistics().endings == {"stalled": 1}
    assert seqs(quick) == [1]
    await quick.leave()


async def test_silence_is_broken_by_heartbeats_that_carry_the_position() -> None:
    service = Service(pacing=Pacing(heartbeat=(0.01, 0.01)))
    client = await service.connect("media.1")
    await service.publish(publication(5))
    async with asyncio.timeout(2):
        while client.reader.comments < 3:  # noqa: ASYNC110 - a client has no event for comments
            await asyncio.sleep(0.005)
    assert client.reader.last_event_id == "log.5"
    assert client.reader.named("EVENT") == []
    await client.leave()


async def test_a_connection_is_rotated_and_ended_properly() -> None:
    service = Service(pacing=Pacing(rotation=(0.01, 0.02)))
    client = await service.connect()
    await client.until_closed()
    assert client.finished
    assert service.door.statistics().endings == {"rotated": 1}


async def test_draining_ends_all_with_a_time_of_its_own_and_takes_no_more() -> None:
    service = Service(pacing=Pacing(drain_window=20.0))
    clients = [await service.connect() for _ in range(10)]
    async with asyncio.timeout(1):
        await service.door.drain()
    waits = {client.reader.retry or 0 for client in clients}
    assert all(client.finished for client in clients)
    assert len(waits) > 5
    assert 500 <= min(waits) <= max(waits) <= 20_500
    assert service.hub.statistics().connections == 0
    with pytest.raises(Unavailable):
        await service.connect()


async def test_draining_does_not_wait_for_a_client_that_does_not_read() -> None:
    service = Service()
    client = await service.connect()
    client.pause()
    await service.publish(publication(1))
    await settle()
    async with asyncio.timeout(1):
        await service.door.drain(patience=0.02)
        with pytest.raises(asyncio.CancelledError):
            await client.until_closed()
    assert service.hub.statistics().connections == 0


async def test_draining_without_clients_is_immediate() -> None:
    async with asyncio.timeout(0.5):
        await Service().door.drain(patience=60)


async def test_a_client_that_leaves_releases_its_subscriptions_at_once(
    service: Service,
) -> None:
    client = await service.connect("activity,media.1")
    assert service.hub.statistics().subscriptions == 3
    await client.leave()
    assert service.hub.statistics().subscriptions == 0
    assert service.door.statistics().endings == {"left": 1}


async def test_a_log_that_cannot_be_read_ends_the_stream_and_keeps_the_position(
    service: Service,
) -> None:
    await service.publish(publication(1), publication(2))
    service.restart()
    service.log.failure = DatabaseUnavailable()
    client = await service.connect("activity", "log.1")
    await client.until_closed()
    assert client.finished
    assert client.reader.last_event_id == ""
    service.log.failure = None
    assert seqs(await service.connect("activity", "log.1")) == [2]


@pytest.mark.parametrize("topics", ["", ",", " , ", "no topic", "activity,médias"])
async def test_what_names_no_topic_is_invalid(service: Service, topics: str) -> None:
    with pytest.raises(Invalid):
        await service.door.stream(topics, person(), None)


async def test_exactly_as_many_topics_as_allowed(service: Service) -> None:
    await service.door.stream(",".join(f"media.{n}" for n in range(1, 129)), person(), None)
    with pytest.raises(Invalid, match="At most 128 topics"):
        await service.door.stream(",".join(f"media.{n}" for n in range(1, 130)), person(), None)


async def test_private_and_unknown_topics_are_refused(service: Service) -> None:
    with pytest.raises(TopicForbidden):
        await service.door.stream("activity,user.1.inbox", person("2"), None)
    with pytest.raises(UnknownTopic):
        await service.door.stream("activity,nothing", person("2"), None)
    await service.door.stream("user.2.inbox", person("2"), None)


async def test_connections_are_bounded() -> None:
    service = Service(max_connections=1)
    client = await service.connect()
    with pytest.raises(Unavailable):
        await service.connect()
    await client.leave()
    await (await service.connect()).leave()
