"""What the host sends about webhooks."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.errors import Invalid
from groundswell.contract.events.base import Privacy
from groundswell.contract.times import from_rfc3339
from groundswell.domains.webhooks.targets import LONGEST

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
Description = Annotated[str, msgspec.Meta(max_length=200)]
Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Patterns = Annotated[tuple[Pattern, ...], msgspec.Meta(min_length=1, max_length=64)]
EventIdText = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Instant = Annotated[str, msgspec.Meta(max_length=40)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What all bodies have in common."""


class NewEndpoint(_Body, frozen=True, kw_only=True):
    """Where to send which events: types by name, `family.*`, or `*` for all.

    `privacy` is the most private class of events that may be sent there.
    """

    url: Url
    events: Patterns = ("*",)
    privacy: Privacy = "internal"
    description: Description | None = None


class EndpointChanges(_Body, frozen=True, kw_only=True):
    """What is not given stays."""

    url: Url | UnsetType = UNSET
    events: Patterns | UnsetType = UNSET
    privacy: Privacy | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class Rotation(_Body, frozen=True, kw_only=True):
    """For how many seconds webhooks are signed with the old secret, too."""

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=7 * 24 * 3600)] = 24 * 3600


class Replay(_Body, frozen=True, kw_only=True):
    """Which events to send again: some by id, or those stored in a time.

    Of a time it is the failures alone, unless `all` asks for all events that the endpoint wants.
    """

    event_ids: Annotated[tuple[EventIdText, ...], msgspec.Meta(min_length=1, max_length=100)] | (
        UnsetType
    ) = UNSET
    start: Instant | UnsetType = msgspec.field(default=UNSET, name="from")
    end: Instant | UnsetType = msgspec.field(default=UNSET, name="to")
    all: bool = False
    from_seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0


def instant(field: str, text: str) -> int:
    """The instant of a text, in microseconds.

    Raises:
        Invalid: it is no time.
    """
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise Invalid.at(field, "Must be a time as in RFC 3339") from error
