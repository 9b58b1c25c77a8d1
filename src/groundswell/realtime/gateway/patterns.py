"""Patterns: one subscription of the host application to many topics, live and nothing but live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from groundswell.contract.times import SECOND
from groundswell.realtime.audience import is_for
from groundswell.realtime.codes import CloseCode, Code
from groundswell.realtime.filters import Filter
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import DEFAULT_OPTIONS, Options
from groundswell.realtime.gateway.room import require_change, require_room
from groundswell.realtime.gateway.signing import signer
from groundswell.realtime.gateway.tailoring import chosen_filter
from groundswell.realtime.gateway.topic_replies import TopicHeld
from groundswell.realtime.messages import CaughtUp, Envelope, Gap, Sign
from groundswell.realtime.topics import TopicClass, family_of, is_pattern, kind_of, parse_pattern

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

LOOK_AGAIN: Final = 30 * SECOND
"""How often it is asked whether the key still counts."""

NO_EPOCH: Final = "*"
"""What stands for the epoch where there is no stream; no stream is ever called so."""


class Pattern:
    """One that a client holds. ``live``: it was told so."""

    __slots__ = ("filter", "live", "name", "sign")

    def __init__(self, name: str, chosen: Filter | None, sign: Sign | None) -> None:
        self.name = name
        self.filter = chosen
        self.sign = sign
        self.live = False


class Patterns:
    """The patterns of one connection. Only the host's has any."""

    __slots__ = ("_connection", "_held", "due")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: dict[str, Pattern] = {}
        self.due: int | None = connection.shared.clock() + LOOK_AGAIN

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def covers(self, topic: str) -> bool:
        """Whether the topic is heard by one of them."""
        return family_of(topic) in self._held

    def hold(self, pattern: Pattern) -> None:
        """Hear what matches; one that was held goes on in the new way."""
        held = self._held.get(pattern.name)
        pattern.live = held is not None and held.live
        self._held[pattern.name] = pattern

    def end(self, name: str) -> bool:
        """Hear what matches no longer; whether it was held."""
        return self._held.pop(name, None) is not None

    def tell(self, envelope: Envelope) -> None:
        """Tell a live event, if a pattern covers it and lets it through."""
        pattern = self._held.get(family_of(envelope.topic))
        if pattern is None or not pattern.live:
            return
        if not is_for(envelope, self._connection.session.credentials.principal):
            return
        tags = self._connection.shared.catching_up.tags
        if pattern.filter is None or pattern.filter(tags.tags(envelope)):
            # The host's own reading is no user's: what waits too long is dropped and named.
            told_as: TopicClass = "state" if kind_of(envelope.topic).state else "feed"
            self._connection.outlet.write_event(envelope.signed(pattern.sign), told_as)

    def lose(self, gap: Gap) -> None:
        """Tell that something that matches never came to this process."""
        if gap.topic in self._held:
            self._connection.hearing.write_gap(gap)

    def tick(self, now: int) -> None:
        """Ask now and then whether the key still counts: nothing else ends a connection of it."""
        if self.due is not None and now >= self.due:
            self.due = now + LOOK_AGAIN
            self._connection.later(self._look_again)

    async def _look_again(self) -> None:
        holds = self._connection.session.credentials.holds
        if holds is not None and not await holds():
            self._connection.close(CloseCode.REVOKED, "the API key was revoked")


async def begin_patterns(
    connection: Connection, names: Iterable[str], options: Options
) -> tuple[list[Pattern], dict[str, Exception]]:
    """Hold the patterns among the names, if the host asks; and why some of them are refused.

    To everybody else they are names that no topic has.
    """
    begun, refused = list[Pattern](), dict[str, Exception]()
    if connection.session.credentials.principal.kind != "host":
        return begun, refused
    for name in filter(is_pattern, names):
        try:
            pattern = _pattern(connection, name, options)
            connection.begin_pattern(pattern)
            await connection.shared.hub.ready((name,))
        except Exception as error:
            connection.end(name)
            refused[name] = error
        else:
            begun.append(pattern)
    return begun, refused


def pattern_held(connection: Connection) -> TopicHeld:
    """A pattern in SUBSCRIBED: it has no stream of its own, so no place in one."""
    return TopicHeld(
        epoch=NO_EPOCH,
        offset=0,
        lowest=1,
        seq=connection.shared.head(),
        recovery="none",
        replay=0,
        contiguous=False,
        mode="stream",
    )


def go_live(connection: Connection, patterns: Iterable[Pattern]) -> None:
    """From now on what matches is told."""
    seq = connection.shared.head()
    for pattern in patterns:
        pattern.live = True
        connection.reply(
            CaughtUp(
                topic=pattern.name, epoch=NO_EPOCH, offset=0, seq=seq, complete=True, next=UNSET
            )
        )


def _pattern(connection: Connection, name: str, options: Options) -> Pattern:
    """The pattern as it is asked for.

    Raises:
        UnknownTopic: no topic matches it.
        Refused: there are too many, they change too fast, or it is asked for what it cannot do.
    """
    parse_pattern(name)
    others = msgspec.structs.replace(
        options, filter=None, signed=False, resume={}, priority=DEFAULT_OPTIONS.priority
    )
    if name in options.resume or others != DEFAULT_OPTIONS or options.priority == "low":
        raise Refused(
            Code.UNSUPPORTED_FEATURE,
            "A pattern has no places, no past and no state: it takes 'filter' and 'signed' only.",
        )
    if connection.patterns is None or name not in connection.patterns:
        require_room(connection, {}, tracked=False)
        require_change(connection)
    return Pattern(name, chosen_filter(options), signer(connection.shared, signed=options.signed))
