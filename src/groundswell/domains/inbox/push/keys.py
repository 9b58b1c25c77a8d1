"""The key by which push services know this service (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]

from groundswell.access.derivation import derive_key
from groundswell.contract.times import HOUR, SECOND

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256's group: private keys are the numbers from 1 to one below it."""

_LIFE = 12 * HOUR
"""Push services refuse tokens that live for more than a day."""


class VapidKey:
    """Signs what goes to push services.

    The key derives from the root secret, so all processes share it and nothing is to be stored.
    Browsers bind their subscriptions to it: with another secret they must subscribe again.

    Args:
        root_secret: at least 32 bytes.
        contact: a ``mailto:`` or ``https:`` address for the operators of push services.
    """

    def __init__(self, root_secret: bytes, contact: str) -> None:
        derived = int.from_bytes(derive_key(root_secret, "groundswell/vapid"))
        key = ec.derive_private_key(derived % (_ORDER - 1) + 1, ec.SECP256R1())
        self._vapid = Vapid02(private_key=key)
        self._contact = contact
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, endpoint: str, now: int) -> str:
        """The Authorization header for a push to ``endpoint`` at ``now`` (microseconds)."""
        parts = urlsplit(endpoint)
        claims = {
            "sub": self._contact,
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": (now + _LIFE) // SECOND,
        }
        header: str = self._vapid.sign(claims)["Authorization"]
        return header
