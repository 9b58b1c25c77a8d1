"""Changes of a person's presence as events for those who hear their scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from groundswell.contract.times import SECOND, to_rfc3339
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope
from groundswell.realtime.presence.members import Device
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.news import PresenceNews
from groundswell.realtime.presence.watching import PresenceWatch
from tests.support.core import ManualClock

MINE, LOBBY = "presence.friends-ada", "presence.lobby"
PHONE, GUEST = Device("ada", "phone"), Device("bob", "phone")


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Envelope] = []

    def send(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    def take(self) -> list[dict[str, Any]]:
        heard, self.heard = self.heard, []
        return [msgspec.json.decode(one.event)["data"] for one in heard]


class Channels:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def follow(self, topic: str) -> None:
        self.calls.append(f"follow {topic}")

    def unfollow(self, topic: str) -> None:
        self.calls.append(f"unfollow {topic}")

    async def ready(self, topics: Iterable[str]) -> None:
        self.calls.append(f"ready {sorted(topics)}")


class World:
    """One process: a presence, and a hub with somebody who listens."""

    def __init__(self, channels: Channels | None = None) -> None:
        self.clock = ManualClock()
        self.presence = MemoryPresence(clock=self.clock)
        self.watch = PresenceWatch(self.presence)
        news = PresenceNews(self.watch, _owner_of, channels, clock=self.clock)
        self.hub, self.ear = Hub(news), Ear()
        news.tell_by(self.hub)

    async def statuses(self) -> list[str]:
        await self.watch.look()
        return [one["status"] for one in self.ear.take()]


def _owner_of(topic: str) -> str | None:
    return "ada" if topic == MINE else None


async def test_each_change_of_what_others_see_is_told_once() -> None:
    world = World()
    world.hub.subscribe(world.ear, [MINE])
    assert await world.statuses() == [], "nothing changed yet"
    await world.presence.enter(MINE, PHONE, "online", b"{}")
    await world.watch.look()
    told = {"eventType": "social.presence.changed", "userId": "ada", "status": "online"}
    assert world.ear.take() == [{**told, "timestamp": to_rfc3339(world.clock())}]
    await world.presence.enter(MINE, PHONE, "online", b'{"room":"red"}')
    assert await world.statuses() == [], "only what is said of oneself changed"
    await world.presence.enter(MINE, PHONE, "away", b"{}")
    assert await world.statuses() == ["away"]
    await world.presence.enter(MINE, PHONE, "invisible", b"{}")
    assert await world.statuses() == ["offline"]
    await world.presence.leave(MINE, PHONE)
    assert await world.statuses() == []
    await world.presence.enter(MINE, PHONE, "online", b"{}")
    assert await world.statuses() == ["online"]
    world.clock.advance(45 * SECOND)
    assert await world.statuses() == ["offline"], "nothing was heard of the device"


async def test_others_in_the_scope_are_no_news_of_its_owner() -> None:
    world = World()
    world.hub.subscribe(world.ear, [MINE])
    await world.watch.look()
    await world.presence.enter(MINE, GUEST, "online", b"{}")
    assert await world.statuses() == []
    await world.presence.leave(MINE, GUEST)
    assert await world.statuses() == []


async def test_a_new_watcher_of_the_scope_hides_no_change() -> None:
    world = World()
    world.hub.subscribe(world.ear, [MINE])
    await world.watch.look()
    await world.presence.enter(MINE, PHONE, "online", b"{}")
    # Whoever comes makes everybody be told the state instead of the difference.
    world.watch.watch(MINE, object(), lambda _: None)
    assert await world.statuses() == ["online"]


async def test_scopes_of_several_people_make_no_events() -> None:
    world = World()
    world.hub.subscribe(world.ear, [LOBBY])
    await world.watch.look()
    await world.presence.enter(LOBBY, PHONE, "online", b"{}")
    assert await world.statuses() == []
    assert world.watch.statistics()["watched_scopes"] == 0


async def test_it_ends_with_the_last_listener() -> None:
    world = World()
    world.hub.subscribe(world.ear, [MINE])
    await world.watch.look()
    world.hub.leave(world.ear)
    assert world.watch.statistics()["watched_scopes"] == 0
    await world.presence.enter(MINE, PHONE, "online", b"{}")
    assert await world.statuses() == []


async def test_the_other_channels_are_told_of_every_topic() -> None:
    channels = Channels()
    world = World(channels)
    world.hub.subscribe(world.ear, [MINE, "hot"])
    await world.hub.ready([MINE])
    world.hub.leave(world.ear)
    assert sorted(channels.calls) == sorted(
        [
            f"follow {MINE}",
            "follow hot",
            f"ready ['{MINE}']",
            f"unfollow {MINE}",
            "unfollow hot",
        ]
    )
