"""A core with webhooks, a receiver, and short ways to say what happens."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from groundswell.domains.webhooks.bodies import NewEndpoint, Replay
from groundswell.domains.webhooks.client import WebhookClient
from groundswell.domains.webhooks.dispatcher import Dispatcher
from groundswell.domains.webhooks.handling import webhook_handler
from groundswell.domains.webhooks.lane import Lane
from groundswell.domains.webhooks.offering import WebhookActions
from groundswell.domains.webhooks.queries import WebhookQueries
from groundswell.domains.webhooks.schedule import Schedule
from groundswell.domains.webhooks.signing import Secrets
from groundswell.domains.webhooks.targets import Targets
from groundswell.domains.webhooks.views import EndpointView, FailureView
from tests.support.core import Core, ManualClock, running_core
from tests.support.webhooks import Receiver, running_receiver

ROOT = b"a root secret of at least 32 bytes!"
SOURCE = "https://social.example"


@dataclass
class World:
    """One process of the service, and the host's server."""

    core: Core
    receiver: Receiver
    actions: WebhookActions
    queries: WebhookQueries
    dispatcher: Dispatcher
    lanes: dict[str, Lane] = field(default_factory=dict)

    @property
    def clock(self) -> ManualClock:
        return self.core.clock

    async def endpoint(self, path: str, *events: str, **more: str) -> EndpointView:
        body = NewEndpoint(url=self.receiver.url + path, events=events or ("engagement.*",), **more)
        return await self.actions.create(body, None)

    async def register(self, count: int = 1) -> list[str]:
        """New files; the ids of the events that tell of them."""
        before = await self.core.log.head()
        for number in range(count):
            await self.core.register(f"File {number}")
        return [one.event_id for one in await self.core.events(before)]

    async def work(self, endpoint: EndpointView, *, lane: Lane | None = None) -> Lane:
        """Everything that can be done for an endpoint now."""
        if lane is None:
            kept = await self.queries.endpoint(endpoint.endpoint_id)
            lane = self.lanes.get(endpoint.endpoint_id)
            if lane is None or lane.is_over:
                lane = self.lanes[endpoint.endpoint_id] = self.dispatcher.lane(kept)
        while await lane.step():
            pass
        return lane

    async def see(self, endpoint: EndpointView) -> EndpointView:
        return await self.queries.view(endpoint.endpoint_id)

    async def failures(self, endpoint: EndpointView) -> list[FailureView]:
        return (await self.queries.failures(endpoint.endpoint_id, 50, None)).items

    async def replay(self, endpoint: EndpointView, **what: object) -> int:
        done = await self.actions.replay(endpoint.endpoint_id, Replay(**what), None)  # type: ignore[arg-type]
        return done.queued


@asynccontextmanager
async def running_world(
    url: str, targets: str = "127.0.0.0/8", schedule: Schedule | None = None
) -> AsyncIterator[World]:
    """Webhooks on a database that has the schema."""
    async with (
        running_core(url, handlers=(webhook_handler(),)) as core,
        running_receiver() as receiver,
    ):
        secrets, allowed = Secrets(ROOT), Targets.parse(targets)
        queries = WebhookQueries(core.store, core.clock)
        client = WebhookClient(allowed, seconds=2)
        dispatcher = Dispatcher(
            log=core.log,
            store=core.store,
            submit=core.writer.submit,
            client=client,
            secrets=secrets,
            source=SOURCE,
            clock=core.clock,
            schedule=schedule,
            chance=random.Random(7),
        )
        actions = WebhookActions(core.writer.submit, queries, secrets, allowed, core.clock)
        yield World(core, receiver, actions, queries, dispatcher)
        await client.close()
