"""An event of the log as a CloudEvent: what is sent, and what the schemas describe."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.outward import outward
from groundswell.contract.times import to_rfc3339

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
SEQUENCE_DIGITS: Final = 19
"""As many as the largest sequence number has: CloudEvents wants texts that sort."""

_encode = msgspec.json.Encoder().encode


def schema_url(source: str, event_type: str) -> str:
    """Where the schema of an event is found."""
    return f"{source}/v1/events/schemas/{event_type}"


def subject_of(logged: LoggedEvent) -> str:
    """What an event is about: the first topic it is told on, or else what keeps it in order."""
    topics = logged.event.topics()
    return topics[0] if topics else logged.event.partition_key


def cloud_event(logged: LoggedEvent, source: str) -> bytes:
    """The event in CloudEvents' JSON; its data are written as they are outside.

    ``source`` is where this service is reached, without a slash at the end.
    """
    event = logged.event
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": logged.event_id,
        "source": source,
        "type": event.event_type,
        "subject": subject_of(logged),
        "time": to_rfc3339(logged.at),
        "recordedtime": to_rfc3339(logged.recorded_at),
        "sequence": f"{logged.seq:0{SEQUENCE_DIGITS}}",
        "partitionkey": event.partition_key,
        "privacy": event.privacy,
        "critical": event.critical,
        "datacontenttype": "application/json",
        "dataschema": schema_url(source, event.event_type),
        "data": outward(logged),
    }
    return _encode(envelope)
