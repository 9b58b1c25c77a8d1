"""Publications as they are kept in and sent through Redis."""

from __future__ import annotations

import msgspec

from groundswell.realtime.messages import Envelope, Publication

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str, int, int, bool, bytes, bool]).decode


def payload_of(publication: Publication) -> bytes:
    """Everything of a publication but its topic, which the key or the channel names."""
    p = publication
    return _encode((p.event_type, p.id, p.at, p.seq, p.state, p.data, p.critical))


def envelope_of(topic: str, offset: int, epoch: str, payload: bytes) -> Envelope:
    """The publication that ``payload`` holds, in its place."""
    event_type, event_id, at, seq, state, data, critical = _decode(payload)
    publication = Publication(topic, event_type, event_id, at, data, seq, state, critical)
    return Envelope(publication, offset, epoch)


def live_envelope(topic: str, message: bytes) -> Envelope:
    """The envelope of a live message: offset, epoch and payload, parted by colons."""
    offset, epoch, payload = message.split(b":", 2)
    return envelope_of(topic, int(offset), epoch.decode(), payload)
