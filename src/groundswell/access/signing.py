"""Signatures of our own, which anybody can verify with a public key (RFC 7515, RFC 8037)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from groundswell.access.derivation import derive_key

ALGORITHM: Final = "EdDSA"

_PURPOSE: Final = "groundswell/signing/ed25519"
_encode = msgspec.json.Encoder().encode


class PublicKey(msgspec.Struct, frozen=True):
    """An Ed25519 key as a JWK (RFC 8037): ``x`` is the key, ``kid`` its thumbprint (RFC 7638)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = ALGORITHM
    use: str = "sig"


class PublicKeys(msgspec.Struct, frozen=True):
    """A JWK Set (RFC 7517)."""

    keys: list[PublicKey]


class SigningKey:
    """The key of this installation, derived from its secret.

    Ed25519 signs the same bytes always in the same way, so every process says the same.
    """

    def __init__(self, root_secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(derive_key(root_secret, _PURPOSE))
        x = _base64url(self._key.public_key().public_bytes_raw())
        self.public = PublicKey(kid=thumbprint(x), x=x)
        self._header = _base64url(_encode({"alg": ALGORITHM, "kid": self.public.kid}))

    def sign(self, payload: bytes) -> str:
        """The detached JWS of ``payload`` (RFC 7515, appendix F): ``header..signature``."""
        signature = self._key.sign(f"{self._header}.{_base64url(payload)}".encode())
        return f"{self._header}..{_base64url(signature)}"


def thumbprint(x: str) -> str:
    """The name of the Ed25519 key ``x`` that everybody gives it (RFC 7638, RFC 8037 appendix A)."""
    return _base64url(sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%b"}' % x.encode()).digest())


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
