"""One client's session as a pure state machine: messages and time in, actions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from groundswell.contract.times import HOUR, MILLISECOND, to_rfc3339
from groundswell.realtime.codes import CloseCode, Code
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.actions import Action, Close, Restore, Run, Send
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import (
    Bye,
    ClientFrame,
    Hello,
    Ping,
    Pong,
    Refresh,
    Unreadable,
    decode,
)
from groundswell.realtime.gateway.heartbeat import Heartbeat
from groundswell.realtime.gateway.lifetime import Lifetime
from groundswell.realtime.gateway.limits import Bucket, Limits, Pacing
from groundswell.realtime.gateway.refusals import error_of
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.session_replies import Pong as PongReply
from groundswell.realtime.gateway.session_replies import Refreshed, TokenExpiring

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What all sessions share."""

    limits: Limits
    pacing: Pacing
    features: frozenset[str]
    random: Random


class Session:
    """What may be said when, and what happens by itself.

    ``open`` after HELLO or, without one, the first other message. ``credentials`` are those of the
    connection's request until HELLO or REFRESH show others.
    """

    __slots__ = (
        "_bad",
        "_beat",
        "_bucket",
        "_changes",
        "_deadline",
        "_life",
        "_oversized",
        "_refused",
        "_rules",
        "client_id",
        "credentials",
        "features",
        "greeted",
        "open",
        "restore_at",
    )

    def __init__(self, rules: Rules, credentials: Credentials, now: int, *, pings: bool) -> None:
        self._rules = rules
        self._beat = Heartbeat(rules.pacing, rules.random, now, speaks=pings)
        self._life = Lifetime(credentials, now, rules.pacing)
        self._bucket = Bucket(
            rules.limits.commands_per_second, rules.limits.commands_per_second, now
        )
        self._changes: Bucket | None = None
        self._deadline: int | None = now + rules.pacing.hello
        self._bad = 0
        self._oversized = 0
        self._refused = 0
        self.credentials = credentials
        self.client_id: str | None = credentials.client_id
        self.features: frozenset[str] = frozenset()
        self.open = False
        self.greeted = False
        self.restore_at: int | None = None

    def receive(self, raw: bytes | str, now: int) -> list[Action]:
        """A frame came: what to do about it."""
        self._beat.heard(now)
        if _size(raw) > self._rules.limits.frame_bytes:
            return self._too_large()
        try:
            frame = decode(raw)
        except Unreadable as error:
            return self._unreadable(error, now)
        self._bad = 0
        return self._accepted(frame, now)

    def admit(self, hello: Hello, shown: Credentials | None) -> None:
        """Open the session with what HELLO showed.

        Raises:
            Mismatch: the token is of another user than the connection, or for another client id.
        """
        if shown is not None:
            former = self.credentials
            if former.user_id is not None and former.user_id != shown.user_id:
                raise Mismatch("The token is of another user than the connection.")
            self.credentials = shown
        bound = self.credentials.client_id
        if bound is not None and hello.client_id not in (None, bound):
            raise Mismatch("The token is for another clientId.")
        self.client_id = bound or hello.client_id
        self.features = _one_for_all(self._rules.features.intersection(hello.features))
        self._beat.answered = "ping" in self.features
        self.open = True

    def welcomed(self, now: int) -> None:
        """The session begins: its token's life counts from here."""
        self._life = Lifetime(self.credentials, now, self._rules.pacing)

    def renew(self, frame: Refresh, shown: Credentials, now: int) -> Refreshed:
        """Go on with a newer token; the answer still lacks the topics it costs.

        Raises:
            Mismatch: it is of another user, or for another client id.
        """
        former = self.credentials
        if (shown.user_id, shown.principal.kind) != (former.user_id, former.principal.kind):
            raise Mismatch("The token is of another user than the connection.")
        if shown.client_id is not None and self.client_id not in (None, shown.client_id):
            raise Mismatch("The token is for another clientId.")
        self.client_id = self.client_id or shown.client_id
        self.credentials = shown
        self._life = Lifetime(shown, now, self._rules.pacing)
        ends = shown.expires_at
        return Refreshed(
            ref=or_unset(frame.ref),
            expires_at=or_unset(None if ends is None else to_rfc3339(ends)),
        )

    def expired(self, now: int) -> bool:
        """Whether the token has ended, so that nothing private may be told."""
        return self._life.ended(now)

    def change(self, now: int) -> int:
        """Begin one more subscription: 0, or the microseconds to wait before it."""
        if self._changes is None:
            limits = self._rules.limits
            self._changes = Bucket(limits.changes_burst, limits.changes_per_second, now)
        return self._changes.take(now)

    @property
    def heard_at(self) -> int:
        """When the client last said anything."""
        return self._beat.heard_at

    def known_as(self, client_id: str) -> bool:
        """Whether a message under this client id belongs here; the first one gives it."""
        self.client_id = self.client_id or client_id
        return self.client_id == client_id

    def tick(self, now: int, spoke_at: int) -> list[Action]:
        """Time passed; ``spoke_at`` is when the client was last told anything."""
        if self._deadline is not None and now >= self._deadline:
            return [Close(CloseCode.NO_HELLO, "no message in time")]
        life = self._life.tick(now)
        if life == "over":
            return [Close(CloseCode.UNAUTHENTICATED, "the token has expired")]
        if self._beat.silent_too_long(now):
            return [Close(CloseCode.NO_PONG, "no answer to PING")]
        actions: list[Action] = []
        if life == "warn":
            actions.append(Send(self._expiring()))
        if self.restore_at is not None and now >= self.restore_at:
            self.restore_at = None
            actions.append(Restore())
        ping = self._beat.tick(now, spoke_at)
        if ping is not None:
            actions.append(Send(ping))
        return actions

    def due(self, spoke_at: int) -> int:
        """When ``tick`` has something to do, at the latest."""
        times = (self._deadline, self._life.due(), self._beat.due(spoke_at), self.restore_at)
        return min((time for time in times if time is not None), default=spoke_at + HOUR)

    def _accepted(self, frame: ClientFrame, now: int) -> list[Action]:
        if isinstance(frame, Pong):
            self._deadline = None
            return []
        wait = self._bucket.take(now)
        if wait:
            return self._too_fast(frame.ref, wait)
        self._refused = 0
        self._deadline = None
        if isinstance(frame, Ping):
            answer = PongReply(ref=or_unset(frame.ref))
            if frame.t is not None:
                answer.t = frame.t
            return [Send(answer)]
        if isinstance(frame, Bye):
            return [Run(frame)]
        if isinstance(frame, Hello) and frame.protocol != PROTOCOL:
            return [
                Send(error_of(Refused(Code.BAD_REQUEST, "Only protocol 1 is spoken."), frame.ref)),
                Close(CloseCode.UNSUPPORTED_PROTOCOL, "only protocol 1 is spoken"),
            ]
        return [Run(frame)]

    def _too_large(self) -> list[Action]:
        self._oversized += 1
        limit = self._rules.limits.frame_bytes
        told = Send(error_of(Refused(Code.TOO_LARGE, f"A message has at most {limit} bytes.")))
        if self._oversized > 1:
            return [told, Close(CloseCode.ABUSE, "messages too large")]
        return [told]

    def _too_fast(self, ref: str | None, wait: int) -> list[Action]:
        self._refused += 1
        limit = self._rules.limits.commands_per_second
        refused = Refused(Code.RATE_LIMITED, f"At most {limit} a second.", retry_after=wait)
        told = Send(error_of(refused, ref))
        if self._refused >= self._rules.limits.abuse:
            return [told, Close(CloseCode.ABUSE, "too many messages")]
        return [told]

    def _unreadable(self, error: Unreadable, now: int) -> list[Action]:
        """Bad frames are counted like others, so that they cannot come in any number."""
        wait = self._bucket.take(now)
        if wait:
            return self._too_fast(error.ref, wait)
        told = Send(error_of(error, error.ref))
        if error.code is Code.UNKNOWN_TYPE:
            return [told]
        self._bad += 1
        if self._bad >= self._rules.limits.bad_frames:
            return [told, Close(CloseCode.BAD_FRAMES, "frames that are no messages")]
        return [told]

    def _expiring(self) -> TokenExpiring:
        ends = self.credentials.expires_at or 0
        return TokenExpiring(
            expires_at=to_rfc3339(ends), grace_ms=self._rules.pacing.grace // MILLISECOND
        )


class Mismatch(Refused):
    """What was shown is somebody else's: told, and the connection ends."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.SUBJECT_MISMATCH, message)


@cache
def _one_for_all(features: frozenset[str]) -> frozenset[str]:
    """The same set for all clients with these features: there are few, and each takes memory."""
    return features


def _size(raw: bytes | str) -> int:
    """Bytes of a frame; a text is measured as UTF-8 only if it is not plain ASCII."""
    if isinstance(raw, bytes) or raw.isascii():
        return len(raw)
    return len(raw.encode("utf-8", "surrogatepass"))
