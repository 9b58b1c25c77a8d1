"""Telling a topic otherwise than event by event: filtered, in batches, as digests, as deltas."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from groundswell.contract.times import SECOND, to_rfc3339
from groundswell.realtime.batching import DIGEST_INTERVAL, NORMAL_WAIT, Pace, pace
from groundswell.realtime.deltas import delta
from groundswell.realtime.filters import Filter, Tags, compile_filter
from groundswell.realtime.gateway.frames import Flow, Options
from groundswell.realtime.gateway.topic_replies import Delta
from groundswell.realtime.messages import Envelope, Publication

FOREGROUND: Final = Flow()
JSON_PATCH: Final = "delta-jsonpatch"
DIGEST: Final = "digest"
BATCH: Final = "batch"

_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Tailoring:
    """How one client hears one topic. ``pace`` is None for at once."""

    filter: Filter | None = None
    pace: Pace | None = None
    deltas: bool = False

    def __bool__(self) -> bool:
        return self.filter is not None or self.pace is not None or self.deltas


NO_TAILORING: Final = Tailoring()


def tailoring(
    options: Options, flow: Flow, features: frozenset[str], *, state: bool, chosen: Filter | None
) -> Tailoring:
    """What the options of a subscription and the situation of its client make of a topic.

    Where nothing slows a topic down its events leave at once, as the same bytes for all: that is
    sooner than ``normal`` has to be, and cheaper than a batch for each client. Only who knows
    batches is slowed down at all, and nobody is on a topic of which only the newest state counts
    unless it is asked for.
    """
    slowed = _pace(options, flow, features) if BATCH in features else None
    wanted = options.delta == "jsonpatch" or flow.network in ("cellular", "metered")
    # A difference is no event, and has no signature.
    deltas = state and wanted and JSON_PATCH in features and not options.signed
    return Tailoring(chosen, slowed, deltas=deltas)


def chosen_filter(options: Options) -> Filter | None:
    """The filter of the options.

    Raises:
        FilterInvalid: it cannot be understood.
    """
    return None if options.filter is None else compile_filter(options.filter)


def only(key: str | None, keys: Collection[str] | None, chosen: Filter | None) -> Filter | None:
    """``chosen``, for no more than the events about tracked keys; None of those: about all."""
    if key is None or keys is None:
        return chosen
    return lambda tags: _subject(tags, key) in keys and (chosen is None or chosen(tags))


def _subject(tags: Tags, key: str) -> str:
    """What an event is about; numbers are written as in JSON."""
    return str(tags.get(key, ""))


def _pace(options: Options, flow: Flow, features: frozenset[str]) -> Pace | None:
    asked = options.mode if options.mode == "digest" and DIGEST in features else "stream"
    interval = options.digest_interval_ms
    made = pace(
        options.priority,
        mode=asked,
        digest_interval=DIGEST_INTERVAL if interval is None else interval * 1_000,
        background=flow.state == "background",
    )
    rates = [rate for rate in (options.max_rate_per_sec, flow.max_rate_per_sec) if rate]
    wait = max([made.wait, *(int(SECOND / rate) for rate in rates)])
    if wait <= NORMAL_WAIT:
        return None
    return Pace(wait, digest=made.digest and DIGEST in features, shares=made.shares)


class TagReader:
    """The tags of events: what is plain in their data, under its name there, and their own tags.

    Those who filter a topic are asked one after the other about the same event, so the last answer
    is kept.
    """

    def __init__(self) -> None:
        self._last: Publication | None = None
        self._tags: Tags = {}

    def tags(self, envelope: Envelope) -> Tags:
        """The tags of an event, among them its ``eventType``."""
        told = envelope.publication
        if told is not self._last:
            data = _decode(told.data)
            plain = {
                name: value for name, value in data.items() if isinstance(value, str | int | float)
            }
            self._tags = {**plain, **told.tags}
            self._last = told
        return self._tags


class DeltaMaker:
    """The difference of each state of a topic from the one before, computed once for all.

    Of each topic that somebody follows by deltas the newest state is kept, of at most ``most``
    topics.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._states: dict[str, tuple[Envelope, bytes | None]] = {}

    def delta(self, envelope: Envelope, base: int) -> bytes | None:
        """The DELTA that leads from the state at ``base`` to this one; None if there is none."""
        known = self._states.get(envelope.topic)
        if known is None or known[0] is not envelope:
            made = None if known is None else _delta_message(known[0], envelope)
            self._keep(envelope, made)
            known = (envelope, made)
        return known[1] if base and base + 1 == envelope.offset else None

    def _keep(self, envelope: Envelope, made: bytes | None) -> None:
        self._states.pop(envelope.topic, None)
        self._states[envelope.topic] = (envelope, made)
        while len(self._states) > self._most:
            del self._states[next(iter(self._states))]


def _delta_message(base: Envelope, new: Envelope) -> bytes | None:
    if base.epoch != new.epoch or base.offset is None or new.offset != base.offset + 1:
        return None
    patch = delta(base.publication.data, new.publication.data)
    if patch is None:
        return None
    told = new.publication
    encoded = Delta(
        topic=told.topic,
        id=told.id,
        base=base.offset,
        state_version=new.offset,
        offset=new.offset,
        timestamp=to_rfc3339(told.at),
        patch=msgspec.Raw(patch),
    ).encode()
    return encoded if len(encoded) < new.size else None
