"""Activities of the fediverse: likes, announcements (boosts) and replies, signed by their actors.

A share is a post by its id as ``externalId``, or its tracked link itself. What stands in place of
secrets are the servers whose actors are believed, such as ``https://mastodon.example``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from groundswell.contract.errors import Invalid
from groundswell.contract.times import HOUR, Clock
from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.engaging import POST
from groundswell.domains.sharing.links import origin_of, parse_targets
from groundswell.domains.sharing.webhooks import http_signatures
from groundswell.domains.sharing.webhooks.actor_keys import ActorKey, ActorKeys
from groundswell.domains.sharing.webhooks.adapter import (
    Delivery,
    Surroundings,
    WebhookForged,
    WebhookStale,
)
from groundswell.domains.sharing.webhooks.bodies import (
    engager,
    identifier,
    instant,
    json_object,
    part,
    required,
)
from groundswell.domains.sharing.webhooks.mentions import Mentions

TOLERANCE: Final = HOUR
"""Clocks of the fediverse differ. A repeat is known by the activity's id anyway."""

_KINDS = {"Like": "like", "EmojiReact": "reaction", "Announce": "share", "Create": "comment"}


class ActivityPub:
    """An inbox for activities about shares."""

    def __init__(self, keys: ActorKeys, mentions: Mentions, clock: Clock) -> None:
        self._keys = keys
        self._mentions = mentions
        self._clock = clock

    async def verify(self, delivery: Delivery) -> None:
        """By the signature of the actor, over the request, its time and its body."""
        try:
            signed = http_signatures.parse(delivery.header("signature"))
            if not set(signed.headers) >= http_signatures.NEEDED:
                raise WebhookForged("Too little of the request is signed.")
            text = http_signatures.signed_text(
                delivery.method, delivery.target, delivery.headers, signed.headers
            )
            date = http_signatures.date_of(delivery.header("date"))
        except ValueError as error:
            raise WebhookForged("The request is not signed.") from error
        if abs(self._clock() - date) > TOLERANCE:
            raise WebhookStale("The request was not signed within the last hour.")
        if not http_signatures.digest_fits(delivery.header("digest"), delivery.body):
            raise WebhookForged("The body is not what was signed.")
        key = await self._signer(signed, text)
        if key.owner != _actor(json_object(delivery.body)):
            raise WebhookForged("The actor did not sign this.")

    def read(self, delivery: Delivery, now: int) -> list[Engagement]:
        """At most one engagement; what is undone is not counted."""
        activity = json_object(delivery.body)
        kind = _KINDS.get(str(activity.get("type")))
        post = self._post(activity)
        if kind is None or post is None:
            return []
        actor = _actor(activity)
        event = required(activity.get("id"), "id")
        if origin_of(event) != origin_of(actor):
            raise Invalid.at("id", "Must be on the server of the actor")
        return [
            Engagement(
                reference=self._mentions.of_link(post) or POST + post,
                platform_event_id=event,
                engagement_type=kind,
                engager=engager(None, id_=actor, url=actor),
                at=instant(activity.get("published"), now),
            )
        ]

    def answer_to(self, query: Mapping[str, str]) -> str | None:
        """Nothing is asked."""
        return None

    async def _signer(self, signed: http_signatures.Signed, text: bytes) -> ActorKey:
        """The key that fits; asked for again once, since actors change theirs.

        Raises:
            WebhookForged: there is none.
        """
        key = await self._keys.find(signed.key_id)
        if key is not None and not http_signatures.is_signed_by(key.pem, signed, text):
            newer = await self._keys.find(signed.key_id, newer_than=key)
            fits = newer is not None and http_signatures.is_signed_by(newer.pem, signed, text)
            key = newer if fits else None
        if key is None:
            raise WebhookForged("No key of a trusted server fits the signature.")
        return key

    def _post(self, activity: dict[str, Any]) -> str | None:
        """What it is about: the object, or what a new note replies to."""
        target = activity.get("object")
        if activity.get("type") == "Create":
            target = part(target, "inReplyTo")
        return identifier(part(target, "id") if isinstance(target, dict) else target)


def _actor(activity: dict[str, Any]) -> str:
    actor = activity.get("actor")
    return required(part(actor, "id") if isinstance(actor, dict) else actor, "actor")


def make(secrets: Sequence[str], surroundings: Surroundings) -> ActivityPub:
    """The adapter; each of ``secrets`` is the origin of a server.

    Raises:
        ValueError: one is not.
    """
    origins = frozenset[str]().union(*(parse_targets(one) for one in secrets))
    keys = ActorKeys(origins, surroundings.fetch_json, surroundings.clock)
    return ActivityPub(keys, surroundings.mentions, surroundings.clock)
