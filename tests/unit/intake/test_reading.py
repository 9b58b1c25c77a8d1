"""CloudEvents become facts, or a refusal that names the field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.access.hashing import AddressHasher
from groundswell.contract.errors import Invalid, TooLarge
from groundswell.contract.events import intake as events
from groundswell.contract.times import HOUR, MINUTE, to_rfc3339
from groundswell.domains.intake.bodies import CloudEvent, CloudEvents
from groundswell.domains.intake.people import Pseudonyms
from groundswell.domains.intake.reading import Reader, placed, when
from tests.support.core import START

SECRET = b"s" * 32
READER = Reader(Pseudonyms(SECRET, AddressHasher(SECRET)))


def event(type_: str, data: dict[str, Any], **more: Any) -> CloudEvent:
    sent = {"specversion": "1.0", "id": "1", "source": "/a", "type": type_, "data": data, **more}
    return msgspec.convert(sent, CloudEvent)


def test_a_registration_carries_what_referrals_need() -> None:
    data = {
        "userId": "mia",
        "email": "mia@example.com",
        "referral": {"code": "ABC", "anonymous": True},
        "plan": "pro",
        "password": "secret",
    }
    read = READER.read(event("user.registered", data))
    assert isinstance(read, events.UserRegistered)
    assert (read.user_id, read.referral.code, read.referral.anonymous) == ("mia", "ABC", True)
    assert read.data == {"plan": "pro"}
    assert b"mia@example.com" not in msgspec.json.encode(read)
    assert (read.external_id, read.partition_key) == ("/a#1", "user.mia")


def test_amounts_become_minor_units() -> None:
    data = {"projectId": "p", "ownerId": "mia", "amount": {"amount": "12.5", "currency": "EUR"}}
    read = READER.read(event("project.created", data))
    assert isinstance(read, events.ProjectCreated)
    assert (read.amount_minor, read.currency) == (1250, "EUR")


@pytest.mark.parametrize("amount", ["1.005", "-1", "NaN", "1e300"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    data = {"projectId": "p", "ownerId": "mia", "amount": {"amount": amount, "currency": "EUR"}}
    with pytest.raises(Invalid) as refused:
        READER.read(event("project.created", data))
    assert refused.value.errors[0].field == "data.amount.amount"


def test_the_awarded_bidder_is_the_one_who_did_something() -> None:
    data = {"projectId": "p", "ownerId": "mia", "bidId": "b", "bidderId": "bob"}
    read = READER.read(event("bid.awarded", data))
    assert isinstance(read, events.BidAwarded)
    assert (read.user_id, read.owner_id) == ("bob", "mia")


def test_the_text_of_a_message_is_not_kept() -> None:
    data = {"messageId": "m", "senderId": "mia", "text": "hello", "contextType": "share"}
    read = READER.read(event("message.sent.social", data))
    assert (read.data, read.event_type) == ({}, "message.sent.social")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "data.userId"),
        ({"userId": "a.b"}, "data.userId"),
        ({"userId": "mia", "email": "mia"}, "data.email"),
        ({"userId": "mia", "ipAddress": "here"}, "data.ipAddress"),
        ({"userId": "mia", "referral": {"cod": "x"}}, "data.referral.cod"),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        READER.read(event("user.registered", data))
    assert refused.value.errors[0].field == field
    assert placed(refused.value, 3).errors[0].field == f"[3].{field}"


def test_data_has_a_largest_size() -> None:
    with pytest.raises(TooLarge):
        READER.read(event("user.registered", {"userId": "mia", "more": "x" * 33_000}))


def test_a_clock_that_is_wrong_is_not_believed() -> None:
    def at(instant: int | None) -> int:
        more = {} if instant is None else {"time": to_rfc3339(instant)}
        return when(event("user.registered", {}, **more), START)

    rounded = START // 1000 * 1000
    assert at(None) == START
    assert at(START - HOUR) == rounded - HOUR
    assert at(START + MINUTE) == rounded + MINUTE
    assert at(START + HOUR) == START


def test_extensions_are_allowed_and_other_versions_are_not() -> None:
    good = {"specversion": "1.0", "id": "1", "source": "/a", "type": "user.registered", "data": {}}
    assert msgspec.convert({**good, "traceparent": "00-1"}, CloudEvents)
    for wrong in ({"specversion": "0.3"}, {"type": "user.vanished"}, {"id": ""}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **wrong}, CloudEvents)
