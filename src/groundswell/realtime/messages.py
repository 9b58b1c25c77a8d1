"""What travels: publications, the EVENT made of each, and the messages about a stream itself.

An EVENT is the same bytes for every receiver of its topic, so it is encoded once; what a door wraps
around it (an SSE block, a WebSocket frame) is encoded once per event too, and only when that door
has a subscriber.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.events.base import Tag
from groundswell.contract.times import to_rfc3339

GapReason = Literal["trimmed", "epoch_changed", "slow_consumer", "permission", "retention"]
Fallback = Literal["snapshot", "history", "refetch", "none"]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

Sign = Callable[[bytes], str]
"""The detached JWS (RFC 7515, appendix F) of some bytes."""

NO_TAGS: Final[Mapping[str, Tag]] = {}

_json = msgspec.json.Encoder()


class Publication(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to one topic.

    ``data`` is a JSON object that already holds ``eventType``; ``at`` is in microseconds; ``seq``
    is the global order number of the log. One occurrence may go to several topics: then the
    publications share ``id`` and ``seq``. ``state`` marks data that replaces all before it,
    ``critical`` what is told until it is acknowledged. ``tags`` are what filters compare beside the
    data; after ``expires_at`` nobody needs it any more; ``actor`` is the user who did it, where
    everybody who may hear of it may know. ``ends``: what the topic is about is gone. ``audience``:
    the only users it is for, of those who hear the topic; None: all of them. A state has none.
    """

    topic: str
    event_type: str
    id: str
    at: int
    data: bytes
    seq: int
    state: bool = False
    critical: bool = False
    tags: Mapping[str, Tag] = NO_TAGS
    expires_at: int | None = None
    actor: str | None = None
    ends: bool = False
    audience: frozenset[str] | None = None


class Envelope:
    """A publication with its place in its topic, and its encodings, each made at most once.

    ``offset`` and ``epoch`` are None for an event read back from the log, which knows only ``seq``.
    """

    __slots__ = ("_encoded", "_event", "_signed", "epoch", "offset", "publication", "seq", "state")

    def __init__(
        self, publication: Publication, offset: int | None = None, epoch: str | None = None
    ) -> None:
        self.publication = publication
        self.offset = offset
        self.epoch = epoch
        self.seq = publication.seq
        self.state = publication.state
        self._event: bytes | None = None
        self._signed: Envelope | None = None
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

    def signed(self, sign: Sign | None) -> Envelope:
        """The same with a signature, made at most once; itself for those who want none."""
        if sign is None:
            return self
        if self._signed is None:
            self._signed = SignedEnvelope(self, sign)
        return self._signed

    def encoded(self, encode: Callable[[Envelope], bytes | None]) -> bytes | None:
        """What ``encode`` makes of this envelope; it is called for the first subscriber only."""
        try:
            return self._encoded[encode]
        except KeyError:
            return self._encoded.setdefault(encode, encode(self))


class SignedEnvelope(Envelope):
    """An envelope whose EVENT ends with ``sig``: another one for all who ask for signatures."""

    __slots__ = ("_sign",)

    def __init__(self, envelope: Envelope, sign: Sign) -> None:
        super().__init__(envelope.publication, envelope.offset, envelope.epoch)
        self._sign = sign

    @property
    def event(self) -> bytes:
        """The EVENT with its signature, made when first asked for."""
        if self._event is None:
            plain = encode_event(self.publication, self.offset)
            signature = self._sign(signed_bytes(self.publication))
            self._event = b'%b,"sig":%b}' % (plain[:-1], _json.encode(signature))
        return self._event

    def signed(self, _: Sign | None) -> Envelope:
        """It is."""
        return self


def encode_event(publication: Publication, offset: int | None) -> bytes:
    """The EVENT as JSON on one line; without ``offset`` if the topic never gave it one."""
    told = publication
    place = b"" if offset is None else b',"offset":%d' % offset
    return (
        b'{"type":"EVENT","topic":%b,"id":%b,"timestamp":"%b","data":%b,"version":1%b,"seq":%d%b}'
        % (
            _json.encode(told.topic),
            _json.encode(told.id),
            to_rfc3339(told.at).encode(),
            _on_one_line(told.data),
            place,
            told.seq,
            _extras(told),
        )
    )


def signed_bytes(publication: Publication) -> bytes:
    """What a signature is of: ``topic|id|seq|`` and the SHA-256, in hex, of the data as told."""
    told = publication
    digest = sha256(_on_one_line(told.data)).hexdigest()
    return f"{told.topic}|{told.id}|{told.seq}|{digest}".encode()


def _on_one_line(data: bytes) -> bytes:
    return msgspec.json.format(data, indent=-1) if b"\n" in data or b"\r" in data else data


def _extras(publication: Publication) -> bytes:
    """The optional fields, each only where there is something to say."""
    extras = b""
    if publication.tags:
        extras += b',"tags":%b' % _json.encode(publication.tags)
    if publication.critical:
        extras += b',"delivery":"critical"'
    if publication.expires_at is not None:
        extras += b',"expiresAt":"%b"' % to_rfc3339(publication.expires_at).encode()
    if publication.actor is not None:
        extras += b',"actor":%b' % _json.encode(publication.actor)
    return extras


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
