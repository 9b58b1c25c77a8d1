"""Webhooks of GitHub: stars and forks of repositories, comments on issues and the like.

A share is a repository, an issue, a pull request, a discussion or a commit: by its page's address
as ``externalId``, or because its tracked link stands in the description. Which event it is, is seen
in the body: the header that names it is not signed. Reactions are not told by GitHub.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    required,
)
from groundswell.domains.sharing.webhooks.mentions import Mentions

_COMMENTED = ("issue", "discussion", "pull_request")


class GitHubWebhooks:
    """Webhooks of repositories, organisations and apps, sent as JSON."""

    def __init__(self, secrets: Sequence[str], mentions: Mentions) -> None:
        self._secrets = secrets
        self._mentions = mentions

    async def verify(self, delivery: Delivery) -> None:
        """By the body's HMAC."""
        hub_signature.check(delivery, self._secrets)

    def read(self, delivery: Delivery, now: int) -> list[Engagement]:
        """Whatever somebody did to something that can be a share."""
        body = json_object(delivery.body)
        if "starred_at" in body:
            return self._starred(body, now)
        if "forkee" in body:
            return self._forked(body, now)
        if isinstance(body.get("comment"), dict) and body.get("action") == "created":
            return self._commented(body, now)
        return []

    def answer_to(self, query: Mapping[str, str]) -> str | None:
        """GitHub does not ask; it sends a ping."""
        return None

    def _starred(self, body: dict[str, Any], now: int) -> list[Engagement]:
        at = body["starred_at"]
        if body.get("action") != "created" or not isinstance(at, str):
            return []
        repository = required(part(body, "repository", "id"), "repository.id")
        sender = required(part(body, "sender", "id"), "sender.id")
        event = f"star:{repository}:{sender}:{at}"
        return self._told(body, "like", event, instant(at, now), *_repository(body))

    def _forked(self, body: dict[str, Any], now: int) -> list[Engagement]:
        event = f"fork:{required(part(body, 'forkee', 'id'), 'forkee.id')}"
        at = instant(part(body, "forkee", "created_at"), now)
        return self._told(body, "fork", event, at, *_repository(body))

    def _commented(self, body: dict[str, Any], now: int) -> list[Engagement]:
        comment = body["comment"]
        event = f"comment:{required(comment.get('node_id'), 'comment.node_id')}"
        at = instant(comment.get("created_at"), now)
        return self._told(body, "comment", event, at, *self._subject(body))

    def _subject(self, body: dict[str, Any]) -> list[str]:
        for kind in _COMMENTED:
            if isinstance(subject := body.get(kind), dict):
                page = identifier(subject.get("html_url"))
                posts = [POST + page] if page else []
                return [*posts, *self._mentions.in_text(subject.get("body"))]
        commit = identifier(part(body, "comment", "commit_id"))
        return [f"{page}/commit/{commit}" for page in _repository(body) if commit]

    def _told(
        self, body: dict[str, Any], kind: str, event: str, at: int, *references: str
    ) -> list[Engagement]:
        sender = body.get("sender")
        who = engager(part(sender, "login"), id_=part(sender, "id"), url=part(sender, "html_url"))
        return [
            Engagement(
                reference=reference,
                platform_event_id=event,
                engagement_type=kind,
                engager=who,
                at=at,
            )
            for reference in references
        ]


def _repository(body: dict[str, Any]) -> list[str]:
    page = identifier(part(body, "repository", "html_url"))
    return [POST + page] if page else []


def make(secrets: Sequence[str], surroundings: Surroundings) -> GitHubWebhooks:
    """The adapter."""
    return GitHubWebhooks(secrets, surroundings.mentions)
