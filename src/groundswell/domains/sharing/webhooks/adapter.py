"""What a plug-in for a platform's webhooks is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from groundswell.contract.errors import Invalid, NotFound, Unauthenticated
from groundswell.contract.times import Clock
from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.webhooks.mentions import Mentions


class WebhookForged(Unauthenticated):
    """The signature of a webhook is missing, or is not the platform's."""

    code = "webhook_signature_invalid"
    title = "Webhook signature invalid"


class WebhookStale(Invalid):
    """The webhook was signed too long ago, or for a time to come."""

    code = "webhook_stale"
    title = "Webhook stale"


class UnknownPlatform(NotFound):
    """No secret is set for this platform."""

    code = "unknown_platform"

    def __init__(self) -> None:
        super().__init__("No webhooks are taken from this platform.")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came. ``target`` is path and query, names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header, empty if it was not sent."""
        return self.headers.get(name, "")


class Adapter(Protocol):
    """Knows the webhooks of a kind of platform."""

    async def verify(self, delivery: Delivery) -> None:
        """Make sure that the platform sent it, and lately.

        Raises:
            WebhookForged, WebhookStale: it did not.
        """
        ...

    def read(self, delivery: Delivery, now: int) -> list[Engagement]:
        """What it tells that is counted. Whatever names an event must be among what is signed.

        Raises:
            Invalid: it is not what the platform sends.
        """
        ...

    def answer_to(self, query: Mapping[str, str]) -> str | None:
        """What the platform wants to hear when it asks whether webhooks may be sent; else None."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plug-in may need besides its secrets.

    Attributes:
        clock: the time, microseconds.
        mentions: finds this service's links in texts.
        fetch_json: a document from another server, where keys are kept there.
    """

    clock: Clock
    mentions: Mentions
    fetch_json: Callable[[str], Awaitable[Any]]


MakeAdapter = Callable[[Sequence[str], Surroundings], Adapter]
"""Makes the adapter of one platform from its secrets, newest and older ones alike valid.

Raises ValueError if a secret cannot be one.
"""
