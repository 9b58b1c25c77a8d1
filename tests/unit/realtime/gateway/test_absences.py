"""Section 8: after an absence a GAP, a DIGEST, single critical events, then CAUGHT_UP."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.inbox import Absence, Untold
from groundswell.contract.times import HOUR, SECOND
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user
from tests.unit.realtime.gateway.test_devices import INBOX, with_inbox

SUMMED = Untold(
    by_type={"friend.joined": 2, "comment.made": 5},
    from_at=1_000_000,
    to_at=9_000_000,
    from_seq=40,
    to_seq=90,
)
FORGOTTEN = Untold(by_type={"comment.made": 3}, from_at=0, to_at=0, from_seq=10, to_seq=30)
DEVICE = ("batch", "ack", "digest")


async def comes(world: World, *features: str, **options: Any) -> Peer:
    peer = await world.hello(user("1"), clientId="phone", features=list(features))
    await peer.ask("SUBSCRIBE", topics=[INBOX], options=options)
    return peer


async def test_what_was_missed_is_told_in_order() -> None:
    world, inbox = with_inbox()
    await inbox.file(2)
    inbox.missed = Absence(summed=SUMMED, forgotten=FORGOTTEN)
    peer = await comes(world, *DEVICE)
    assert peer.types() == ["SUBSCRIBED", "GAP", "DIGEST", "BATCH", "CAUGHT_UP"]
    (gap,), (digest,), (batch,) = peer.heard("GAP"), peer.heard("DIGEST"), peer.heard("BATCH")
    epoch = (await world.broker.position(INBOX)).epoch
    assert gap == {
        "type": "GAP",
        "topic": INBOX,
        "epoch": epoch,
        "reason": "retention",
        "missed": 3,
        "fromSeq": 10,
        "toSeq": 30,
        "fallback": "refetch",
        "url": "/v1/me/inbox",
    }
    assert (digest["topic"], digest["count"]) == (INBOX, 7)
    assert digest["byType"] == {"friend.joined": 2, "comment.made": 5}
    assert digest["window"] == {
        "from": "1970-01-01T00:00:01.000Z",
        "to": "1970-01-01T00:00:09.000Z",
    }
    assert (digest["fromSeq"], digest["toSeq"]) == (40, 90)
    assert "fromOffset" not in digest and digest["top"] == []
    assert batch["reason"] == "inbox"
    assert world.gateway.statistics().gaps["retention"] == 1


async def test_who_knows_no_digests_is_told_a_gap_of_it_all() -> None:
    world, inbox = with_inbox()
    inbox.missed = Absence(summed=SUMMED, forgotten=FORGOTTEN)
    peer = await comes(world, "batch", "ack")
    assert peer.types() == ["SUBSCRIBED", "GAP", "CAUGHT_UP"]
    (gap,) = peer.heard("GAP")
    assert (gap["fromSeq"], gap["toSeq"], gap["missed"]) == (10, 90, 10)


async def test_of_what_nobody_knows_any_more_neither_place_nor_number_is_said() -> None:
    world, inbox = with_inbox()
    inbox.missed = Absence(summed=SUMMED, more=True)
    peer = await comes(world, *DEVICE)
    (gap,) = peer.heard("GAP")
    assert not gap.keys() & {"from", "to", "fromSeq", "toSeq", "missed"}
    assert len(peer.heard("DIGEST")) == 1


async def test_who_missed_nothing_is_told_nothing() -> None:
    world, _ = with_inbox()
    assert (await comes(world, *DEVICE)).types() == ["SUBSCRIBED", "CAUGHT_UP"]


async def test_who_names_its_place_is_told_by_that_place() -> None:
    world, inbox = with_inbox()
    await inbox.file(3)
    inbox.missed = Absence(summed=SUMMED)
    epoch = (await world.broker.position(INBOX)).epoch
    peer = await comes(world, *DEVICE, resume={INBOX: {"epoch": epoch, "offset": 2}})
    assert not peer.heard("GAP", "DIGEST")
    lost = await comes(world, *DEVICE, resume={INBOX: {"epoch": "other", "offset": 2}})
    assert [one["reason"] for one in lost.heard("GAP")] == ["epoch_changed"]
    assert len(lost.heard("DIGEST")) == 1


async def test_the_plain_client_is_told_on_any_topic_of_its_user() -> None:
    world, inbox = with_inbox()
    inbox.missed = Absence(forgotten=FORGOTTEN)
    peer = await world.hello(user("1"), clientId="phone", features=[])
    await peer.ask("SUBSCRIBE", topics=["user.1.social"], options={"offlineDelivery": True})
    assert [one["topic"] for one in peer.heard("GAP")] == [INBOX]


@pytest.mark.parametrize("how", ["gone", "BYE"])
async def test_until_when_a_device_listened_is_noted_when_it_leaves(how: str) -> None:
    world, inbox = with_inbox()
    peer = await comes(world, *DEVICE)
    world.pass_time(30)
    heard_at = world.now + 61 * SECOND
    world.pass_time(61)
    peer.say("PONG")
    world.pass_time(20)
    if how == "gone":
        peer.connection.gone()
        await settle()
        assert inbox.departures == [("phone", heard_at)]
    else:
        await peer.ask("BYE")
        assert inbox.departures == [("phone", world.now)]


async def test_short_visits_and_those_who_hear_no_inbox_cost_no_write() -> None:
    world, inbox = with_inbox()
    short = await comes(world, *DEVICE)
    world.pass_time(50)
    short.say("PONG")
    short.connection.gone()
    other = await world.hello(user("1"), clientId="phone", features=["ack"])
    await other.ask("ACK", ids=["msg-1"])
    world.now += HOUR
    other.say("PONG")
    other.connection.gone()
    await settle()
    assert inbox.departures == []
