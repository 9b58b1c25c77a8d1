"""The topics somebody here listens to, and up to where each was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from groundswell.realtime.topics import family_of, is_pattern


@dataclass(frozen=True, slots=True)
class Place:
    """An offset in one epoch of a topic."""

    epoch: str
    offset: int


class Followed:
    """Followed topics with their places; one without a place was not heard through Redis yet.

    ``changed`` is set when a topic came or went. The topics in ``always`` never go. A pattern is
    followed like a topic, on a channel of its own; its place says nothing but that it is heard.
    """

    def __init__(self, always: frozenset[str] = frozenset()) -> None:
        self._always = always
        self._places: dict[str, Place | None] = {}
        self._waiting: dict[str, asyncio.Event] = {}
        self._new: set[str] = set()
        self._dropped: set[str] = set()
        self._patterns: set[str] = set()
        self.changed = asyncio.Event()
        for topic in always:
            self.add(topic)

    def __contains__(self, topic: str) -> bool:
        return topic in self._places

    def __len__(self) -> int:
        return len(self._places)

    @property
    def patterns(self) -> frozenset[str]:
        """The followed patterns."""
        return frozenset(self._patterns)

    def hears(self, topic: str) -> bool:
        """Whether the topic is followed, by its name or by the pattern it matches."""
        return topic in self._places or (
            bool(self._patterns) and family_of(topic) in self._patterns
        )

    def add(self, topic: str) -> None:
        """Somebody listens."""
        if topic not in self._places:
            if is_pattern(topic):
                self._patterns.add(topic)
            self._places[topic] = None
            self._waiting[topic] = asyncio.Event()
            self._new.add(topic)
            self.changed.set()

    def remove(self, topic: str) -> None:
        """Nobody listens any more."""
        if topic in self._places and topic not in self._always:
            del self._places[topic]
            self._patterns.discard(topic)
            self.release(topic)
            self._new.discard(topic)
            self._dropped.add(topic)
            self.changed.set()

    def place(self, topic: str) -> Place | None:
        """Up to where the topic was heard."""
        return self._places.get(topic)

    def put(self, topic: str, place: Place) -> None:
        """The topic was heard up to there; whoever waited for it may go on."""
        if topic in self._places:
            self._places[topic] = place
            self._new.discard(topic)
            self.release(topic)

    def names(self) -> list[str]:
        """Every followed topic."""
        return list(self._places)

    def all(self) -> list[str]:
        """Every followed topic, for a connection on which nothing was asked for yet."""
        self._dropped.clear()
        self.changed.clear()
        return list(self._places)

    def changes(self) -> tuple[list[str], list[str]]:
        """Topics to ask for and to ask for no longer, since the last time."""
        self.changed.clear()
        dropped = [topic for topic in self._dropped if topic not in self._places]
        self._dropped.clear()
        return list(self._new), dropped

    async def heard(self, topics: Iterable[str]) -> None:
        """Wait until each of the topics that are followed is heard."""
        for topic in topics:
            if waiting := self._waiting.get(topic):
                await waiting.wait()

    def release(self, topic: str) -> None:
        """Nobody shall wait for the topic any longer."""
        if waiting := self._waiting.pop(topic, None):
            waiting.set()

    def release_all(self) -> None:
        """Nobody shall wait any longer: what is heard now is not heard through Redis."""
        for topic in list(self._waiting):
            self.release(topic)
