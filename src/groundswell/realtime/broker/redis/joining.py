"""Coming back to Redis: what it must be told first, and what was missed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from groundswell.realtime.broker.redis.followed import Followed, Place
from groundswell.realtime.broker.redis.source import PORTION, Source, end_of_hole
from groundswell.realtime.broker.redis.streams import Head, Renumbered, Streams
from groundswell.realtime.messages import Envelope
from groundswell.realtime.topics import family_of, is_pattern

_STATES_AMONG = 20
"""The newest state of a topic that has events too is looked for among so many of its newest."""

_log = structlog.get_logger(__name__)


async def open_life(streams: Streams, source: Source, delivered: int, last: Head | None) -> Head:
    """The present life of the streams.

    A new one begins where Redis is empty, where it has lost its end (``last`` is what this process
    saw it hold), and where the log has lost its own, so that its next events get numbers in the log
    that were given before.
    """
    head = await streams.open(delivered)
    newest = await source.newest()
    if head.seq > newest:
        _log.error("the log lost its end: streams begin anew", published=head.seq, log=newest)
    elif last is not None and last.life == head.life and head.seq < last.seq:
        _log.error("redis lost its end: streams begin anew", published=last.seq, kept=head.seq)
    else:
        return head
    return await streams.open(min(delivered, newest), condemned=head.life)


async def put_in_the_log(streams: Streams, source: Source, head: Head) -> Head:
    """Publish what the log holds beyond the cursor, unless that is further back than it reaches.

    Raises:
        GroundswellError: the log cannot be read now.
    """
    place = head.seq
    while True:
        past = await source.publications(place, PORTION)
        if not past.complete:
            head = await streams.open(past.top_seq, condemned=head.life)
        elif past.publications:
            await streams.publish(head, past.publications, "")
        if past.top_seq <= place:
            return head
        place = past.top_seq


@dataclass(slots=True)
class Missed:
    """What listeners have not heard, in order of ``seq``; ``moved`` topics lack some offsets."""

    envelopes: list[Envelope] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    lost: tuple[int, int] | None = None
    behind: list[str] = field(default_factory=list)


class Absence:
    """Finds out what was missed between the places of ``followed`` and those of today.

    Events up to ``delivered`` were told from the log; they are not told again.
    """

    def __init__(
        self, streams: Streams, source: Source, life: str, followed: Followed, delivered: int
    ) -> None:
        self._streams = streams
        self._source = source
        self._life = life
        self._followed = followed
        self._delivered = delivered

    async def missed(self, places: Mapping[str, Place], until: int) -> Missed:
        """What to tell so that all is told up to ``places`` and the place ``until`` in the log.

        Raises:
            Renumbered: Redis forgot where one of the topics stood.
        """
        found = Missed()
        for topic, place in places.items():
            if is_pattern(topic):
                found.behind.append(topic)
            elif not await self._from_redis(topic, place, found):
                found.behind.append(topic)
                found.moved.append(topic)
                found.envelopes += await self._newest_state(topic)
        if found.behind:
            await self._from_log(found, frozenset(places), until)
        found.envelopes.sort(key=lambda envelope: envelope.seq)
        return found

    async def _from_redis(self, topic: str, place: Place, found: Missed) -> bool:
        """Whether the history in Redis reaches back to where the topic was last heard."""
        last = self._followed.place(topic)
        if last is None or last.epoch != place.epoch:
            return False
        if last.offset > place.offset:
            raise Renumbered(topic)
        if last.offset == place.offset:
            return True
        wanted = place.offset - last.offset
        stretch = await self._streams.read(self._life, topic, "offset", last.offset, wanted)
        if stretch.epoch != place.epoch or stretch.lowest > last.offset + 1:
            return False
        fresh = [one for one in stretch.envelopes if one.state or one.seq > self._delivered]
        if len(fresh) < len(stretch.envelopes):
            found.moved.append(topic)
        found.envelopes += fresh
        return True

    async def _newest_state(self, topic: str) -> list[Envelope]:
        stretch = await self._streams.read(self._life, topic, "newest", 0, _STATES_AMONG)
        return [one for one in stretch.envelopes if one.state][-1:]

    async def _from_log(self, found: Missed, followed: frozenset[str], until: int) -> None:
        behind, place = frozenset(found.behind), self._delivered

        def is_missed(topic: str) -> bool:
            return topic in behind or (topic not in followed and family_of(topic) in behind)

        while place < until:
            past = await self._source.publications(place, PORTION)
            if not past.complete:
                found.lost = (place + 1, end_of_hole(past))
            found.envelopes += [
                Envelope(one)
                for one in past.publications
                if is_missed(one.topic) and one.seq <= until
            ]
            if past.top_seq <= place:
                break
            place = past.top_seq
