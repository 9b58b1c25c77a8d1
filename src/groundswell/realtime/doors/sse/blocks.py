"""Server-sent events as bytes: the block of an event, of a message, of a heartbeat.

A client resumes after the ``id`` it saw last, so an id may only be told when everything up to it
was told. Hence each event has two blocks: one with its id, one without for when another event of
the same ``seq`` follows on another topic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.realtime.messages import Envelope, Message, Sign
from groundswell.realtime.outbox import Waiting

Encode = Callable[[Envelope], bytes | None]


@dataclass(frozen=True, slots=True)
class Form:
    """How a stream writes an envelope; an encoder answers None for what it does not tell."""

    with_id: Encode
    without_id: Encode


def event_form(log_id: str, sign: Sign | None = None) -> Form:
    """EVENTs of any topic, as ``event: EVENT``; with signatures if there is something to sign."""

    def without_id(envelope: Envelope) -> bytes:
        return b"event: EVENT\ndata: %b\n\n" % envelope.signed(sign).event

    return _form(log_id, without_id)


def activity_form(log_id: str) -> Form:
    """The public feed as ``event: activity``, told in ``{type, data}`` and nothing more."""
    return _form(log_id, _activity_block)


def _form(log_id: str, without_id: Encode) -> Form:
    prefix = b"id: %b." % log_id.encode()

    def with_id(envelope: Envelope) -> bytes | None:
        block = without_id(envelope)
        return block and b"%b%d\n%b" % (prefix, envelope.seq, block)

    return Form(with_id, without_id)


class _Told(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    media_file_id: int
    media_title: str
    location: str | None = None
    timestamp: str | None = None


class _ActivityData(_Told, kw_only=True):
    type: Literal["play", "download", "view", "upload", "comment", "vote"]


_activity_data = msgspec.json.Decoder(_ActivityData)
_json = msgspec.json.Encoder()


def _activity_block(envelope: Envelope) -> bytes | None:
    """None for what is on the topic and is not an item of the feed."""
    publication = envelope.publication
    try:
        data = _activity_data.decode(publication.data)
    except msgspec.DecodeError:
        return None
    told = _Told(
        media_file_id=data.media_file_id,
        media_title=data.media_title,
        location=data.location,
        timestamp=data.timestamp or to_rfc3339(publication.at),
    )
    return b"event: activity\ndata: %b\n\n" % _json.encode({"type": data.type, "data": told})


def message_block(message: Message, position: bytes | None = None) -> bytes:
    """A message about the stream, named by its type; ``position`` becomes its id."""
    name = str(message.__struct_config__.tag).encode()
    told = b"" if position is None else b"id: %b\n" % position
    return told + named_block(name, message.encode())


def named_block(name: bytes, data: bytes) -> bytes:
    """``data``, which is on one line, under a name and without an id."""
    return b"event: %b\ndata: %b\n\n" % (name, data)


def position_block(position: bytes) -> bytes:
    """A comment that keeps the connection alive, and moves the client's position unheard."""
    return b":\nid: %b\n\n" % position


def retry_block(milliseconds: int) -> bytes:
    """How long the client waits before it connects again."""
    return b"retry: %d\n\n" % milliseconds


def event_blocks(events: Sequence[Envelope], form: Form) -> Iterator[bytes]:
    """The blocks of ``events`` in order; only the last of each ``seq`` has an id."""
    last = len(events) - 1
    for index, event in enumerate(events):
        parted = index < last and events[index + 1].seq == event.seq
        block = event.encoded(form.without_id if parted else form.with_id)
        if block is not None:
            yield block


def waiting_blocks(waiting: Waiting, form: Form) -> Iterator[bytes]:
    """The blocks of what an outbox held. States have no id: they are not resumed but told anew."""
    for gap in waiting.gaps:
        yield message_block(gap)
    yield from event_blocks(waiting.events, form)
    for state in waiting.states:
        block = state.encoded(form.without_id)
        if block is not None:
            yield block
