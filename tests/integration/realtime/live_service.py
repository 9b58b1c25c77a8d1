"""The event streams behind a real uvicorn, with all that stands around an application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.types import Scope

from groundswell.access.principal import Principal
from groundswell.contract.times import now
from groundswell.http.body import ApiRequest
from groundswell.http.failures import exception_handlers
from groundswell.http.headers import header
from groundswell.http.middleware import surround
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.polling import PollingDoor, polling_routes
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.realtime.doors.sse import SseDoor, sse_routes
from groundswell.realtime.doors.tickets import Viewers, ticket_routes
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from groundswell.realtime.tickets import Tickets, TicketsInMemory
from tests.unit.realtime.recorded_log import RecordedLog

STATES = {"hot": b'{"items":[]}'}


@dataclass
class LiveService:
    """Running streams at `url`, and the parts behind them."""

    url: str
    port: int
    door: SseDoor
    hub: Hub
    broker: MemoryBroker
    log: RecordedLog
    server: DrainingServer
    stopped: asyncio.Task[None]

    async def publish(self, *publications: Publication) -> None:
        self.log.publications += publications
        await self.broker.publish(publications)
        self.log.delivered = publications[-1].seq

    async def until_connections(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.hub.statistics().connections != count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.stopped


async def _caller(request: Request[Any, Any, Any]) -> Principal:
    return _caller_of(request.scope)


def _caller_of(scope: Scope) -> Principal:
    sent = header(scope, b"x-test-user")
    user = None if sent is None else sent.decode()
    return Principal("user" if user else "visitor", user, "127.0.0.1", None)


@asynccontextmanager
async def live_service(**options: Any) -> AsyncIterator[LiveService]:
    """A service on a free port until the block ends."""
    log, hub = RecordedLog(), Hub()
    broker = MemoryBroker(after_seq=0)
    broker.attach(hub.deliver)
    door = SseDoor(hub, broker, log, STATES.get, **options)
    tickets = Tickets(TicketsInMemory(now))
    polling = PollingDoor(
        hub, broker, log, STATES.get, Rights(TopicAccess().admit, lambda _: False)
    )

    async def credentials_of(scope: Scope) -> Credentials:
        return Credentials(_caller_of(scope))

    viewers = Viewers(credentials_of, tickets)
    app = Litestar(
        [
            *sse_routes(door, viewers),
            *polling_routes(polling, viewers),
            *ticket_routes(tickets, viewers),
        ],
        dependencies={"caller": Provide(_caller)},
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
        openapi_config=None,
    )
    config = uvicorn.Config(
        surround(app, log_requests=False),  # type: ignore[arg-type]
        http=AbortableHttpProtocol,
        log_level="warning",
        lifespan="off",
        backlog=2048,
    )
    server = DrainingServer(config, (door.drain, polling.drain))
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        stopped = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        yield LiveService(f"http://127.0.0.1:{port}", port, door, hub, broker, log, server, stopped)
        server.should_exit = True
        await stopped
