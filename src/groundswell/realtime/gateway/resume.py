"""From where a subscription is told: the table of a resume, as one pure function.

``E`` and ``N`` are the epoch and offset the client gives, ``S``, ``L`` and ``T`` the epoch, the
oldest kept and the newest offset of the stream.

=========================  ===========================================================
case                       answer
=========================  ===========================================================
E = S, N = T               complete, nothing to replay, even if nothing is kept
E = S, L - 1 <= N < T      complete; beyond the cap only the first part, and no live events
E = S, N < L - 1           partial: GAP from N + 1 to L - 1, then from L on
E = S, N > T               failed: the stream lost its end
E is not S                 failed: GAP, then the last events asked for
no position                none: the last events asked for
=========================  ===========================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from groundswell.realtime.broker.base import Position
from groundswell.realtime.gateway.topic_replies import RecoveryResult
from groundswell.realtime.messages import GapReason, Place


@dataclass(frozen=True, slots=True)
class Lost:
    """Offsets that will not be told; both None if only that something is lost is known."""

    reason: GapReason
    first: int | None = None
    last: int | None = None

    @property
    def missed(self) -> int | None:
        """How many, if they are all of the stream the client followed."""
        if self.reason == "epoch_changed" or self.first is None or self.last is None:
            return None
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to tell: a GAP, or a snapshot, then the events after ``after`` up to ``upto``.

    ``whole``: that reaches the newest event, so live begins. ``ahead``: the client knows more than
    the stream, which must have lost its end.
    """

    recovery: RecoveryResult
    after: int
    upto: int
    lost: Lost | None = None
    snapshot: bool = False
    whole: bool = True
    ahead: bool = False

    def without(self, last: int) -> Plan:
        """The plan when it turns out that what is up to ``last`` is kept no more."""
        first = self.after + 1
        lost = Lost("trimmed", first, last)
        if self.lost is not None:
            lost = replace(self.lost, first=self.lost.first or first, last=last)
        recovery: RecoveryResult = "failed" if self.recovery == "failed" else "partial"
        if self.recovery == "none":
            return replace(self, after=last)
        return replace(self, recovery=recovery, after=last, lost=lost)

    def failed(self) -> Plan:
        """The plan when the past cannot be read at all."""
        return replace(self, recovery="failed", whole=True)

    def withheld(self) -> Plan:
        """The plan for somebody who may not hear the past: that it is withheld."""
        if self.after == self.upto and self.lost is None:
            return self
        top = self.upto
        if self.recovery in ("none", "failed"):
            return replace(self, after=top, lost=None if self.lost is None else anew(top))
        first = self.after + 1 if self.lost is None else self.lost.first
        return replace(self, recovery="partial", after=top, lost=Lost("permission", first, top))

    def moved(self, top: int) -> Plan:
        """The plan when the stream began anew meanwhile, and its newest offset is ``top``."""
        if self.recovery == "none":
            return replace(self, after=top, upto=top)
        return replace(self, recovery="failed", after=top, upto=top, lost=anew(top))

    def starting(self, after: int) -> Plan:
        """The plan when the state is told by its event, which follows ``after``."""
        lost = self.lost
        if lost is not None and lost.reason == "epoch_changed":
            lost = anew(after)
        elif lost is not None:
            lost = replace(lost, last=after)
        return replace(self, after=after, upto=max(self.upto, after + 1), lost=lost)


def anew(start: int) -> Lost:
    """What is lost of a stream that began anew, if it is told from after ``start`` on."""
    return Lost("epoch_changed", 1, start) if start else Lost("epoch_changed")


def plan(
    resume: Place | None, stream: Position, *, state: bool, history: int, snapshot: bool, cap: int
) -> Plan:
    """What a subscriber that stands at ``resume`` is to be told of ``stream``.

    ``history`` events are told to those who have no position in this life of the stream, never
    more than ``cap``. Of a ``state`` topic the state as it stands replaces events that are lost;
    ``snapshot`` asks for it anyway.
    """
    top = stream.offset
    kept = top - stream.lowest + 1
    recent = top - min(history, cap, max(kept, 0))
    wanted = snapshot and state
    if resume is None:
        return Plan("none", top if wanted else recent, top, snapshot=wanted)
    if resume.epoch != stream.epoch or resume.offset > top:
        start = top if state else recent
        ahead = resume.epoch == stream.epoch
        return Plan("failed", start, top, anew(start), snapshot=state, ahead=ahead)
    lowest = stream.lowest
    if resume.offset < lowest - 1:
        lost = Lost("trimmed", resume.offset + 1, lowest - 1)
        if state:
            # The newest state replaces all before it, and what is lost was part of that.
            return Plan("partial", top, top, lost, snapshot=True)
        return _capped(Plan("partial", lowest - 1, top, lost), cap)
    if wanted:
        return Plan("complete", top, top, snapshot=True)
    return _capped(Plan("complete", resume.offset, top), cap)


def _capped(whole: Plan, cap: int) -> Plan:
    if whole.upto - whole.after <= cap:
        return whole
    return replace(whole, upto=whole.after + cap, whole=False)
