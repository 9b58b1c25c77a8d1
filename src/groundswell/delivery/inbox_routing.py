"""What the topic of an inbox tells: messages under their own type, and changes of their state."""

from __future__ import annotations

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import inbox as events
from groundswell.contract.inbox import InboxMessage, inbox_topic
from groundswell.contract.times import to_rfc3339
from groundswell.realtime.inbox_events import message_publication
from groundswell.realtime.messages import Publication

_encode = msgspec.json.Encoder().encode


def inbox_publications(logged: LoggedEvent, event: events.InboxEvent) -> list[Publication]:
    """What is to be published of an event of an inbox."""
    match event:
        case events.MessageFiled(data=dict()):
            return [message_publication(_message(logged, event))]
        case events.ReadStateChanged():
            return [_read_state(logged, event)]
        case _:
            return []  # the text of an old message is gone


def trace(logged: LoggedEvent) -> Publication | None:
    """What is left of a message whose text is gone: when it came, and of which type it was."""
    event = logged.event
    if not isinstance(event, events.MessageFiled) or event.data is not None:
        return None
    return message_publication(_message(logged, event))


def _message(logged: LoggedEvent, event: events.MessageFiled) -> InboxMessage:
    return InboxMessage(
        id=event.message_id,
        user_id=event.user_id,
        seq=event.inbox_seq,
        log_seq=logged.seq,
        event_type=event.message_type,
        data=event.data or {},
        at=logged.at,
        delivery=event.delivery,
        policy=event.policy,
        expires_at=event.expires_at,
    )


def _read_state(logged: LoggedEvent, event: events.ReadStateChanged) -> Publication:
    data = {
        "eventType": event.event_type,
        "entries": event.entries,
        "unread": event.unread,
        "vv": event.vv,
        "timestamp": to_rfc3339(logged.at),
    }
    return Publication(
        inbox_topic(event.user_id),
        event.event_type,
        logged.event_id,
        logged.at,
        _encode(data),
        logged.seq,
        tags=event.tags(),
        actor=event.actor,
    )
