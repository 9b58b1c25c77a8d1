"""Publications as they are kept in and sent through Redis."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.base import Tag
from groundswell.realtime.messages import Envelope, Publication


class _Payload(msgspec.Struct, array_like=True):
    """A publication without its topic. What an older process wrote ends sooner."""

    event_type: str
    id: str
    at: int
    seq: int
    state: bool
    data: bytes
    critical: bool = False
    tags: dict[str, Tag] = {}
    expires_at: int | None = None
    actor: str | None = None
    ends: bool = False
    audience: list[str] | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Payload).decode


def payload_of(publication: Publication) -> bytes:
    """Everything of a publication but its topic, which the key or the channel names."""
    p = publication
    return _encode(
        _Payload(
            p.event_type,
            p.id,
            p.at,
            p.seq,
            p.state,
            p.data,
            p.critical,
            dict(p.tags),
            p.expires_at,
            p.actor,
            p.ends,
            None if p.audience is None else sorted(p.audience),
        )
    )


def envelope_of(topic: str, offset: int, epoch: str, payload: bytes) -> Envelope:
    """The publication that ``payload`` holds, in its place."""
    p = _decode(payload)
    publication = Publication(
        topic,
        p.event_type,
        p.id,
        p.at,
        p.data,
        p.seq,
        p.state,
        p.critical,
        p.tags,
        p.expires_at,
        p.actor,
        p.ends,
        None if p.audience is None else frozenset(p.audience),
    )
    return Envelope(publication, offset, epoch)


def renewed_epoch(message: bytes) -> str | None:
    """The epoch that a live message begins; None if it carries an event."""
    offset, epoch, _ = message.split(b":", 2)
    return epoch.decode() if offset == b"0" else None


def live_envelope(topic: str, message: bytes) -> Envelope:
    """The envelope of a live message: offset, epoch and payload, parted by colons."""
    offset, epoch, payload = message.split(b":", 2)
    return envelope_of(topic, int(offset), epoch.decode(), payload)
