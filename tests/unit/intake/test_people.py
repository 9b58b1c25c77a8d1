"""What is kept of people's contact data."""

from __future__ import annotations

import pytest

from groundswell.access.addresses import InvalidAddress
from groundswell.access.hashing import AddressHasher
from groundswell.domains.intake.people import Pseudonyms, normalised_email

SECRET = b"s" * 32


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(SECRET, AddressHasher(SECRET))


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("Mia@Example.COM", "mia@example.com"),
        ("mia+spam@example.com", "mia@example.com"),
        ("m.i.a+x@gmail.com", "mia@gmail.com"),
        ("m.ia@googlemail.com", "mia@gmail.com"),
        ("m.i.a@example.com", "m.i.a@example.com"),
        (" mia@example.com ", "mia@example.com"),
    ],
)
def test_one_mailbox_has_one_name(written: str, mailbox: str) -> None:
    assert normalised_email(written) == mailbox


def test_equal_people_are_recognised_and_nothing_can_be_read_back(pseudonyms: Pseudonyms) -> None:
    one = pseudonyms.identity(email="M.ia@gmail.com", address="203.0.113.7", payment="card-1")
    other = pseudonyms.identity(email="mia+2@gmail.com", address="::ffff:203.0.113.7")
    assert one.email == other.email
    assert one.address == other.address
    assert one.email_domain == "gmail.com"
    assert not {"mia", "203.0.113.7", "card-1"} & {one.email, one.address, one.payment}


def test_kinds_of_data_cannot_be_joined(pseudonyms: Pseudonyms) -> None:
    found = pseudonyms.identity(payment="same", device="same")
    assert found.payment != found.device


def test_an_address_that_is_none_is_refused(pseudonyms: Pseudonyms) -> None:
    with pytest.raises(InvalidAddress):
        pseudonyms.identity(address="nowhere")
