"""What the host can do with webhooks: checks what is asked, submits, answers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET
from uuid_utils import uuid7

from groundswell.contract.errors import Invalid
from groundswell.contract.events import EVENT_TYPES
from groundswell.contract.times import SECOND, Clock
from groundswell.domains.webhooks import commands as wishes
from groundswell.domains.webhooks.bodies import (
    EndpointChanges,
    NewEndpoint,
    Replay,
    Rotation,
    instant,
)
from groundswell.domains.webhooks.patterns import check_patterns, matches
from groundswell.domains.webhooks.queries import WebhookQueries
from groundswell.domains.webhooks.signing import Secrets
from groundswell.domains.webhooks.targets import Targets
from groundswell.domains.webhooks.views import Changed, EndpointView, Replayed
from groundswell.log.reactions import Submit
from groundswell.store.commands import Idempotency

REPLAYED_AT_ONCE = 5_000


class WebhookActions:
    """Everything that changes endpoints, or sends again."""

    def __init__(
        self,
        submit: Submit,
        queries: WebhookQueries,
        secrets: Secrets,
        targets: Targets,
        clock: Clock,
    ) -> None:
        self._submit = submit
        self._queries = queries
        self._secrets = secrets
        self._targets = targets
        self._clock = clock

    async def create(self, body: NewEndpoint, attempt: Idempotency | None) -> EndpointView:
        """The endpoint with its secret; a repeat with the same key is told the secret again."""
        self._targets.check(body.url)
        check_patterns(body.events, EVENT_TYPES)
        command = wishes.CreateEndpoint(
            at=self._clock(),
            endpoint_id=f"hook-{uuid7().hex}",
            url=body.url,
            description=body.description,
            patterns=_once(body.events),
            privacy=body.privacy,
        )
        made: Changed = await self._submit(command, attempt)
        return await self._with_secret(made.endpoint_id)

    async def change(
        self, endpoint_id: str, body: EndpointChanges, attempt: Idempotency | None
    ) -> EndpointView:
        """Only what is given."""
        if body.url is not UNSET:
            self._targets.check(body.url)
        if body.events is not UNSET:
            check_patterns(body.events, EVENT_TYPES)
        command = wishes.ChangeEndpoint(
            at=self._clock(),
            endpoint_id=endpoint_id,
            url=body.url,
            description=body.description,
            patterns=UNSET if body.events is UNSET else _once(body.events),
            privacy=body.privacy,
            enabled=body.enabled,
        )
        await self._submit(command, attempt)
        return await self._queries.view(endpoint_id)

    async def rotate(
        self, endpoint_id: str, body: Rotation, attempt: Idempotency | None
    ) -> EndpointView:
        """The endpoint with its new secret."""
        now = self._clock()
        until = now + body.overlap_seconds * SECOND
        command = wishes.RotateSecret(at=now, endpoint_id=endpoint_id, old_until=until)
        await self._submit(command, attempt)
        return await self._with_secret(endpoint_id)

    async def delete(self, endpoint_id: str, attempt: Idempotency | None) -> None:
        """What waits for it is forgotten."""
        command = wishes.DeleteEndpoint(at=self._clock(), endpoint_id=endpoint_id)
        await self._submit(command, attempt)

    async def test(self, endpoint_id: str, attempt: Idempotency | None) -> Changed:
        """A ping is on its way."""
        command = wishes.TestEndpoint(at=self._clock(), endpoint_id=endpoint_id)
        done: Changed = await self._submit(command, attempt)
        return done

    async def replay(self, endpoint_id: str, body: Replay, attempt: Idempotency | None) -> Replayed:
        """By id, or by time."""
        by_id, by_time = body.event_ids is not UNSET, body.start is not UNSET
        if by_id == by_time or (by_id and (body.end is not UNSET or body.all)):
            raise Invalid.at("eventIds", "Give either `eventIds`, or `from` and perhaps `to`")
        now = self._clock()
        if body.event_ids is not UNSET:
            command: wishes.ReplayEvents | wishes.ReplayRange = wishes.ReplayEvents(
                at=now, endpoint_id=endpoint_id, event_ids=body.event_ids
            )
        else:
            command = await self._range(endpoint_id, body, now)
        done: Replayed = await self._submit(command, attempt)
        return done

    async def _range(self, endpoint_id: str, body: Replay, now: int) -> wishes.ReplayRange:
        assert body.start is not UNSET  # noqa: S101 - looked at by the caller
        types: tuple[str, ...] | None = None
        if body.all:
            endpoint = await self._queries.endpoint(endpoint_id)
            types = tuple(one for one in EVENT_TYPES if matches(endpoint.patterns, one))
        return wishes.ReplayRange(
            at=now,
            endpoint_id=endpoint_id,
            start=instant("from", body.start),
            end=now if body.end is UNSET else instant("to", body.end),
            event_types=types,
            from_seq=body.from_seq,
            limit=REPLAYED_AT_ONCE,
        )

    async def _with_secret(self, endpoint_id: str) -> EndpointView:
        endpoint = await self._queries.endpoint(endpoint_id)
        secret = self._secrets.of(endpoint_id, endpoint.secret_version)
        return await self._queries.view(endpoint_id, secret)


def _once(patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(patterns))
