"""Acknowledged places (section 7), devices that were away (section 8), rights to the past."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.realtime.gateway.restoring import Acknowledgements
from groundswell.realtime.grants import Grants
from groundswell.realtime.messages import Place
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user
from tests.unit.realtime.gateway.test_devices import INBOX, with_inbox


async def session(world: World, *topics: str, **options: Any) -> tuple[Peer, str]:
    """A client that acknowledges, and the token of its session."""
    peer = await world.hello(user("1"), clientId="phone")
    (told, *_) = await peer.ask("SUBSCRIBE", topics=list(topics), options={"ack": True, **options})
    return peer, told["resumeToken"]


async def resumed(world: World, token: str) -> Peer:
    """The session again, by a client that names no places."""
    peer = await world.hello(user("1"), clientId="phone", resumeToken=token)
    await peer.ask("SUBSCRIBE", topics=[])
    return peer


async def test_without_places_a_session_goes_on_from_what_was_acknowledged() -> None:
    world = World()
    peer, token = await session(world, "activity", "media.1")
    await world.publish(count=5)
    await world.publish("media.1", 2)
    assert await peer.ask("ACK", topic="activity", offset=3) == []
    peer.connection.gone()
    again = await resumed(world, token)
    assert again.offsets("activity") == [4, 5]
    assert again.offsets("media.1") == [1, 2], "nothing of it was acknowledged"


async def test_places_that_the_client_names_come_first() -> None:
    world = World()
    peer, token = await session(world, "activity")
    await world.publish(count=5)
    await peer.ask("ACK", topic="activity", offset=1)
    again = await world.hello(user("1"), clientId="phone", resumeToken=token)
    place = {"epoch": (await world.broker.position("activity")).epoch, "offset": 4}
    await again.ask("SUBSCRIBE", topics=[], options={"resume": {"activity": place}})
    assert again.offsets() == [5]


async def test_who_acknowledges_nothing_begins_at_the_present() -> None:
    world = World()
    peer = await world.hello(user("1"))
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"])
    await world.publish(count=5)
    again = await world.hello(user("1"), resumeToken=told["resumeToken"])
    await again.ask("SUBSCRIBE", topics=[])
    assert again.offsets() == []


async def test_another_process_knows_what_the_token_says() -> None:
    world = World()
    peer, _ = await session(world, "activity")
    await world.publish(count=3)
    await peer.ask("ACK", topic="activity", offset=2)
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["media.1"], options={"ack": True})
    await peer.ask("ACK", topic="activity", offset=3)
    world.gateway._shared.acknowledgements._places.clear()
    again = await resumed(world, told["resumeToken"])
    assert again.offsets() == [3], "once more, for the token is older than the last ACK"


async def test_acknowledgements_are_cumulative() -> None:
    world = World()
    peer, token = await session(world, "activity")
    await world.publish(count=5)
    for offset in (4, 2):
        assert await peer.ask("ACK", topic="activity", offset=offset) == []
    assert (await resumed(world, token)).offsets() == [5]


async def test_an_acknowledgement_of_another_epoch_is_a_failed_resume() -> None:
    world = World()
    peer, token = await session(world, "activity")
    await world.publish(count=2)
    await peer.ask("ACK", topic="activity", offset=2)
    await world.broker.renew("activity", (await world.broker.position("activity")).epoch, 9)
    again = await resumed(world, token)
    assert again.heard("SUBSCRIBED")[0]["topics"]["activity"]["recovery"] == "failed"


@pytest.mark.parametrize(
    ("topic", "offset", "code"), [("activity", 3, 1303), ("hot", 1, 1103), ("x", 1, 1103)]
)
async def test_only_what_was_told_is_acknowledged(topic: str, offset: int, code: int) -> None:
    world = World()
    peer, _ = await session(world, "activity")
    await world.publish(count=2)
    (error,) = await peer.ask("ACK", topic=topic, offset=offset)
    assert error["code"] == code


def test_of_sessions_beyond_a_number_the_oldest_is_forgotten() -> None:
    kept = Acknowledgements(most=2)
    for name in ("a", "b", "a", "c"):
        kept.note(name, "activity", Place("e", 1))
    assert [bool(kept.of(name)) for name in "abc"] == [True, False, True]


async def test_offline_delivery_brings_what_was_filed_meanwhile_on_any_own_topic() -> None:
    """Section 8, for the specification's plain client: it never acknowledges, so once is enough."""
    world, inbox = with_inbox()
    await inbox.file(2)
    for expected in (["msg-1", "msg-2"], []):
        peer = await world.hello(user("1"), features=[])
        await peer.ask(
            "SUBSCRIBE",
            topics=["user.1.referrals"],
            clientId="phone",
            options={"offlineDelivery": True},
        )
        await settle()
        assert [one["id"] for one in peer.heard("EVENT")] == expected
        peer.connection.gone()
    assert inbox.acked == {("phone", "msg-1"), ("phone", "msg-2")}


async def test_without_offline_delivery_other_topics_bring_nothing_from_the_inbox() -> None:
    world, inbox = with_inbox()
    await inbox.file(1)
    peer = await world.hello(user("1"), clientId="phone", features=["batch", "ack"])
    await peer.ask("SUBSCRIBE", topics=["user.1.referrals", "activity"])
    assert peer.types() == ["SUBSCRIBED", "CAUGHT_UP", "CAUGHT_UP"]


async def test_single_events_of_the_inbox_come_before_its_topic_is_caught_up() -> None:
    """Section 8: after an absence single events for critical ones, then CAUGHT_UP."""
    world, inbox = with_inbox()
    await inbox.file(2)
    peer = await world.hello(user("1"), clientId="phone", features=["batch", "ack"])
    await peer.ask("SUBSCRIBE", topics=[INBOX])
    assert peer.types() == ["SUBSCRIBED", "BATCH", "CAUGHT_UP"]


async def test_an_inbox_that_does_not_answer_silences_no_topic() -> None:
    world, inbox = with_inbox()

    async def broken(*_: object) -> None:
        raise ConnectionError

    inbox.connected = broken  # type: ignore[method-assign]
    peer = await world.hello(user("1"), clientId="phone", features=["batch", "ack"])
    await peer.ask("SUBSCRIBE", topics=[INBOX, "activity"])
    assert peer.types() == ["SUBSCRIBED", "ERROR", "CAUGHT_UP", "CAUGHT_UP"]
    await world.publish()
    assert peer.offsets() == [1]


async def limited(world: World, *actions: str) -> Peer:
    grants = Grants.parse([{"topics": ["activity", "hot"], "actions": list(actions)}])
    return await world.hello(user("1"), token=world.token("1", grants=grants))


async def test_a_token_without_the_right_to_history_is_told_that_the_past_is_withheld() -> None:
    """Section 2: replay runs the same check with today's rights. The GAP says `permission`."""
    world = World()
    await world.publish(count=5)
    place = {"epoch": (await world.broker.position("activity")).epoch, "offset": 2}
    options = {"resume": {"activity": place}, "history": 5}
    peer = await limited(world, "subscribe")
    await peer.ask("SUBSCRIBE", topics=["activity"], options=options)
    result = peer.heard("SUBSCRIBED")[0]["topics"]["activity"]
    assert (result["recovery"], result["replay"]) == ("partial", 0)
    (gap,) = peer.heard("GAP")
    assert (gap["reason"], gap["from"], gap["to"], gap["missed"]) == ("permission", 3, 5, 3)
    assert gap["fallback"] == "none"
    await world.publish()
    assert peer.offsets() == [6]
    may = await limited(world, "subscribe", "history")
    await may.ask("SUBSCRIBE", topics=["activity"], options=options)
    assert may.offsets() == [3, 4, 5, 6]


async def test_a_token_without_the_right_to_history_gets_none_of_it_but_the_present_state() -> None:
    world = World()
    await world.publish(count=5)
    await world.publish("hot", 2, state=True)
    peer = await limited(world, "subscribe")
    await peer.ask(
        "SUBSCRIBE", topics=["activity", "hot"], options={"history": 5, "snapshot": True}
    )
    assert peer.offsets() == []
    assert "GAP" not in peer.types()
    assert peer.heard("SNAPSHOT")[0]["topic"] == "hot"
    former = {"activity": {"epoch": "former", "offset": 1}}
    again = await limited(world, "subscribe")
    await again.ask("SUBSCRIBE", topics=["activity"], options={"resume": former, "history": 5})
    assert again.heard("GAP")[0]["reason"] == "epoch_changed"
    assert again.offsets() == []
