"""Standard Webhooks, the scheme of every platform that has no plug-in of its own.

``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` over ``id.timestamp.body``. See
https://www.standardwebhooks.com. A body is ``{type: "share.engaged", timestamp, data: {shareId |
externalId, engagementType, engagerInfo?, platformEventId?}}``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from groundswell.contract.errors import Invalid
from groundswell.contract.times import MINUTE, SECOND, Clock
from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.engaging import POST
from groundswell.domains.sharing.webhooks import bodies
from groundswell.domains.sharing.webhooks.adapter import (
    Delivery,
    Surroundings,
    WebhookForged,
    WebhookStale,
)
from groundswell.http.decoding import decode_json

TOLERANCE: Final = 5 * MINUTE
ENGAGED: Final = "share.engaged"
PREFIX: Final = "whsec_"
SHORTEST_KEY: Final = 24

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=bodies.LONGEST_ID)]
EngagementType = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class EngagedData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The data of ``share.engaged``; what else a platform says is not for us."""

    engagement_type: EngagementType
    share_id: Reference | None = None
    external_id: Reference | None = None
    engager_info: dict[str, Any] = {}
    platform_event_id: Reference | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's body, whatever it tells of."""

    type: str
    data: msgspec.Raw


class EngagedTold(msgspec.Struct, frozen=True, kw_only=True):
    """The body of ``share.engaged``."""

    data: EngagedData
    timestamp: str | None = None


class StandardWebhooks:
    """Webhooks signed with a shared secret, ``whsec_`` and base64."""

    def __init__(self, secrets: Sequence[str], clock: Clock) -> None:
        self._secrets = [Webhook(_key(secret)) for secret in secrets]
        self._clock = clock

    async def verify(self, delivery: Delivery) -> None:
        """Freshness first: what is stale is said to be, whoever signed it."""
        self._check_time(delivery.header("webhook-timestamp"))
        if not any(_signed_with(secret, delivery) for secret in self._secrets):
            raise WebhookForged("The webhook is not signed with a secret of this platform.")

    def read(self, delivery: Delivery, now: int) -> list[Engagement]:
        """One engagement; known by the platform's id for it, else by that of the webhook."""
        if decode_json(delivery.body, Told).type != ENGAGED:
            return []
        told: EngagedTold = decode_json(delivery.body, EngagedTold)
        data = told.data
        if (data.share_id is None) == (data.external_id is None):
            raise Invalid.at("data.shareId", "Give either shareId or externalId")
        who = data.engager_info
        return [
            Engagement(
                reference=data.share_id or f"{POST}{data.external_id}",
                platform_event_id=data.platform_event_id
                or bodies.required(delivery.header("webhook-id"), "webhook-id"),
                engagement_type=data.engagement_type,
                engager=bodies.engager(who.get("name"), id_=who.get("id"), url=who.get("url")),
                at=bodies.instant(told.timestamp, now),
            )
        ]

    def answer_to(self, query: Mapping[str, str]) -> str | None:
        """Nothing is asked."""
        return None

    def _check_time(self, sent: str) -> None:
        if not sent.isascii() or not sent.isdigit() or len(sent) > 12:
            raise WebhookForged("The webhook has no time.")
        if abs(self._clock() - int(sent) * SECOND) > TOLERANCE:
            raise WebhookStale("The webhook was not signed within the last five minutes.")


def _key(secret: str) -> bytes:
    """The bytes of a secret.

    Raises:
        ValueError: it is not base64, or shorter than the standard asks for.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"the secret has fewer than {SHORTEST_KEY} bytes")
    return key


def _signed_with(secret: Webhook, delivery: Delivery) -> bool:
    try:
        secret.verify(delivery.body, dict(delivery.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # what is no base64 or no UTF-8 is no signature
        return False
    return True


def make(secrets: Sequence[str], surroundings: Surroundings) -> StandardWebhooks:
    """The adapter.

    Raises:
        ValueError: a secret is not base64, or too short.
    """
    return StandardWebhooks(secrets, surroundings.clock)
