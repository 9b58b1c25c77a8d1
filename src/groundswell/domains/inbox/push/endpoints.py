"""Which push endpoints are accepted.

The address comes from a browser, that is, from anybody, and this service will call it. So it must
be https, and lead to the public internet: not to this machine or the network it stands in.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from groundswell.contract.errors import Invalid

LONGEST = 2048
_AUTH_BYTES = 16


def is_public(address: str) -> bool:
    """Whether an IP address may be called."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not ip.is_multicast


def valid_endpoint(endpoint: str, *, anywhere: bool = False) -> str:
    """The address itself. ``anywhere`` also allows plain http and private networks.

    Raises:
        Invalid: it is none that may be called.
    """
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid.at("endpoint", "Must be an address") from error
    schemes = ("https", "http") if anywhere else ("https",)
    if not host or parts.scheme not in schemes or not endpoint.isascii() or " " in endpoint:
        raise Invalid.at("endpoint", "Must be an https address")
    if parts.username or parts.password or parts.fragment:
        raise Invalid.at("endpoint", "Must have no credentials and no fragment")
    if not anywhere and _is_literal(host) and not is_public(host):
        raise Invalid.at("endpoint", "Must lead to the public internet")
    return endpoint


def valid_keys(p256dh: str, auth: str) -> None:
    """Check the keys of a subscription.

    Raises:
        Invalid: they are not what messages can be encrypted for (RFC 8291).
    """
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(p256dh))
    except (ValueError, binascii.Error) as error:
        raise Invalid.at("keys.p256dh", "Must be a point of the curve P-256") from error
    try:
        secret = _bytes(auth)
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) != _AUTH_BYTES:
        raise Invalid.at("keys.auth", "Must be 16 bytes")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bytes(text: str) -> bytes:
    """Base64url with or without padding."""
    padded = text.rstrip("=").encode("ascii")
    return base64.b64decode(padded + b"=" * (-len(padded) % 4), altchars=b"-_", validate=True)
