"""Changes of one person's presence as events, for everybody who hears that person's own scope.

Every process tells its own listeners, from what it sees itself: no event is stored, has a place, or
travels between processes. So nobody can find out later when somebody was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec
from msgspec import UNSET

from groundswell.contract.ids import event_id
from groundswell.contract.times import Clock, now, to_rfc3339
from groundswell.realtime.hub import Channels, Hub
from groundswell.realtime.messages import Envelope, Publication
from groundswell.realtime.presence.members import Status
from groundswell.realtime.presence.messages import PresenceDiff, PresenceState
from groundswell.realtime.presence.watching import PresenceWatch

PRESENCE_CHANGED: Final = "social.presence.changed"

Shown = Literal["online", "away", "offline"]

_json = msgspec.json.Encoder()


class PresenceChanged(msgspec.Struct, frozen=True, rename="camel"):
    """The data of the event. Who is invisible is ``offline``."""

    event_type: str
    user_id: str
    status: str
    timestamp: str


class PresenceNews:
    """Follows the scopes that are listened to here, beside ``channels`` if there are any.

    Args:
        watch: sees what changes.
        owner_of: whose scope a topic is; None for one of several people, of which states and
            differences are told, and no events.
        channels: is told of all topics too.
    """

    def __init__(
        self,
        watch: PresenceWatch,
        owner_of: Callable[[str], str | None],
        channels: Channels | None = None,
        *,
        clock: Clock = now,
    ) -> None:
        self._watch = watch
        self._owner_of = owner_of
        self._channels = channels
        self._clock = clock
        self._hub: Hub | None = None
        self._shown: dict[str, Shown | None] = {}

    def tell_by(self, hub: Hub) -> None:
        """Hand events to those who listen at ``hub``, from now on."""
        self._hub = hub

    def follow(self, topic: str) -> None:
        """A topic has its first listener."""
        if self._owner_of(topic) is not None:
            self._shown[topic] = None
            self._watch.watch(topic, self, self._look)
        if self._channels is not None:
            self._channels.follow(topic)

    def unfollow(self, topic: str) -> None:
        """A topic lost its last listener."""
        if self._shown.pop(topic, self) is not self:
            self._watch.unwatch(topic, self)
        if self._channels is not None:
            self._channels.unfollow(topic)

    async def ready(self, topics: Iterable[str]) -> None:
        """Return when whatever is published to these topics from now on comes here."""
        if self._channels is not None:
            await self._channels.ready(topics)

    def _look(self, message: PresenceDiff | PresenceState) -> None:
        owner = self._owner_of(message.topic)
        if owner is None or message.topic not in self._shown:
            return
        before = self._shown[message.topic]
        after = _status(owner, message, before)
        self._shown[message.topic] = after
        hub = self._hub
        if hub is not None and before is not None and after is not None and before != after:
            hub.deliver([self._event(message.topic, owner, after, hub.seq)])

    def _event(self, topic: str, owner: str, status: Shown, seq: int) -> Envelope:
        at = self._clock()
        data = PresenceChanged(PRESENCE_CHANGED, owner, status, to_rfc3339(at))
        return Envelope(
            Publication(
                topic=topic,
                event_type=PRESENCE_CHANGED,
                id=event_id(),
                at=at,
                data=_json.encode(data),
                seq=seq,
                # Only the newest matters to whoever is slow.
                state=True,
            )
        )


def _status(
    owner: str, message: PresenceDiff | PresenceState, before: Shown | None
) -> Shown | None:
    """How the owner of a scope is shown after a message about it."""
    if isinstance(message, PresenceState):
        if message.members is UNSET:
            return before
        shown = [one.status for one in message.members if one.user_id == owner]
        return _shown(shown[0]) if shown else "offline"
    if owner in (message.leaves or ()):
        return "offline"
    changed = [*(message.joins or ()), *(message.updates or ())]
    shown = [one.status for one in changed if one.user_id == owner]
    return _shown(shown[0]) if shown else before


def _shown(status: Status) -> Shown:
    return "offline" if status == "invisible" else status
