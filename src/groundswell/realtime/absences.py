"""What a device that was away is told of messages that are no longer kept in full."""

from __future__ import annotations

from msgspec import UNSET

from groundswell.contract.ids import event_id
from groundswell.contract.inbox import Absence, Untold
from groundswell.contract.times import to_rfc3339
from groundswell.realtime.digests import Digest, Window
from groundswell.realtime.gaps import INBOX_URL
from groundswell.realtime.messages import Gap, Message


def absence_messages(
    absence: Absence, topic: str, epoch: str, now: int, *, digests: bool = True
) -> list[Message]:
    """A GAP for what is forgotten, a DIGEST for what is kept in summary.

    Without ``digests`` what is kept in summary is named in the GAP too: the client would not
    understand the other. Both name places in the log; offsets of the topic are not known.
    """
    lost = [absence.forgotten, None if digests else absence.summed]
    told = list[Message]()
    known = [one for one in lost if one is not None]
    if known or absence.more:
        told.append(_gap(known, topic, epoch, more=absence.more))
    if digests and absence.summed is not None:
        told.append(_digest(absence.summed, topic, now))
    return told


def _gap(known: list[Untold], topic: str, epoch: str, *, more: bool) -> Gap:
    """Where nothing is known of the first that were lost, neither is their number."""
    return Gap(
        topic=topic,
        epoch=epoch,
        reason="retention",
        from_seq=UNSET if more else min(one.from_seq for one in known),
        to_seq=max((one.to_seq for one in known), default=UNSET),
        missed=UNSET if more else sum(one.count for one in known),
        fallback="refetch",
        url=INBOX_URL,
    )


def _digest(summed: Untold, topic: str, now: int) -> Digest:
    return Digest(
        topic=topic,
        id=event_id(),
        window=Window(to_rfc3339(summed.from_at), to_rfc3339(summed.to_at)),
        from_seq=summed.from_seq,
        to_seq=summed.to_seq,
        count=summed.count,
        by_type=summed.by_type,
        top=[],
        timestamp=to_rfc3339(now),
    )
