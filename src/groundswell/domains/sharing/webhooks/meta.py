"""Webhooks of Meta: what happens to posts of pages on Facebook, and to media on Instagram.

A share is a post by its ``post_id`` (Facebook) or media id (Instagram) as ``externalId``. A secret
is the app's secret, and after a semicolon the verify token that was typed in the app's dashboard.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.engaging import POST
from groundswell.domains.sharing.webhooks import hub_signature
from groundswell.domains.sharing.webhooks.adapter import Delivery, Surroundings
from groundswell.domains.sharing.webhooks.bodies import (
    engager,
    identifier,
    instant,
    json_object,
    part,
)

_KINDS = {"reaction": "reaction", "like": "like", "comment": "comment", "share": "share"}


class MetaWebhooks:
    """Webhooks of an app of Meta's."""

    def __init__(self, secrets: Sequence[str]) -> None:
        parts = [secret.partition(";") for secret in secrets]
        self._secrets = [secret for secret, _, _ in parts]
        self._tokens = [token for _, _, token in parts if token]

    async def verify(self, delivery: Delivery) -> None:
        """By the body's HMAC."""
        hub_signature.check(delivery, self._secrets)

    def read(self, delivery: Delivery, now: int) -> list[Engagement]:
        """Several at once; what is edited, hidden or taken back is not counted."""
        return [
            told
            for field, value in _changes(json_object(delivery.body))
            if (told := _engagement(field, value, now)) is not None
        ]

    def answer_to(self, query: Mapping[str, str]) -> str | None:
        """The challenge, to those who know the verify token."""
        sent = query.get("hub.verify_token", "").encode()
        known = any(hmac.compare_digest(sent, token.encode()) for token in self._tokens)
        if query.get("hub.mode") != "subscribe" or not known:
            return None
        challenge = query.get("hub.challenge", "")
        # It is sent back, so it must be what they send: a number, and never markup.
        return challenge if challenge.isascii() and challenge.isalnum() else None


def _changes(body: dict[str, Any]) -> Iterator[tuple[object, dict[str, Any]]]:
    entries = body.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        changes = part(entry, "changes")
        for change in changes if isinstance(changes, list) else []:
            if isinstance(value := part(change, "value"), dict):
                yield part(change, "field"), value


def _engagement(field: object, value: dict[str, Any], now: int) -> Engagement | None:
    if field == "feed":
        return _of_page(value, now)
    if field == "comments":
        return _of_media(value, now)
    return None


def _of_page(value: dict[str, Any], now: int) -> Engagement | None:
    item, post = value.get("item"), identifier(value.get("post_id"))
    kind = _KINDS.get(item) if isinstance(item, str) else None
    if kind is None or post is None or value.get("verb") != "add":
        return None
    who, created = value.get("from"), identifier(value.get("created_time"))
    person, comment = identifier(part(who, "id")), identifier(value.get("comment_id"))
    if kind == "comment":
        event = comment and f"comment:{comment}"
    else:
        event = person and created and f"{kind}:{comment or post}:{person}:{created}"
    if not event:
        return None
    return Engagement(
        reference=POST + post,
        platform_event_id=event,
        engagement_type=kind,
        engager=engager(part(who, "name"), id_=person),
        at=instant(value.get("created_time"), now),
    )


def _of_media(value: dict[str, Any], now: int) -> Engagement | None:
    comment, media = identifier(value.get("id")), identifier(part(value, "media", "id"))
    if comment is None or media is None:
        return None
    who = value.get("from")
    return Engagement(
        reference=POST + media,
        platform_event_id=f"comment:{comment}",
        engagement_type="comment",
        engager=engager(part(who, "username"), id_=part(who, "id")),
        at=now,
    )


def make(secrets: Sequence[str], _: Surroundings) -> MetaWebhooks:
    """The adapter."""
    return MetaWebhooks(secrets)
