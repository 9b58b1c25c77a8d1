"""A message of an inbox as the publication that tells it: the same live and when told again."""

from __future__ import annotations

import msgspec

from groundswell.contract.inbox import InboxMessage
from groundswell.contract.times import to_rfc3339
from groundswell.realtime.messages import Publication

_encode = msgspec.json.Encoder().encode


def message_publication(message: InboxMessage) -> Publication:
    """The message under its own type, with ``inboxSeq``, up to which a device may acknowledge."""
    data = {
        **message.data,
        "eventType": message.event_type,
        "inboxSeq": message.seq,
        "timestamp": to_rfc3339(message.at),
    }
    return Publication(
        message.topic,
        message.event_type,
        message.id,
        message.at,
        _encode(data),
        message.log_seq,
        critical=message.delivery == "critical",
        expires_at=message.expires_at,
    )
