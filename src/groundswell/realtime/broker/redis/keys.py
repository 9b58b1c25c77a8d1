"""What the keys and channels of one log are called in Redis.

All of them share one hash tag, so that one script can write to all: everything that is published
has one order, which only one place can give.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.realtime.topics import family_of


@dataclass(frozen=True, slots=True)
class Keys:
    """The names for the log ``log_id``, as seen by the process ``process``."""

    log_id: str
    process: str

    @property
    def head(self) -> str:
        """The life of the streams, the cursor of the log and the marks."""
        return f"{self._tag}:head"

    @property
    def lease(self) -> str:
        """Who publishes states."""
        return f"{self._tag}:lease"

    @property
    def commits(self) -> bytes:
        """The channel that tells, after each call, that all of it was sent."""
        return f"{self._tag}:commits".encode()

    @property
    def private(self) -> bytes:
        """The channel of this process alone."""
        return f"{self._tag}:process:{self.process}".encode()

    def record(self, life: str, topic: str) -> str:
        """Where a topic stands."""
        return f"{self._tag}:{life}:record:{topic}"

    def history(self, life: str, topic: str) -> str:
        """What was published to a topic."""
        return f"{self._tag}:{life}:history:{topic}"

    def channel(self, topic: str) -> bytes:
        """Where a topic is heard live."""
        return self._channels + topic.encode()

    def family(self, topic: str) -> bytes:
        """Where a topic is heard by those who follow the pattern it matches; empty if by none.

        Sharded channels know no patterns, so each pattern has a channel.
        """
        pattern = family_of(topic)
        return self.channel(pattern) if pattern else b""

    def topic(self, channel: bytes) -> str:
        """The topic of a channel."""
        return channel[len(self._channels) :].decode()

    @property
    def _channels(self) -> bytes:
        return f"{self._tag}:topic:".encode()

    @property
    def _tag(self) -> str:
        return f"groundswell:{{{self.log_id}}}"
