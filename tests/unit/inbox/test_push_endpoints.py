"""Only addresses of the public internet are pushed to, and only with keys that can be used."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from groundswell.contract.errors import Invalid
from groundswell.domains.inbox.push.client import PublicAddresses
from groundswell.domains.inbox.push.endpoints import is_public, valid_endpoint, valid_keys


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


POINT = _text(
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
AUTH = _text(b"0123456789abcdef")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com:443/QGuQy?x=1",
    ],
)
def test_push_services_are_accepted(endpoint: str) -> None:
    assert valid_endpoint(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "push",
        "http://push.example.com/x",
        "ftp://push.example.com/x",
        "https://",
        "https:///x",
        "https://user:secret@push.example.com/",
        "https://push.example.com/#x",
        "https://push.example.com:99999/",
        "https://push.exämple.com/",
        "https://push.example.com/a b",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[fe80::1]/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://[::1",
    ],
)
def test_anything_else_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid):
        valid_endpoint(endpoint)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


async def test_names_that_lead_inside_are_not_followed() -> None:
    resolver = PublicAddresses()
    with pytest.raises(OSError, match="not on the public internet"):
        await resolver.resolve("localhost", 443)
    await resolver.close()


def test_keys_that_can_be_used() -> None:
    valid_keys(POINT, AUTH)
    valid_keys(POINT + "=", AUTH + "==")


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("", AUTH, "keys.p256dh"),
        ("ä", AUTH, "keys.p256dh"),
        (_text(b"\x04" + b"1" * 64), AUTH, "keys.p256dh"),
        (POINT[:-4], AUTH, "keys.p256dh"),
        (POINT, "", "keys.auth"),
        (POINT, _text(b"short"), "keys.auth"),
        (POINT, "!!!", "keys.auth"),
        (POINT, "ä", "keys.auth"),
    ],
    # Not the keys themselves, of which each process has others.
    ids=[
        *("no key", "no letters", "no point", "short point"),
        *("no secret", "short secret", "no base64", "no ascii"),
    ],
)
def test_keys_that_cannot(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        valid_keys(p256dh, auth)
    assert refused.value.errors[0].field == field
