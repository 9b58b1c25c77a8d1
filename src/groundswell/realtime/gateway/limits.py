"""What one connection may do, and buckets that count it."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.contract.times import MILLISECOND, SECOND


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a connection; times are in microseconds.

    Attributes:
        topics: held at once.
        frame_bytes: of one message of a client; the second that is larger ends the connection.
        commands_per_second: also the burst; each more is refused.
        abuse: refusals in a row for being too fast, after which the connection is closed.
        bad_frames: frames in a row that are no messages, after which the connection is closed.
        changes_burst: subscriptions begun at once, before the cool-down.
        changes_per_second: subscriptions begun in the long run.
        waiting_commands: accepted and not yet carried out.
        queue_bytes: what may wait for a client that does not read.
        queue_messages: how many of them.
        write_ahead: bytes handed to the transport before messages wait in the queue.
        replay_topic: events replayed on one topic before the client has to ask for more.
        replay_total: events replayed for one SUBSCRIBE.
        buffered: live events that wait while the past of their topic is told.
        keys: tracked of one topic, and topics held by tracking.
        page: events in a page of history.
        publish_batch: actions in one PUBLISH.
    """

    topics: int = 128
    frame_bytes: int = 65_536
    commands_per_second: int = 20
    abuse: int = 100
    bad_frames: int = 10
    changes_burst: int = 512
    changes_per_second: int = 50
    waiting_commands: int = 64
    queue_bytes: int = 1_048_576
    queue_messages: int = 1_000
    write_ahead: int = 65_536
    replay_topic: int = 300
    replay_total: int = 1_000
    buffered: int = 300
    keys: int = 200
    page: int = 100
    publish_batch: int = 50


@dataclass(frozen=True, slots=True)
class Pacing:
    """When what happens by itself; in microseconds.

    Attributes:
        hello: within which the first accepted message must come.
        heartbeat: silence of the server after which it says PING.
        jitter: by which part of itself the heartbeat varies.
        pong: within which a client that promised to answers.
        grace: between the end of a token and the end of its connection.
        warning: at the latest so long before its end a token is said to expire.
        restore: how long a resumed session waits for its client to name positions.
    """

    hello: int = 10 * SECOND
    heartbeat: int = 30 * SECOND
    jitter: float = 0.1
    pong: int = 10 * SECOND
    grace: int = 25 * SECOND
    warning: int = 60 * SECOND
    restore: int = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Return:
    """How clients that lost the connection come back.

    ``accept_rate`` is how many the server takes in a second: the first attempts of all of them are
    spread over as many seconds as that needs.
    """

    minimum: int = 500 * MILLISECOND
    maximum: int = 20 * SECOND
    accept_rate: int = 2_000

    def window(self, connections: int) -> int:
        """Over how many microseconds the first attempts are spread."""
        return max(SECOND, connections * SECOND // self.accept_rate)


class Bucket:
    """A token bucket: ``capacity`` at once, ``rate`` a second in the long run."""

    __slots__ = ("_at", "_capacity", "_left", "_rate")

    def __init__(self, capacity: int, rate: float, now: int) -> None:
        self._capacity = capacity
        self._rate = rate
        self._left = float(capacity)
        self._at = now

    def take(self, now: int) -> int:
        """Take one; 0, or the microseconds until one will be there."""
        passed = max(0, now - self._at)
        self._at = now
        self._left = min(self._capacity, self._left + passed * self._rate / SECOND)
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, int((1 - self._left) * SECOND / self._rate))
