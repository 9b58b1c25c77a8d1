"""What a connection has of its former session: topics, and up to where they had been told."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from groundswell.realtime.gateway.resume_tokens import FormerTopic
from groundswell.realtime.messages import Place

MOST_SESSIONS: Final = 10_000
_NOTHING: Final[Mapping[str, Place]] = MappingProxyType({})


class Former:
    """The topics of a resume token.

    ``policy`` names the rights they were allowed under: as long as nothing has changed, nobody
    needs to be asked. ``acknowledged`` are places that the client acknowledged after the token was
    made.
    """

    def __init__(
        self,
        topics: Iterable[FormerTopic] = (),
        policy: str = "",
        acknowledged: Mapping[str, Place] = _NOTHING,
    ) -> None:
        self._topics = {one.name: one for one in topics}
        self._policy = policy
        self._acknowledged = acknowledged
        self._waiting = tuple(self._topics)

    @property
    def waits(self) -> bool:
        """Whether topics are still to be begun."""
        return bool(self._waiting)

    def take(self) -> tuple[str, ...]:
        """The topics still to be begun; they are given once."""
        waiting, self._waiting = self._waiting, ()
        return waiting

    def granted(self, topic: str, policy: str) -> bool:
        """Whether the former session held the topic under the very same rights."""
        return self._policy == policy and topic in self._topics

    def attested(self, topic: str) -> Place | None:
        """A place that the topic's stream certainly had, for the token is ours."""
        known = self._topics.get(topic)
        return Place(known.epoch, known.offset) if known is not None and known.epoch else None

    def acknowledged(self, topic: str) -> Place | None:
        """Up to where the client has acknowledged the topic."""
        known = self._topics.get(topic)
        if known is None:
            return None
        later = self._acknowledged.get(topic)
        if later is not None:
            return later
        return None if known.acked is None else Place(*known.acked)


NO_FORMER: Final = Former()


class Acknowledgements:
    """What clients have acknowledged lately, by session: newer than their tokens know.

    Of at most ``most`` sessions; of one that was forgotten, or that comes back to another process,
    the token tells, and the client gets some events again.
    """

    def __init__(self, most: int = MOST_SESSIONS) -> None:
        self._most = most
        self._places: OrderedDict[str, dict[str, Place]] = OrderedDict()

    def note(self, session_id: str, topic: str, place: Place) -> None:
        """A client has everything up to there."""
        self._places.setdefault(session_id, {})[topic] = place
        self._places.move_to_end(session_id)
        while len(self._places) > self._most:
            self._places.popitem(last=False)

    def of(self, session_id: str) -> Mapping[str, Place]:
        """What the client of a session has acknowledged."""
        return self._places.get(session_id, _NOTHING)
