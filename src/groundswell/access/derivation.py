"""One secret in, a key per purpose out (HKDF-SHA256, RFC 5869)."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
MINIMUM_SECRET_BYTES = 32


def derive_key(root_secret: bytes, info: str) -> bytes:
    """The 32-byte key for one purpose. Keys of different purposes tell nothing about each other.

    Raises:
        ValueError: the root secret has fewer than 32 bytes.
    """
    if len(root_secret) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"the root secret needs at least {MINIMUM_SECRET_BYTES} bytes")
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info.encode())
    return hkdf.derive(root_secret)
