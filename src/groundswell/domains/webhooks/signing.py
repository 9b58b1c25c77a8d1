"""The secrets of endpoints, and the headers that prove who sent a webhook (Standard Webhooks).

Secrets are not stored: each is derived from the root secret, the endpoint and a version number. A
copy of the database signs nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from standardwebhooks.webhooks import Webhook

from groundswell.access.derivation import derive_key
from groundswell.contract.times import SECOND, to_datetime


class Secrets:
    """Derives what endpoints sign with. ``root`` is the root of all keys."""

    def __init__(self, root: bytes) -> None:
        self._root = root

    def of(self, endpoint_id: str, version: int) -> str:
        """The secret as its receiver is told it: ``whsec_`` and base64."""
        key = derive_key(self._root, f"groundswell/webhooks/{endpoint_id}/{version}")
        return f"whsec_{base64.b64encode(key).decode()}"

    def active(self, endpoint_id: str, version: int, old_until: int, now: int) -> list[str]:
        """The newest secret, and the one before it while that is still valid."""
        versions = [version, version - 1] if now < old_until else [version]
        return [self.of(endpoint_id, one) for one in versions]


def signed_headers(
    secrets: Sequence[str], message_id: str, now: int, body: bytes
) -> dict[str, str]:
    """The three headers; a signature for each secret. The signed time is in whole seconds."""
    text, at = body.decode(), to_datetime(now)
    signatures = [Webhook(one).sign(message_id, at, text) for one in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now // SECOND),
        "webhook-signature": " ".join(signatures),
    }
