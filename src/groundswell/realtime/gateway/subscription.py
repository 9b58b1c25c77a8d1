"""One topic as one client hears it: where it stands, and what may be told now."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from groundswell.access.principal import Principal
from groundswell.realtime.audience import NOBODY
from groundswell.realtime.batching import Mode
from groundswell.realtime.filters import Filter
from groundswell.realtime.gateway.frames import DEFAULT_OPTIONS, Options
from groundswell.realtime.gateway.tailoring import NO_TAILORING, Tailoring
from groundswell.realtime.messages import Envelope, Gap, Place, Sign
from groundswell.realtime.topics import TopicKind

NOT_PLAIN: Final = -1


class Stage(IntEnum):
    """What becomes of a live event.

    ``CATCHING_UP``: it waits until the past is told. ``LIVE``: it is told. ``PAUSED``: it stays in
    the history until the client asks for it. ``HELD``: the same until the right to it is clear.
    """

    CATCHING_UP = 0
    LIVE = 1
    PAUSED = 2
    HELD = 3


class Follows(IntEnum):
    """How an envelope follows what was told; unplaced is one without an offset.

    A broker gives none while what numbers the events is away.
    """

    NEXT = 0
    KNOWN = 1
    BEYOND = 2
    UNPLACED = 3


class Subscription:
    """The place of a client in the stream of one topic.

    ``offset`` is that of the last event that was told or passed over; ``epoch`` is empty until it
    is known. ``plain`` is the version of the rights under which a live event needs no more than
    being written, or ``NOT_PLAIN``; ``checked`` is the version last decided under.
    ``implicit``: nobody asked for it. ``tracked``: it is held as one of many keys.
    ``acked`` is what the client has acknowledged, None if it does not; ``seen`` is where the
    stream stood when it was last asked. ``snapshots``: the client understands SNAPSHOT. ``loose``:
    events without offsets were told since ``offset``, so the next one with an offset need not be
    the next in number. ``lost``: a GAP to be told when the past is. ``base``: the newest state the
    client was told. ``skipped``: events were passed over since a position was told. ``sign``: how
    events are signed; None: not. ``ends``: when the grant it is held by does; None: it does not.
    ``receiver``: who hears it.
    """

    __slots__ = (
        "acked",
        "base",
        "buffer",
        "checked",
        "ends",
        "epoch",
        "filter",
        "implicit",
        "kind",
        "loose",
        "lost",
        "offset",
        "options",
        "overflowed",
        "plain",
        "private",
        "receiver",
        "seen",
        "sign",
        "skipped",
        "snapshots",
        "stage",
        "tailoring",
        "topic",
        "tracked",
    )

    def __init__(
        self,
        topic: str,
        kind: TopicKind,
        *,
        private: bool,
        checked: int,
        options: Options = DEFAULT_OPTIONS,
        implicit: bool = False,
        tracked: bool = False,
        receiver: Principal = NOBODY,
    ) -> None:
        self.topic = topic
        self.kind = kind
        self.private = private
        self.checked = checked
        self.options = options
        self.implicit = implicit
        self.tracked = tracked
        self.receiver = receiver
        self.ends: int | None = None
        self.snapshots = False
        self.sign: Sign | None = None
        self.filter: Filter | None = None
        self.tailoring = NO_TAILORING
        self.acked: Place | None = None
        self.seen: Place | None = None
        self.base = 0
        self.skipped = False
        self.epoch = ""
        self.offset = 0
        self.stage = Stage.CATCHING_UP
        self.plain = NOT_PLAIN
        self.buffer: list[Envelope] = []
        self.overflowed = False
        self.loose = False
        self.lost: Gap | None = None

    @property
    def mode(self) -> Mode:
        """How the topic is told."""
        if self.tailoring.pace is not None and self.tailoring.pace.digest:
            return "digest"
        return "state" if self.kind.state else "stream"

    @property
    def contiguous(self) -> bool:
        """Whether every offset is told or named in a GAP."""
        return not (self.kind.state or self.kind.addressed or self.tailoring)

    @property
    def place(self) -> Place:
        """Where the client stands."""
        return Place(self.epoch, self.offset)

    @property
    def known(self) -> Place:
        """The newest place of the stream that is known here."""
        seen = self.seen
        if seen is None or (seen.epoch == self.epoch and seen.offset < self.offset):
            return self.place
        return seen

    def keep(self, envelope: Envelope, limit: int) -> None:
        """Let a live event wait; beyond ``limit`` they are read from the history later."""
        if self.overflowed:
            return
        if len(self.buffer) >= limit:
            self.overflowed = True
            self.buffer = []
        else:
            self.buffer.append(envelope)

    def has_hole(self) -> bool:
        """Whether what waits leaves out something that could be read by now."""
        expected = self.offset + 1
        for envelope in self.buffer:
            offset = envelope.offset
            if offset is None:
                continue
            if envelope.epoch != self.epoch or offset > expected:
                return True
            expected = max(expected, offset + 1)
        return False

    def catch_up(self) -> None:
        """From now on live events wait."""
        self.stage = Stage.CATCHING_UP
        self.plain = NOT_PLAIN
        self.buffer = []
        self.overflowed = False

    def stop(self, stage: Stage) -> None:
        """From now on live events stay in the history."""
        self.stage = stage
        self.plain = NOT_PLAIN
        self.buffer = []
        self.overflowed = False

    def live(self) -> list[Envelope]:
        """From now on live events are told; what waited is given back."""
        waited, self.buffer = self.buffer, []
        self.stage = Stage.LIVE
        self.approve(self.checked)
        return waited

    def approve(self, version: int) -> None:
        """The right to this topic holds under this version of the rights."""
        self.checked = version
        special = self.private or self.tailoring or self.sign is not None or self.ends is not None
        self.plain = version if self.stage is Stage.LIVE and not special else NOT_PLAIN

    def tailor(self, tailoring: Tailoring) -> None:
        """From now on the topic is told in this way."""
        self.tailoring = tailoring
        self.approve(self.checked)

    def form(self, envelope: Envelope) -> Envelope:
        """The event as this client wants it: as it is, or signed."""
        return envelope.signed(self.sign)

    def follows(self, envelope: Envelope) -> Follows:
        """Whether the envelope is the next one, was told before, or leaves a hole."""
        offset = envelope.offset
        if offset is None:
            return Follows.UNPLACED
        if envelope.epoch != self.epoch:
            return Follows.BEYOND
        if offset == self.offset + 1:
            return Follows.NEXT
        return Follows.KNOWN if offset <= self.offset else Follows.BEYOND
