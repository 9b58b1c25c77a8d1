"""Where publications meet listeners, and listeners each other: broker, hub, presence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundswell.app.core import Core
from groundswell.delivery.replay import LogReplay
from groundswell.delivery.retracted import PresentPast
from groundswell.domains.engagement.lists import LIVE_LISTS
from groundswell.domains.network.presence import owner_of
from groundswell.realtime.access import Check, TopicAccess
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.hub import Channels, Hub
from groundswell.realtime.presence.base import Presence
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.news import PresenceNews
from groundswell.realtime.presence.watching import PresenceWatch
from groundswell.realtime.topics import subject_of

if TYPE_CHECKING:
    from groundswell.realtime.broker.redis.broker import RedisBroker
    from groundswell.realtime.presence.redis import RedisPresence

OPEN_SCOPE = "public-"
"""Who is present in a scope of such a name may be seen by everybody."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What several processes share through Redis."""

    broker: RedisBroker
    presence: RedisPresence

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(self.broker.close(), self.presence.close())


@dataclass(frozen=True, slots=True)
class Exchange:
    """How publications reach listeners; ``shared`` if that is not within one process."""

    broker: Broker
    hub: Hub
    replay: LogReplay
    rules: TopicAccess
    presence: Presence
    watch: PresenceWatch
    shared: Shared | None = None

    @property
    def told(self) -> Broker:
        """The broker for those who tell of its past: what was taken back is not in it."""
        return PresentPast(self.broker)

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs in the background."""
        return [self.watch.run(), *([self.shared.broker.run()] if self.shared else [])]

    async def is_heard(self, topic: str) -> bool:
        """Whether anybody listens to the topic, at any process."""
        if self.shared is None:
            return self.hub.is_heard(topic)
        return await self.shared.broker.is_heard(topic)

    async def close(self) -> None:
        """Give connections back."""
        if self.shared:
            await self.shared.close()


async def exchange_of(core: Core, members: Check, presence: Check) -> Exchange:
    """Within this process, or among all that share a Redis; nothing runs yet."""
    if core.settings.redis_url:
        return await _shared(core, _rules(members, presence))
    head, log_id = await core.log.head(), await core.log.log_id()
    broker, present = MemoryBroker(after_seq=head), MemoryPresence()
    watch = PresenceWatch(present)
    hub = _hub(watch)
    hub.reached(head)
    broker.attach(hub.deliver)
    replay = LogReplay(core.log, log_id, lambda: hub.seq)
    rules = _rules(members, presence)
    return Exchange(broker, hub, replay, rules, present, watch)


async def _shared(core: Core, rules: TopicAccess) -> Exchange:
    # Both need the optional Redis client.
    from groundswell.realtime.broker.redis.broker import RedisBroker  # noqa: PLC0415
    from groundswell.realtime.presence.redis import RedisPresence  # noqa: PLC0415

    url, log_id = core.settings.redis_url, await core.log.log_id()
    replay = LogReplay(core.log, log_id, lambda: hub.seq)
    broker = RedisBroker(
        url,
        log_id=log_id,
        source=replay,
        delivered=await core.log.head(),
        always=frozenset(LIVE_LISTS),
    )
    presence = RedisPresence(url, namespace=log_id)
    watch = PresenceWatch(presence)
    hub = _hub(watch, broker)
    broker.serve(hub)
    shared = Shared(broker, presence)
    return Exchange(broker, hub, replay, rules, presence, watch, shared)


def _hub(watch: PresenceWatch, channels: Channels | None = None) -> Hub:
    """A hub whose listeners hear of presence as well."""
    news = PresenceNews(watch, lambda topic: owner_of(subject_of(topic)), channels)
    hub = Hub(news)
    news.tell_by(hub)
    return hub


def _rules(members: Check, presence: Check) -> TopicAccess:
    """``members`` of programs hear them; presence is open, for whom a slice permits it, or for
    whom a token names its scope."""

    async def may_watch(scope: str, user_id: str | None) -> bool:
        return scope.startswith(OPEN_SCOPE) or await presence(scope, user_id)

    return TopicAccess(members=members, presence=may_watch)
