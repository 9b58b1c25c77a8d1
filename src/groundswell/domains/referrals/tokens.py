"""What a visitor carries from a click to the registration: signed, so that nobody can invent it.

A token names one click, the cookie names the visitor as well; both can be given to the host, which
passes them on with ``user.registered``.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

import msgspec

from groundswell.access.derivation import derive_key

COOKIE = "groundswell_ref"
PARAMETER = "gs_click"
_MAC_BYTES = 16


class Carried(msgspec.Struct, frozen=True):
    """Who clicked, and the click they made last."""

    visitor_id: str
    click_id: str


class ReferralTokens:
    """Signs and reads what visitors carry.

    Args:
        secret: the root of all keys.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = derive_key(secret, "groundswell/referral/token")

    def token(self, click_id: str) -> str:
        """The token of a click, for the address the visitor is sent to."""
        return self._signed("click", (click_id,))

    def click_of(self, token: str | None) -> str | None:
        """The click of a token; None if it is none of ours."""
        parts = self._read("click", token, 1)
        return parts[0] if parts else None

    def cookie(self, carried: Carried) -> str:
        """The value of the cookie."""
        return self._signed("visitor", (carried.visitor_id, carried.click_id))

    def carried(self, cookie: str | None) -> Carried | None:
        """What a cookie says; None if it is none of ours."""
        parts = self._read("visitor", cookie, 2)
        return Carried(*parts) if parts else None

    def _signed(self, purpose: str, parts: Sequence[str]) -> str:
        return ".".join((*parts, self._mac(purpose, parts)))

    def _read(self, purpose: str, value: str | None, count: int) -> list[str] | None:
        *parts, mac = (value or "").split(".")
        if len(parts) != count:
            return None
        fits = hmac.compare_digest(self._mac(purpose, parts).encode(), mac.encode())
        return parts if fits else None

    def _mac(self, purpose: str, parts: Sequence[str]) -> str:
        message = "\n".join((purpose, *parts)).encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, message, "sha256")[:_MAC_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
