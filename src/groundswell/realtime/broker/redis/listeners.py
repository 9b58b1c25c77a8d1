"""Those who hear in this process, and how far in the log they were told everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET

from groundswell.realtime.broker.base import Receiver
from groundswell.realtime.broker.redis.followed import Followed
from groundswell.realtime.broker.redis.source import PORTION, Source, end_of_hole
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Gap, Publication
from groundswell.realtime.topics import is_pattern, is_state, refetch_url


class Listeners:
    """The receivers of this process.

    ``delivered`` is the place in the log up to which everything on followed topics was handed on.
    """

    def __init__(self, followed: Followed, delivered: int) -> None:
        self._followed = followed
        self._receivers: list[Receiver] = []
        self._hubs: list[Hub] = []
        self._heralds: list[Callable[[], None]] = []
        self.delivered = delivered
        self.alone = 0

    def attach(self, receiver: Receiver) -> None:
        """Hand everything to ``receiver`` too."""
        self._receivers.append(receiver)

    def serve(self, hub: Hub) -> None:
        """Deliver to ``hub``, and tell it where delivery stands."""
        self.attach(hub.deliver)
        self._hubs.append(hub)
        hub.reached(self.delivered)

    def on_others(self, herald: Callable[[], None]) -> None:
        """Call ``herald`` when another process has published; it must return at once."""
        self._heralds.append(herald)

    def others_published(self) -> None:
        """Another process has published."""
        for herald in self._heralds:
            herald()

    def hand(self, envelopes: Sequence[Envelope]) -> None:
        """Hand on what belongs together."""
        if envelopes:
            for receiver in self._receivers:
                receiver(envelopes)

    def reached(self, seq: int) -> None:
        """Everything up to ``seq`` was handed on."""
        self.delivered = max(self.delivered, seq)
        for hub in self._hubs:
            hub.reached(seq)

    def moved(self, topic: str, epoch: str, offset: int) -> None:
        """Everything of a topic was handed on up to there, not all of it with offsets."""
        for hub in self._hubs:
            hub.move(topic, epoch, offset)

    def lost(self, topics: Sequence[str], from_seq: int, to_seq: int) -> None:
        """Name what neither Redis nor the log can tell any more."""
        for topic in topics:
            if is_pattern(topic) or not is_state(topic):
                gap = self._gap(topic, from_seq, to_seq)
                for hub in self._hubs:
                    hub.lose(gap)

    async def tell_from_log(self, source: Source) -> None:
        """Hand on what the log holds beyond ``delivered``, without offsets.

        Raises:
            GroundswellError: the log cannot be read now.
        """
        while True:
            past = await source.publications(self.delivered, PORTION)
            topics = self._followed.names()
            if not past.complete:
                self.lost(topics, self.delivered + 1, end_of_hole(past))
            told = [Envelope(one) for one in past.publications if self._followed.hears(one.topic)]
            self.alone += len(told)
            self.hand(told)
            if past.top_seq <= self.delivered:
                return
            self.reached(past.top_seq)

    def tell_states(self, publications: Sequence[Publication]) -> None:
        """Hand on states, which are in no log, without offsets."""
        hears = self._followed.hears
        told = [Envelope(one) for one in publications if one.state and hears(one.topic)]
        self.alone += len(told)
        self.hand(told)

    def _gap(self, topic: str, from_seq: int, to_seq: int) -> Gap:
        place, url = self._followed.place(topic), refetch_url(topic)
        return Gap(
            topic=topic,
            epoch=place.epoch if place else "",
            reason="trimmed",
            from_seq=from_seq,
            to_seq=to_seq,
            fallback="refetch" if url else "none",
            url=url or UNSET,
        )
