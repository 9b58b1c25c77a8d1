"""HTTP signatures as the fediverse uses them: draft-cavage-http-signatures-12.

``Signature: keyId="…",algorithm="…",headers="(request-target) host date digest",signature="…"``
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from groundswell.contract.times import from_datetime

NEEDED: Final = frozenset({"(request-target)", "host", "date", "digest"})
"""Whatever is not signed can be changed on the way, so that all of these must be."""

_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|(\d+))\s*(?:,|$)')
_ALGORITHMS: Mapping[str, tuple[type, ...]] = {
    "": (RSAPublicKey, Ed25519PublicKey),
    "hs2019": (RSAPublicKey, Ed25519PublicKey),
    "rsa-sha256": (RSAPublicKey,),
    "ed25519": (Ed25519PublicKey,),
}
_SMALLEST_RSA = 2048


class Signed(msgspec.Struct, frozen=True):
    """What a ``Signature`` header says."""

    key_id: str
    algorithm: str
    headers: tuple[str, ...]
    signature: bytes


def parse(header: str) -> Signed:
    """The parameters.

    Raises:
        ValueError: one is missing, or it is not such a header.
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None or match[1] in found:
            raise ValueError("not a signature header")
        found[match[1]] = match[2] if match[2] is not None else match[3]
        position = match.end()
    if not {"keyId", "signature", "headers"} <= found.keys():
        raise ValueError("a parameter of the signature is missing")
    try:
        signature = base64.b64decode(found["signature"], validate=True)
    except binascii.Error as error:
        raise ValueError("the signature is not base64") from error
    names = tuple(found["headers"].lower().split())
    return Signed(found["keyId"], found.get("algorithm", "").lower(), names, signature)


def signed_text(
    method: str, target: str, headers: Mapping[str, str], names: Sequence[str]
) -> bytes:
    """What is signed: a line per name.

    Raises:
        ValueError: a header that is said to be signed was not sent.
    """
    lines = []
    for name in names:
        if name == "(request-target)":
            lines.append(f"{name}: {method.lower()} {target}")
        elif name in headers:
            lines.append(f"{name}: {headers[name].strip()}")
        else:
            raise ValueError(f"the signed header {name!r} was not sent")
    return "\n".join(lines).encode("latin-1")


def digest_fits(header: str, body: bytes) -> bool:
    """Whether the ``Digest`` header has the body's SHA-256 among what it has."""
    expected = base64.b64encode(sha256(body).digest())
    pairs = [entry.strip().partition("=") for entry in header.split(",")]
    sent = [value.encode() for name, _, value in pairs if name.lower() == "sha-256"]
    return any(hmac.compare_digest(one, expected) for one in sent)


def date_of(header: str) -> int:
    """The instant of a ``Date`` header, microseconds.

    Raises:
        ValueError: it is none.
    """
    return from_datetime(parsedate_to_datetime(header))


def is_signed_by(pem: str, signed: Signed, text: bytes) -> bool:
    """Whether the holder of a key signed a text."""
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        return False
    if not isinstance(key, _ALGORITHMS.get(signed.algorithm, ())):
        return False
    try:
        if isinstance(key, RSAPublicKey):
            if key.key_size < _SMALLEST_RSA:
                return False
            key.verify(signed.signature, text, PKCS1v15(), hashes.SHA256())
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signed.signature, text)
    except InvalidSignature:
        return False
    return True
