"""What travels: publications, the EVENT made of each, and the messages about a stream itself.

An EVENT is the same bytes for every receiver of its topic, so it is encoded once; what a door wraps
around it (an SSE block, a WebSocket frame) is encoded once per event too, and only when that door
has a subscriber.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.times import to_rfc3339

GapReason = Literal["trimmed", "epoch_changed", "slow_consumer", "permission"]
Fallback = Literal["snapshot", "history", "refetch", "none"]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

_json = msgspec.json.Encoder()


class Publication(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to one topic.

    ``data`` is a JSON object that already holds ``eventType``; ``at`` is in microseconds; ``seq``
    is the global order number of the log. One occurrence may go to several topics: then the
    publications share ``id`` and ``seq``. ``state`` marks data that replaces all before it,
    ``critical`` what is told until it is acknowledged.
    """

    topic: str
    event_type: str
    id: str
    at: int
    data: bytes
    seq: int
    state: bool = False
    critical: bool = False


class Envelope:
    """A publication with its place in its topic, and its encodings, each made at most once.

    ``offset`` and ``epoch`` are None for an event read back from the log, which knows only ``seq``.
    """

    __slots__ = ("_encoded", "_event", "epoch", "offset", "publication", "seq", "state")

    def __init__(
        self, publication: Publication, offset: int | None = None, epoch: str | None = None
    ) -> None:
        self.publication = publication
        self.offset = offset
        self.epoch = epoch
        self.seq = publication.seq
        self.state = publication.state
        self._event: bytes | None = None
        self._encoded: dict[Callable[[Envelope], bytes | None], bytes | None] = {}

    @property
    def topic(self) -> str:
        """The topic published to."""
        return self.publication.topic

    @property
    def event(self) -> bytes:
        """The EVENT; most topics have no subscriber, so it is encoded when first asked for."""
        if self._event is None:
            self._event = encode_event(self.publication, self.offset)
        return self._event

    @property
    def size(self) -> int:
        """Bytes of the EVENT."""
        return len(self.event)

    def encoded(self, encode: Callable[[Envelope], bytes | None]) -> bytes | None:
        """What ``encode`` makes of this envelope; it is called for the first subscriber only."""
        try:
            return self._encoded[encode]
        except KeyError:
            return self._encoded.setdefault(encode, encode(self))


def encode_event(publication: Publication, offset: int | None) -> bytes:
    """The EVENT as JSON on one line; without ``offset`` if the topic never gave it one."""
    data = publication.data
    if b"\n" in data or b"\r" in data:
        data = msgspec.json.format(data, indent=-1)
    place = b"" if offset is None else b',"offset":%d' % offset
    mark = b',"delivery":"critical"' if publication.critical else b""
    return (
        b'{"type":"EVENT","topic":%b,"id":%b,"timestamp":"%b","data":%b,"version":1%b,"seq":%d%b}'
        % (
            _json.encode(publication.topic),
            _json.encode(publication.id),
            to_rfc3339(publication.at).encode(),
            data,
            place,
            publication.seq,
            mark,
        )
    )


class Message(msgspec.Struct, rename="camel", tag_field="type"):
    """Base of the messages about a stream; ``type`` names them on the wire."""

    def encode(self) -> bytes:
        """The message as JSON."""
        return _json.encode(self)


class Gap(Message, tag="GAP", kw_only=True):
    """Events that this subscriber will not get.

    ``from`` and ``to`` are offsets of the topic, both lost; they are absent where only the place in
    the log is known. ``fromSeq`` and ``toSeq`` bound the hole in the log's order.
    """

    topic: str
    epoch: str
    from_: int | UnsetType = msgspec.field(name="from", default=UNSET)
    to: int | UnsetType = UNSET
    reason: GapReason
    missed: int | UnsetType = UNSET
    from_seq: int | UnsetType = UNSET
    to_seq: int | UnsetType = UNSET
    fallback: Fallback = "refetch"
    url: str | UnsetType = UNSET


class Place(msgspec.Struct, frozen=True):
    """A position in the stream of one topic."""

    epoch: Annotated[str, msgspec.Meta(max_length=64)]
    offset: Offset


class CaughtUp(Message, tag="CAUGHT_UP", kw_only=True):
    """The past of a topic is over: from here it is live.

    Not ``complete`` if a GAP came before, or if there is more of the past after ``next``.
    """

    topic: str
    epoch: str
    offset: int
    seq: int | UnsetType = UNSET
    complete: bool
    next: Place | UnsetType = UNSET


class Snapshot(Message, tag="SNAPSHOT", kw_only=True):
    """The whole state of a topic as it stood at ``offset`` or later.

    ``stateVersion`` is what a DELTA may build on; where none are told it is absent, as is ``id``.
    """

    topic: str
    id: str | UnsetType = UNSET
    epoch: str
    offset: int
    state_version: int | UnsetType = UNSET
    timestamp: str
    data: msgspec.Raw
