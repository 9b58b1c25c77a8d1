"""From a CloudEvent to the fact it reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from groundswell.access.addresses import InvalidAddress
from groundswell.contract.errors import FieldError, Invalid
from groundswell.contract.events import intake as events
from groundswell.contract.money import Money, to_minor
from groundswell.contract.times import MINUTE, from_datetime
from groundswell.domains.intake import bodies
from groundswell.domains.intake.people import Pseudonyms
from groundswell.http.decoding import field_error, invalid
from groundswell.http.payloads import checked_data

FUTURE = 5 * MINUTE
"""A time further ahead than this is a wrong clock, and replaced by that of arrival."""

_UNKEPT = frozenset({"text", "body", "message", "password", "phone"})
"""What people write, and what nobody here needs to know."""

_FIRST_YEAR, _LAST_YEAR = 1970, 2200

D = TypeVar("D", bound=msgspec.Struct)


def when(event: bodies.CloudEvent, now: int) -> int:
    """When it happened, as far as the host's clock is to be believed; microseconds.

    Raises:
        Invalid: a year outside of what can be stored.
    """
    if event.time is None:
        return now
    at = _instant(event.time)
    return at if at <= now + FUTURE else now


def _instant(moment: datetime) -> int:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Invalid.at("time", f"Must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return from_datetime(moment)


class Reader:
    """Reads CloudEvents.

    Args:
        pseudonyms: puts hashes in the place of contact data.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._readers: dict[str, Callable[[bodies.CloudEvent], events.HostEvent]] = {
            "user.registered": self._registered,
            "user.profile.updated": self._profile,
            "project.created": self._created,
            "project.completed": self._completed,
            "bid.awarded": self._awarded,
            "message.sent.social": self._message,
        }

    def read(self, event: bodies.CloudEvent) -> events.HostEvent:
        """The fact.

        Raises:
            Invalid: the data is not what this type needs; fields are named from ``data`` on.
            TooLarge: the data has too many bytes.
        """
        checked_data(event.data, ())
        return self._readers[event.type](event)

    def _registered(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.RegisteredData)
        hints = data.referral or bodies.Hints()
        return events.UserRegistered(
            **rest,
            user_id=data.user_id,
            display_name=data.display_name,
            identity=self._identity(data),
            referral=events.ReferralHints(**msgspec.structs.asdict(hints)),
        )

    def _profile(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.ProfileData)
        return events.UserProfileUpdated(
            **rest,
            user_id=data.user_id,
            display_name=data.display_name,
            identity=self._identity(data),
            connected=data.connected,
            disconnected=data.disconnected,
        )

    def _created(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.CreatedData)
        return events.ProjectCreated(
            **rest,
            **_amount(data.amount),
            user_id=data.owner_id,
            project_id=data.project_id,
            title=data.title,
        )

    def _completed(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.CompletedData)
        return events.ProjectCompleted(
            **rest,
            **_amount(data.amount),
            user_id=data.owner_id,
            project_id=data.project_id,
            contractor_id=data.contractor_id,
            title=data.title,
        )

    def _awarded(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.AwardedData)
        return events.BidAwarded(
            **rest,
            **_amount(data.amount),
            user_id=data.bidder_id,
            bid_id=data.bid_id,
            project_id=data.project_id,
            owner_id=data.owner_id,
            title=data.title,
        )

    def _message(self, event: bodies.CloudEvent) -> events.HostEvent:
        data, rest = _data(event, bodies.MessageData)
        return events.MessageSentSocial(
            **rest,
            user_id=data.sender_id,
            message_id=data.message_id,
            recipient_ids=data.recipient_ids,
            context_type=data.context_type,
            context_id=data.context_id,
        )

    def _identity(self, data: bodies.RegisteredData | bodies.ProfileData) -> events.Identity:
        try:
            return self._pseudonyms.identity(
                email=data.email,
                address=data.ip_address,
                payment=data.payment_instrument,
                device=data.device_id,
            )
        except InvalidAddress as error:
            raise Invalid.at("data.ipAddress", "Must be an IPv4 or IPv6 address") from error


def _data(event: bodies.CloudEvent, into: type[D]) -> tuple[D, dict[str, Any]]:
    """The data that is known, and what every event has: where from, and the data that is not."""
    try:
        known = msgspec.convert(event.data, into)
    except msgspec.ValidationError as error:
        raise invalid(field_error(str(error), into, "data")) from error
    fields = {field.encode_name for field in msgspec.structs.fields(into)} | _UNKEPT
    rest = {name: value for name, value in event.data.items() if name not in fields}
    return known, {"source": event.source, "source_id": event.id, "data": rest}


def _amount(money: Money | None) -> dict[str, Any]:
    if money is None:
        return {}
    return {"amount_minor": to_minor(money, "data.amount.amount"), "currency": money.currency}


def placed(error: Invalid, place: int) -> Invalid:
    """The error as one of the element at ``place`` of a batch."""
    errors = tuple(FieldError(f"[{place}].{one.field}", one.message) for one in error.errors)
    return Invalid(f"[{place}].{error}", errors)
