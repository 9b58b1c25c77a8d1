"""Streams and polls hold a client to its rights: its token, its sign-in, its topics (section 2)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from groundswell.access.tokens import TokenExpired
from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import MILLISECOND, SECOND, now
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.standing import SubjectMismatch
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.grants import Grants
from groundswell.realtime.messages import Place
from groundswell.realtime.topics import TopicForbidden
from tests.unit.realtime.builders import person, publication
from tests.unit.realtime.event_stream import settle
from tests.unit.realtime.memory_inbox import MemoryInbox
from tests.unit.realtime.polling import Members, PollingClient, Process
from tests.unit.realtime.streaming import Service, names, seqs

GOLD = "program.gold.updates"
INBOX = "user.1.inbox"


class Streams(Service):
    """A stream door where users are members of programs, and sign-ins can be ended."""

    def __init__(self, **door: Any) -> None:
        self.members = Members()
        self.revoked: set[str | None] = set()
        self.rights = Rights(TopicAccess(members=self.members).admit, self.revoked.__contains__)
        super().__init__(rights=self.rights, **door)


def granted(*topics: str, actions: tuple[str, ...] = ("subscribe",)) -> Credentials:
    claim = [{"topics": list(topics), "actions": list(actions)}]
    return person("1", grants=Grants.parse(claim))


def until(milliseconds: int) -> Credentials:
    at = now()
    return person("1", issued_at=at, expires_at=at + milliseconds * MILLISECOND)


def grant_until(milliseconds: int, topic: str) -> Credentials:
    ends = now() / SECOND + milliseconds / 1000
    claim = [
        {"topics": [topic], "actions": ["subscribe"], "exp": ends},
        {"topics": ["hot"], "actions": ["subscribe"]},
    ]
    return person("1", grants=Grants.parse(claim))


class TestStreams:
    @pytest.mark.parametrize("topic", ["activity", "user.1.social"])
    async def test_a_grant_that_ends_ends_its_topic(self, topic: str) -> None:
        service = Streams()
        looking = asyncio.create_task(service.door.run())
        client = await service.connect(f"{topic},hot", viewer=grant_until(300, topic))
        await service.publish(publication(1, topic))
        await settle()
        await asyncio.sleep(0.35)
        await service.publish(publication(2, topic))
        await settle()
        (farewell,) = client.reader.named("UNSUBSCRIBED")
        assert (farewell.data["topic"], farewell.data["code"]) == (topic, 2501)
        assert farewell.data["resubscribe"] is True
        assert seqs(client) == [1]
        assert not service.hub.is_heard(topic)
        with pytest.raises(TopicForbidden):
            await service.connect(topic, viewer=grant_until(-10, topic))
        looking.cancel()
        await client.leave()

    async def test_a_right_that_was_taken_away_ends_its_topic_at_once(self) -> None:
        service = Streams()
        service.members.held.add(("gold", "1"))
        client = await service.connect(f"{GOLD},activity", viewer=person("1"))
        await service.publish(publication(1, GOLD))
        await settle()
        service.members.held.clear()
        service.rights.changed()
        await service.publish(publication(2, GOLD), publication(3))
        await settle()
        (farewell,) = client.reader.named("UNSUBSCRIBED")
        assert (farewell.data["topic"], farewell.data["code"]) == (GOLD, 2001)
        assert farewell.data["resubscribe"] is False
        assert seqs(client) == [1, 3]
        assert not service.hub.is_heard(GOLD)
        await client.leave()

    async def test_what_waits_for_a_slow_reader_is_decided_on_when_it_is_told(self) -> None:
        service = Streams()
        service.members.held.add(("gold", "1"))
        client = await service.connect(f"{GOLD},activity", viewer=person("1"))
        client.pause()
        await service.publish(publication(1))
        await settle()
        await service.publish(publication(2, GOLD), publication(3))
        service.members.held.clear()
        service.rights.changed()
        client.resume()
        await settle()
        assert seqs(client) == [1, 3]
        await client.leave()

    async def test_the_past_is_told_by_the_rights_of_today(self) -> None:
        """Mercure's rule: who was a member when it happened and is none now is not told it."""
        service = Streams()
        service.members.held.add(("gold", "1"))
        await service.publish(publication(1, GOLD), publication(2))
        service.members.held.clear()
        client = await service.connect(f"{GOLD},activity", "log.0", viewer=person("1"))
        assert [one.data["topic"] for one in client.reader.named("UNSUBSCRIBED")] == [GOLD]
        assert seqs(client) == [2]
        assert [one.data["topic"] for one in client.reader.named("CAUGHT_UP")] == [
            "activity",
            "system.broadcast",
        ]
        await client.leave()

    async def test_a_right_that_ends_while_the_past_is_read_ends_the_past(self) -> None:
        service = Streams()
        service.members.held.add(("gold", "1"))
        await service.publish(publication(1, GOLD), publication(2))
        service.restart()
        service.log.pauses = 5
        opening = asyncio.create_task(
            service.connect(f"{GOLD},activity", "log.0", viewer=person("1"))
        )
        while not service.log.reads:  # noqa: ASYNC110
            await asyncio.sleep(0)
        service.members.held.clear()
        service.rights.changed()
        client = await opening
        assert seqs(client) == [2]
        await client.leave()

    async def test_a_newcomer_is_refused_and_a_returning_client_only_if_nothing_is_left(
        self,
    ) -> None:
        service = Streams()
        with pytest.raises(TopicForbidden):
            await service.connect(f"{GOLD},activity", viewer=person("1"))
        with pytest.raises(TopicForbidden):
            await service.connect(GOLD, "log.0", viewer=person("1"))
        with pytest.raises(TopicForbidden):
            await service.connect(f"{GOLD},activity", "log.0")

    async def test_without_any_topic_left_a_stream_ends(self) -> None:
        service = Streams()
        service.members.held.add(("gold", "1"))
        client = await service.connect(GOLD, viewer=person("1"))
        service.members.held.clear()
        service.rights.changed()
        await service.publish(publication(1, GOLD))
        await client.until_closed()
        assert client.finished
        assert client.reader.named("ERROR")[0].data["name"] == "permission_denied"
        assert seqs(client) == []

    async def test_a_sign_in_that_ends_ends_its_streams_within_a_second(self) -> None:
        service = Streams()
        looking = asyncio.create_task(service.door.run())
        client = await service.connect(INBOX, viewer=person("1"))
        other = await service.connect("user.2.inbox", viewer=person("2"))
        began = asyncio.get_running_loop().time()
        service.revoked.add("s-1")
        await client.until_closed()
        assert asyncio.get_running_loop().time() - began < 1.5
        assert client.finished
        assert client.reader.messages[-1].data["name"] == "revoked"
        assert other.connected
        assert service.door.statistics().endings == {"revoked": 1}
        looking.cancel()
        await other.leave()

    async def test_after_a_sign_in_ended_not_one_more_event_is_told(self) -> None:
        service = Streams()
        client = await service.connect(f"{INBOX},activity", viewer=person("1"))
        service.revoked.add("s-1")
        await service.publish(publication(1, INBOX), publication(2))
        await client.until_closed()
        assert seqs(client) == []

    async def test_a_token_is_said_to_expire_and_then_the_stream_ends(self) -> None:
        service = Streams()
        client = await service.connect(INBOX, viewer=until(250))
        await service.publish(publication(1, INBOX))
        await client.until_closed()
        assert client.finished
        assert names(client) == ["CAUGHT_UP", "CAUGHT_UP", "TOKEN_EXPIRING", "EVENT", "ERROR"]
        assert client.reader.named("TOKEN_EXPIRING")[0].data["graceMs"] == 0
        error = client.reader.named("ERROR")[0].data
        assert (error["code"], error["name"]) == (1102, "token_expired")
        await service.publish(publication(2, INBOX))
        assert seqs(client) == [1]
        assert service.door.statistics().endings == {"expired": 1}

    async def test_a_token_that_is_over_opens_nothing(self) -> None:
        service = Streams()
        with pytest.raises(TokenExpired):
            await service.connect("activity", viewer=until(0))
        service.revoked.add("s-1")
        with pytest.raises(Unauthenticated):
            await service.connect("activity", viewer=person("1"))

    async def test_grants_narrow_what_a_user_may_hear(self) -> None:
        service = Streams()
        await (await service.connect(INBOX, viewer=granted("user.1.*"))).leave()
        for topics in ("activity", "user.1.inbox,activity", "user.2.inbox"):
            with pytest.raises(TopicForbidden):
                await service.connect(topics, viewer=granted("user.1.*", "user.2.inbox"))

    async def test_a_token_of_one_device_serves_no_other(self) -> None:
        service = Streams()
        bound = person("1", client_id="phone")
        with pytest.raises(SubjectMismatch):
            await service.connect(INBOX, viewer=bound, client_id="laptop")
        await (await service.connect(INBOX, viewer=bound, client_id="phone")).leave()


class TestPolls:
    async def test_a_held_poll_ends_with_its_token(self) -> None:
        process = Process()
        client = await PollingClient(process, until(150)).register(INBOX)
        began = asyncio.get_running_loop().time()
        with pytest.raises(TokenExpired):
            await client.poll(wait=20)
        assert asyncio.get_running_loop().time() - began < 2
        with pytest.raises(TokenExpired):
            await client.register(INBOX)

    async def test_a_held_poll_ends_with_its_sign_in_within_a_second(self) -> None:
        process = Process()
        looking = asyncio.create_task(process.door.run())
        client = await PollingClient(process, person("1")).register(INBOX)
        held = client.hold(20)
        await settle()
        process.revoked.add("s-1")
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unauthenticated):
            await held
        assert asyncio.get_running_loop().time() - began < 1.5
        looking.cancel()

    async def test_a_held_poll_hears_at_once_that_a_right_was_taken_away(self) -> None:
        process = Process()
        looking = asyncio.create_task(process.door.run())
        process.members.held.add(("gold", "1"))
        client = await PollingClient(process, person("1")).register(GOLD, "activity")
        held = client.hold(20)
        await settle()
        process.members.held.clear()
        process.rights.changed()
        (farewell,) = await held
        assert (farewell["type"], farewell["topic"]) == ("UNSUBSCRIBED", GOLD)
        looking.cancel()

    async def test_a_right_that_ends_while_the_past_is_read_ends_the_past(self) -> None:
        process = Process()
        process.members.held.add(("gold", "1"))
        client = await PollingClient(process, person("1")).register(GOLD, "activity")
        await process.publish(publication(1, GOLD), publication(2))
        process.restart()
        process.log.pauses = 5
        held = client.hold(0)
        while not process.log.reads:  # noqa: ASYNC110
            await asyncio.sleep(0)
        process.members.held.clear()
        process.rights.changed()
        await held
        assert client.seqs == [2]

    async def test_a_cursor_opens_only_what_its_bearer_was_granted(self) -> None:
        process = Process()
        owner = await PollingClient(process, person("1")).register(INBOX, "activity")
        await process.publish(publication(1, INBOX), publication(2))
        narrow = PollingClient(process, granted("activity"))
        narrow.cursor = owner.cursor
        await narrow.poll()
        assert narrow.seqs == [2]

    async def test_history_needs_its_own_grant(self) -> None:
        process = Process()
        await process.publish(publication(1, INBOX))
        listening = PollingClient(process, granted(INBOX))
        assert (await listening.register(INBOX, history=5)).seqs == []
        reading = PollingClient(process, granted(INBOX, actions=("subscribe", "history")))
        assert (await reading.register(INBOX, history=5)).seqs == [1]

    async def test_a_token_of_one_device_serves_no_other(self) -> None:
        process = Process()
        client = PollingClient(process, person("1", client_id="phone"))
        with pytest.raises(SubjectMismatch):
            await client.register(INBOX, client_id="laptop")


def with_inbox(kind: type[Any], **options: Any) -> tuple[Any, MemoryInbox]:
    """A door with an inbox in memory, whose time is that of both."""
    world = SimpleNamespace(seq=0, now=now(), broker=None)
    inbox = MemoryInbox(world)
    made = kind(inbox=inbox, clock=lambda: world.now, **options)
    world.broker = made.broker
    return made, inbox


class TestInbox:
    """Section 8 at the doors that have no session."""

    async def test_a_stream_tells_a_device_what_it_has_not_acknowledged(self) -> None:
        service, inbox = with_inbox(Service)
        await inbox.file(3)
        await inbox.ack("1", "phone", ids=["msg-2"])
        client = await service.connect(INBOX, viewer=person("1"), client_id="phone")
        told = client.reader.named("EVENT")
        assert [one.data["id"] for one in told] == ["msg-1", "msg-3"]
        assert told[0].data["delivery"] == "critical"
        assert told[0].last_event_id == client.reader.last_event_id == "log.3"
        assert inbox.attempts == {("phone", "msg-1"): 1, ("phone", "msg-3"): 1}
        await client.leave()

    async def test_a_stream_tells_again_in_time_until_it_is_acknowledged(self) -> None:
        service, inbox = with_inbox(Service)
        client = await service.connect(INBOX, viewer=person("1"), client_id="phone")
        await inbox.file(2)
        await settle()
        assert inbox.attempts == {("phone", "msg-1"): 1, ("phone", "msg-2"): 1}
        await inbox.ack("1", "phone", ids=["msg-1"])
        inbox.world.now += 11 * SECOND
        (connection,) = service.door._connections
        connection._wake.set()
        await settle()
        assert [one.data["id"] for one in client.reader.named("EVENT")] == [
            "msg-1",
            "msg-2",
            "msg-2",
        ]
        await client.leave()

    async def test_what_the_past_told_is_not_told_twice(self) -> None:
        service, inbox = with_inbox(Service)
        await inbox.file(2)
        client = await service.connect(INBOX, "log.0", viewer=person("1"), client_id="phone")
        assert [one.data["id"] for one in client.reader.named("EVENT")] == ["msg-1", "msg-2"]
        await client.leave()

    async def test_without_a_name_a_client_is_told_once(self) -> None:
        service, inbox = with_inbox(Service)
        await inbox.file(1)
        client = await service.connect(INBOX, viewer=person("1"))
        assert client.reader.named("EVENT") == []
        assert inbox.attempts == {}
        await client.leave()

    async def test_a_poll_tells_a_device_until_it_acknowledges(self) -> None:
        process, inbox = with_inbox(Process)
        await inbox.file(1)
        process.log.delivered = 1
        client = await PollingClient(process, person("1")).register(INBOX, client_id="phone")
        assert [one["id"] for one in client.named("EVENT")] == ["msg-1"]
        client.asked = {"client_id": "phone"}
        assert await client.poll() == []
        await inbox.file(1)
        process.hub.reached(2)
        assert [one["id"] for one in await client.poll()] == ["msg-2"]
        await inbox.ack("1", "phone", ids=["msg-2"])
        inbox.world.now += 11 * SECOND
        assert [one["id"] for one in await client.poll()] == ["msg-1"]
        assert inbox.attempts["phone", "msg-1"] == 2
        await inbox.ack("1", "phone", ids=["msg-1"])
        inbox.world.now += 100 * SECOND
        assert await client.poll() == []


class TestPositionsOfOtherDoors:
    """Section 7: a position is the same at every door."""

    async def test_a_stream_goes_on_from_an_epoch_and_an_offset(self) -> None:
        service = Service()
        await service.publish(*(publication(n) for n in range(1, 6)))
        epoch = (await service.broker.position("activity")).epoch
        client = await service.connect("activity", resume=f"activity:{epoch}:3")
        assert seqs(client) == [4, 5]
        assert all(one.data["complete"] for one in client.reader.named("CAUGHT_UP"))
        assert client.reader.last_event_id == "log.5"
        await client.leave()

    async def test_each_topic_goes_on_from_its_own_place(self) -> None:
        service = Service()
        await service.publish(
            publication(1), publication(2, "media.1"), publication(3), publication(4, "media.1")
        )
        epoch = (await service.broker.position("activity")).epoch
        resume = f"activity:{epoch}:1,media.1:{epoch}:0"
        client = await service.connect("activity,media.1,media.2", resume=resume)
        assert seqs(client) == [2, 3, 4]
        await client.leave()

    @pytest.mark.parametrize(
        ("place", "reason", "lost"),
        [("{}:1", "trimmed", (2, 5)), ("other:1", "epoch_changed", (None, 7))],
    )
    async def test_what_cannot_be_told_from_a_place_is_named(
        self, place: str, reason: str, lost: tuple[int | None, int]
    ) -> None:
        service = Service(replay_limit=2)
        await service.publish(*(publication(n) for n in range(1, 8)))
        epoch = (await service.broker.position("activity")).epoch
        client = await service.connect("activity", resume=f"activity:{place.format(epoch)}")
        (gap,) = client.reader.named("GAP")
        assert (gap.data["reason"], gap.data.get("from"), gap.data["to"]) == (reason, *lost)
        assert seqs(client) == ([6, 7] if reason == "trimmed" else [])
        assert not client.reader.named("CAUGHT_UP")[0].data["complete"]
        await client.leave()

    async def test_the_last_event_id_wins(self) -> None:
        service = Service()
        await service.publish(*(publication(n) for n in range(1, 4)))
        epoch = (await service.broker.position("activity")).epoch
        client = await service.connect("activity", "log.2", resume=f"activity:{epoch}:0")
        assert seqs(client) == [3]
        await client.leave()

    async def test_a_poll_goes_on_from_an_epoch_and_an_offset(self) -> None:
        process = Process()
        await process.publish(*(publication(n) for n in range(1, 6)))
        epoch = (await process.broker.position("activity")).epoch
        client = PollingClient(process)
        await client.register("activity", resume={"activity": Place(epoch, 3)})
        assert client.seqs == []
        await client.catch_up()
        assert client.seqs == [4, 5]

    async def test_a_poll_from_another_epoch_gets_a_gap(self) -> None:
        process = Process()
        await process.publish(*(publication(n) for n in range(1, 6)))
        client = PollingClient(process)
        await client.register("activity", resume={"activity": Place("other", 3)})
        (gap,) = client.named("GAP")
        assert (gap["reason"], gap["to"]) == ("epoch_changed", 5)
        await process.publish(publication(6))
        await client.catch_up()
        assert client.seqs == [6]

    async def test_a_poll_beyond_the_history_gets_an_exact_gap(self) -> None:
        process = Process()
        process.restart(history_size=2)
        await process.publish(*(publication(n) for n in range(1, 6)))
        epoch = (await process.broker.position("activity")).epoch
        client = PollingClient(process)
        await client.register("activity", resume={"activity": Place(epoch, 1)})
        (gap,) = client.named("GAP")
        assert (gap["from"], gap["to"], gap["missed"]) == (2, 3, 2)
        await client.catch_up()
        assert client.seqs == [4, 5]
