"""Publications and envelopes for tests, with what does not matter filled in."""

from __future__ import annotations

import msgspec

from groundswell.access.principal import Principal
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.messages import Envelope, Publication

START = 1_773_585_040_120_000
"""2026-03-15T14:30:40.120Z"""


def publication(
    seq: int,
    topic: str = "activity",
    *,
    state: bool = False,
    padding: int = 0,
    data: bytes | None = None,
) -> Publication:
    """The publication of the event at `seq`."""
    body = {"eventType": "engagement.play.recorded", "n": seq, "padding": "x" * padding}
    return Publication(
        topic=topic,
        event_type="engagement.play.recorded",
        id=f"msg-{seq}",
        at=START + seq,
        data=data or msgspec.json.encode(body),
        seq=seq,
        state=state,
    )


def activity(seq: int, title: str = "Blue in Green") -> Publication:
    """An item of the public feed."""
    data = {
        "eventType": "engagement.play.recorded",
        "type": "play",
        "mediaFileId": 7,
        "mediaTitle": title,
        "location": "Norway",
        "timestamp": "2026-03-15T14:30:40.120Z",
        "somethingElse": True,
    }
    return publication(seq, data=msgspec.json.encode(data))


def envelope(seq: int, topic: str = "activity", *, offset: int | None = None, **more: object):
    """A publication that got its place."""
    return Envelope(
        publication(seq, topic, **more),  # type: ignore[arg-type]
        seq if offset is None else offset,
        "epoch",
    )


def person(user_id: str | None = None, **more: object) -> Credentials:
    """A visitor, or a user with a sign-in of their own; ``more`` limits their token."""
    kind = "user" if user_id else "visitor"
    principal = Principal(kind, user_id, "127.0.0.1", f"s-{user_id}")  # type: ignore[arg-type]
    return Credentials(principal, **more)  # type: ignore[arg-type]
