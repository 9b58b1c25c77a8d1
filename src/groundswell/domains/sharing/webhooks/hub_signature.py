"""``X-Hub-Signature-256``: an HMAC of the body with a shared secret, as GitHub and Meta send it.

It says nothing of when it was made. So a repeat must be known by what the body says, never by a
header, which anybody could change.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from groundswell.domains.sharing.webhooks.adapter import Delivery, WebhookForged

HEADER = "x-hub-signature-256"
_PREFIX = "sha256="


def check(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Compare in constant time with what each secret gives.

    Raises:
        WebhookForged: none fits.
    """
    sent = delivery.header(HEADER).encode()
    expected = [signature(secret, delivery.body).encode() for secret in secrets]
    if not any(hmac.compare_digest(sent, one) for one in expected):
        raise WebhookForged("The webhook is not signed with a secret of this platform.")


def signature(secret: str, body: bytes) -> str:
    """The header for a body."""
    return _PREFIX + hmac.digest(secret.encode(), body, "sha256").hex()
