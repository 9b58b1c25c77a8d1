"""Every row of the table of resuming, as a plan and as what goes over the wire."""

from __future__ import annotations

import pytest

from groundswell.realtime.broker.base import Position
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.gateway.resume import Lost, Plan, plan
from groundswell.realtime.messages import Place
from tests.unit.realtime.gateway.dialogue import Message, Peer, World

TOP, LOWEST = 75, 60
STREAM = Position("S", TOP, LOWEST)


def planned(resume: Place | None, *, history: int = 0, state: bool = False, **more: object) -> Plan:
    settings = {"snapshot": False, "cap": 300} | more
    return plan(resume, more.pop("stream", STREAM), state=state, history=history, **settings)  # type: ignore[arg-type]


def test_row_1_at_the_top_is_complete_even_if_nothing_is_kept() -> None:
    assert planned(Place("S", TOP)) == Plan("complete", TOP, TOP)
    trimmed = Position("S", TOP, TOP + 1)
    made = plan(Place("S", TOP), trimmed, state=False, history=9, snapshot=False, cap=300)
    assert made == Plan("complete", TOP, TOP)


def test_row_2_within_what_is_kept_is_complete() -> None:
    assert planned(Place("S", 70)) == Plan("complete", 70, TOP)
    assert planned(Place("S", LOWEST - 1)) == Plan("complete", LOWEST - 1, TOP)


def test_row_3_a_gap_beyond_the_cap_is_told_in_part() -> None:
    assert planned(Place("S", 60), cap=10) == Plan("complete", 60, 70, whole=False)
    assert planned(Place("S", 65), cap=10) == Plan("complete", 65, TOP)


def test_row_4_trimmed_names_exactly_what_is_lost() -> None:
    made = planned(Place("S", 41))
    assert made == Plan("partial", LOWEST - 1, TOP, Lost("trimmed", 42, 59))
    assert made.lost is not None
    assert made.lost.missed == 18
    state = planned(Place("S", 41), state=True)
    assert state == Plan("partial", TOP, TOP, Lost("trimmed", 42, 59), snapshot=True)


def test_row_5_another_epoch_fails_and_tells_the_last_events() -> None:
    assert planned(Place("E", 41), history=5) == Plan(
        "failed", 70, TOP, Lost("epoch_changed", 1, 70)
    )
    assert planned(Place("E", 41), state=True) == Plan(
        "failed", TOP, TOP, Lost("epoch_changed", 1, TOP), snapshot=True
    )


def test_row_6_ahead_of_the_stream_fails_with_an_alarm() -> None:
    made = planned(Place("S", TOP + 1))
    assert (made.recovery, made.ahead) == ("failed", True)


def test_row_7_no_position_tells_the_last_events() -> None:
    assert planned(None) == Plan("none", TOP, TOP)
    assert planned(None, history=5) == Plan("none", 70, TOP)
    assert planned(None, history=500) == Plan("none", LOWEST - 1, TOP)


async def resumed(
    world: World,
    offset: int,
    *,
    epoch: str | None = None,
    topic: str = "activity",
    **options: object,
) -> tuple[Peer, Message]:
    """A client that comes back; it, and its result in SUBSCRIBED."""
    if epoch is None:
        epoch = (await world.broker.position(topic)).epoch
    peer = await world.hello()
    place = {"epoch": epoch, "offset": offset}
    answers = await peer.ask(
        "SUBSCRIBE", topics=[topic], options={"resume": {topic: place}, **options}
    )
    return peer, answers[0]["topics"][topic]


async def test_row_1_on_the_wire() -> None:
    world = World()
    await world.publish(count=3)
    peer, result = await resumed(world, 3)
    assert (result["recovery"], result["replay"], result["offset"]) == ("complete", 0, 3)
    assert peer.types() == ["SUBSCRIBED", "CAUGHT_UP"]


async def test_row_1_when_the_history_is_forgotten() -> None:
    world = World()
    await world.publish(count=3)
    world.pass_time(90_000)
    await world.publish("media.1")
    assert (await world.broker.position("activity")).lowest == 4
    _, result = await resumed(world, 3)
    assert result["recovery"] == "complete"


async def test_row_2_on_the_wire() -> None:
    world = World()
    await world.publish(count=5)
    peer, result = await resumed(world, 2)
    assert (result["recovery"], result["replay"]) == ("complete", 3)
    assert peer.types() == ["SUBSCRIBED", "BATCH", "CAUGHT_UP"]
    batch, caught_up = peer.heard()[1:]
    assert (batch["reason"], batch["topic"]) == ("recovery", "activity")
    assert peer.offsets() == [3, 4, 5]
    assert (caught_up["offset"], caught_up["complete"]) == (5, True)
    await world.publish()
    assert peer.offsets() == [3, 4, 5, 6]


async def test_row_3_on_the_wire() -> None:
    """Live events wait in the history until the client has read what precedes them."""
    world = World(broker=MemoryBroker(history_size=2_000, after_seq=0))
    await world.publish(count=750)
    peer, result = await resumed(world, 0)
    assert (result["recovery"], result["replay"]) == ("complete", 300)
    (caught_up,) = peer.heard("CAUGHT_UP")
    assert caught_up["complete"] is False
    assert caught_up["next"] == {"epoch": caught_up["epoch"], "offset": 300}
    await world.publish()
    assert peer.offsets() == list(range(1, 301))

    again = {"activity": caught_up["next"]}
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"resume": again})
    assert peer.offsets() == list(range(301, 601))
    await peer.ask("SUBSCRIBE", topics=["activity"])
    assert peer.offsets() == list(range(601, 752))
    assert peer.heard("CAUGHT_UP")[0]["complete"] is True
    await world.publish()
    assert peer.offsets() == list(range(601, 753))


async def test_row_3_pages_of_history_bring_a_waiting_client_to_the_present() -> None:
    world = World(broker=MemoryBroker(history_size=2_000, after_seq=0))
    await world.publish(count=450)
    peer, _ = await resumed(world, 0)
    place = peer.heard("CAUGHT_UP")[0]["next"]
    found: list[int] = []
    while place is not None:
        answers = await peer.ask("HISTORY", topic="activity", after=place, limit=100)
        found += [one["offset"] for one in answers[0]["messages"]]
        place = answers[0].get("next")
    assert found == list(range(301, 451))
    assert peer.types() == ["HISTORY_PAGE", "CAUGHT_UP"]
    assert peer.heard("CAUGHT_UP")[0]["complete"] is True
    await world.publish()
    assert peer.offsets() == [451]


async def test_no_more_than_a_thousand_events_are_replayed_for_one_request() -> None:
    world = World(broker=MemoryBroker(history_size=400, after_seq=0))
    topics = [f"media.{n}" for n in range(1, 6)]
    resume = {}
    for topic in topics:
        await world.publish(topic, 300)
        resume[topic] = {"epoch": (await world.broker.position(topic)).epoch, "offset": 0}
    peer = await world.hello()
    (told, *_) = await peer.ask("SUBSCRIBE", topics=topics, options={"resume": resume})
    assert [told["topics"][topic]["replay"] for topic in topics] == [300, 300, 300, 100, 0]
    complete = {one["topic"]: one["complete"] for one in peer.heard("CAUGHT_UP")}
    assert list(complete.values()) == [True, True, True, False, False]


async def test_row_4_on_the_wire() -> None:
    world = World(broker=MemoryBroker(history_size=16, after_seq=0))
    await world.publish(count=75)
    peer, result = await resumed(world, 41)
    assert (result["recovery"], result["replay"], result["lowest"]) == ("partial", 16, 60)
    assert peer.types() == ["SUBSCRIBED", "GAP", "BATCH", "CAUGHT_UP"]
    gap = peer.heard("GAP")[0]
    assert (gap["from"], gap["to"], gap["missed"], gap["reason"]) == (42, 59, 18, "trimmed")
    assert (gap["fallback"], gap["url"]) == ("refetch", "/v1/activity?limit=20")
    assert peer.offsets() == list(range(60, 76))


async def test_row_4_of_a_state_topic_tells_the_state() -> None:
    world = World()
    await world.publish("hot", 9, state=True)
    peer, result = await resumed(world, 4, topic="hot")
    assert (result["recovery"], result["mode"], result["contiguous"]) == ("partial", "state", False)
    assert peer.types() == ["SUBSCRIBED", "GAP", "SNAPSHOT", "CAUGHT_UP"]
    gap, snapshot = peer.heard("GAP", "SNAPSHOT")
    assert (gap["from"], gap["to"], gap["fallback"]) == (5, 8, "snapshot")
    assert (snapshot["offset"], snapshot["data"]["n"]) == (9, 9)


async def test_row_5_on_the_wire() -> None:
    world = World()
    await world.publish(count=5)
    peer, result = await resumed(world, 2, epoch="former", history=2)
    assert (result["recovery"], result["replay"]) == ("failed", 2)
    gap = peer.heard("GAP")[0]
    assert gap["reason"] == "epoch_changed"
    assert "missed" not in gap
    assert (gap["from"], gap["to"]) == (1, 3)
    assert peer.offsets() == [4, 5]


async def test_row_6_on_the_wire() -> None:
    world = World()
    await world.publish(count=5)
    peer, result = await resumed(world, 50)
    assert result["recovery"] == "failed"
    assert peer.heard("GAP")[0]["reason"] == "epoch_changed"
    assert world.gateway.statistics().alarms == 1
    await world.publish()
    assert peer.offsets() == [6]


@pytest.mark.parametrize(("history", "offsets"), [(0, []), (2, [4, 5]), (100, [1, 2, 3, 4, 5])])
async def test_row_7_on_the_wire(history: int, offsets: list[int]) -> None:
    world = World()
    await world.publish(count=5)
    peer = await world.hello()
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": history})
    assert told["topics"]["activity"]["recovery"] == "none"
    assert peer.offsets() == offsets
    assert "GAP" not in peer.types()


async def test_a_client_without_batches_gets_the_past_one_by_one() -> None:
    world = World()
    await world.publish(count=3)
    peer = await world.hello(features=[])
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": 3})
    assert peer.types() == ["SUBSCRIBED", "EVENT", "EVENT", "EVENT", "CAUGHT_UP"]


async def test_a_client_without_snapshots_gets_the_newest_state_as_its_event() -> None:
    world = World()
    await world.publish("hot", 4, state=True)
    peer = await world.hello(features=[])
    resume = {"hot": {"epoch": "former", "offset": 1}}
    await peer.ask("SUBSCRIBE", topics=["hot"], options={"resume": resume})
    assert peer.types() == ["SUBSCRIBED", "GAP", "EVENT", "CAUGHT_UP"]
    assert peer.heard("EVENT")[0]["data"]["n"] == 4


async def test_equal_readings_of_many_clients_are_made_once() -> None:
    world = World()
    await world.publish(count=5)
    for _ in range(10):
        peer, _ = await resumed(world, 2)
        assert peer.offsets() == [3, 4, 5]
    figures = world.gateway.statistics()
    assert (figures.reads, figures.shared_reads) == (1, 9)


async def test_a_reading_is_not_used_for_what_came_after_it() -> None:
    world = World()
    await world.publish(count=5)
    await resumed(world, 2)
    await world.publish()
    peer, _ = await resumed(world, 2)
    assert peer.offsets() == [3, 4, 5, 6]
