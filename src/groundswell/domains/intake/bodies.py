"""What the host sends: CloudEvents 1.0 in JSON, one or several, and the data of each type."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.contract.money import Money
from groundswell.http.decoding import VISIBLE

MOST_AT_ONCE = 100

EventType = Literal[
    "user.registered",
    "user.profile.updated",
    "project.created",
    "project.completed",
    "bid.awarded",
    "message.sent.social",
]
UserId = Annotated[str, Meta(pattern=USER_ID_PATTERN)]
ThingId = Annotated[str, Meta(min_length=1, max_length=128, pattern=VISIBLE)]
Text = Annotated[str, Meta(min_length=1, max_length=255, pattern=VISIBLE)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
UserIds = Annotated[tuple[UserId, ...], Meta(max_length=500)]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent; attributes that are not named here are extensions, and allowed."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=255)]
    source: Annotated[str, Meta(min_length=1, max_length=255)]
    type: EventType
    data: dict[str, Any]
    time: Annotated[datetime, Meta(tz=True)] | None = None
    subject: Annotated[str, Meta(max_length=255)] | None = None
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Annotated[str, Meta(max_length=2048)] | None = None


CloudEvents = CloudEvent | Annotated[list[CloudEvent], Meta(min_length=1, max_length=MOST_AT_ONCE)]
"""One event, or a batch that is taken in as a whole or not at all."""


class _Data(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields we know; others are kept as they came."""


class Hints(_Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new user brought along from a referral link, as the host found it."""

    code: Annotated[str, Meta(max_length=64)] | None = None
    click_token: Annotated[str, Meta(max_length=256)] | None = None
    cookie: Annotated[str, Meta(max_length=256)] | None = None
    program_id: Annotated[str, Meta(max_length=64)] | None = None
    anonymous: bool = False


class _Person(_Data, frozen=True, kw_only=True):
    user_id: UserId
    display_name: Text | None = None
    email: Email | None = None
    ip_address: Annotated[str, Meta(max_length=64)] | None = None
    payment_instrument: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    device_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class RegisteredData(_Person, frozen=True, kw_only=True):
    """Data of `user.registered`."""

    referral: Hints | None = None


class ProfileData(_Person, frozen=True, kw_only=True):
    """Data of `user.profile.updated`."""

    connected: UserIds = ()
    disconnected: UserIds = ()


class _Project(_Data, frozen=True, kw_only=True):
    project_id: ThingId
    owner_id: UserId
    title: Text | None = None
    amount: Money | None = None


class CreatedData(_Project, frozen=True, kw_only=True):
    """Data of `project.created`."""


class CompletedData(_Project, frozen=True, kw_only=True):
    """Data of `project.completed`."""

    contractor_id: UserId | None = None


class AwardedData(_Project, frozen=True, kw_only=True):
    """Data of `bid.awarded`."""

    bid_id: ThingId
    bidder_id: UserId


class MessageData(_Data, frozen=True, kw_only=True):
    """Data of `message.sent.social`."""

    message_id: ThingId
    sender_id: UserId
    recipient_ids: UserIds = ()
    context_type: Text | None = None
    context_id: ThingId | None = None
