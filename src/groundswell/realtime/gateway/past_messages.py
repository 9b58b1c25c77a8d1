"""How the past of a topic is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from groundswell.contract.times import to_rfc3339
from groundswell.realtime.gateway.preparing import State
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.resume import Lost
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.messages import Envelope, Gap, Snapshot
from groundswell.realtime.topics import refetch_url

CHUNK: Final = 32_768
"""Bytes of events in one BATCH; what takes more is told in several."""


def gap_message(subscription: Subscription, lost: Lost) -> Gap:
    """What is lost of a topic, and where its present is read instead."""
    topic = subscription.topic
    url = None if lost.reason == "permission" else refetch_url(topic)
    state = subscription.kind.state
    return Gap(
        topic=topic,
        epoch=subscription.epoch,
        from_=UNSET if lost.first is None else lost.first,
        to=UNSET if lost.last is None else lost.last,
        reason=lost.reason,
        missed=UNSET if lost.missed is None else lost.missed,
        fallback="snapshot" if state else "refetch" if url else "none",
        url=or_unset(url),
    )


def snapshot_message(topic: str, state: State) -> Snapshot:
    """The whole state of a topic."""
    return Snapshot(
        topic=topic,
        id=state.id,
        epoch=state.epoch,
        offset=state.offset,
        state_version=state.offset,
        timestamp=to_rfc3339(state.at),
        data=msgspec.Raw(state.data),
    )


def chunks(events: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    """The events in order, cut so that a BATCH of each part has about ``CHUNK`` bytes at most."""
    chunk: list[Envelope] = []
    size = 0
    for event in events:
        if chunk and size + event.size > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(event)
        size += event.size
    if chunk:
        yield chunk
