"""Groundswell's live part alone: ``python -m benchmarks.broker_server PORT [REDIS_URL]``.

What is posted to ``/TOPIC`` goes straight to the broker. From there on everything is as in the
service: positions and history, rights, heartbeats, bounded queues, the gateway, the doors, the
layers around HTTP, all on one port. There is no database. With a Redis, several of these processes
are one service.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import uvicorn
import uvloop
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.http.middleware import surround
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.broker.redis.broker import RedisBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.realtime.doors.socketio import (
    PATH,
    EngineOptions,
    SocketIoDoor,
    gateway_namespaces,
)
from groundswell.realtime.doors.sse.door import SseDoor
from groundswell.realtime.doors.websocket import Limits, RealtimeEndpoint, WebSocketServer
from groundswell.realtime.doors.websocket.endpoint import Endpoints
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.gateway.limits import Limits as GatewayLimits
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from groundswell.realtime.recovery import Replayed

EVENT_TYPE = "benchmark.measured"
LOG_ID = "benchmark"
MOST_CONNECTIONS = 19_000
REDIS_SECONDS = 10.0
VISITOR = Credentials(Principal("visitor", None, "127.0.0.1", None))


class NoLog:
    """The event log of a service without a database: empty, up to where the hub is."""

    log_id = LOG_ID

    def __init__(self) -> None:
        self.head: Callable[[], int] = lambda: 0

    async def newest(self) -> int:
        """As a broker asks that joins others."""
        return 0

    async def publications(self, after_seq: int, limit: int) -> Replayed:
        """Nothing."""
        return Replayed([], after_seq, complete=True)

    async def replay(self, topics: frozenset[str], after_seq: int, limit: int) -> Replayed:
        """Nothing."""
        return Replayed([], self.head(), complete=True)


async def visitor(_: Scope) -> Credentials:
    """Everybody is one."""
    return VISITOR


def publisher(broker: Broker, numbers: count[int]) -> ASGIApp:
    """An application that publishes every body it is sent, data of an EVENT."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        seq = next(numbers)
        data: bytes = message["body"]  # type: ignore[typeddict-item]
        topic = scope["path"][1:]
        event = Publication(topic, EVENT_TYPE, f"msg-{seq:026}", times.now(), data, seq)
        await broker.publish([event])
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 202, "headers": headers})  # type: ignore[typeddict-item]
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def streams(door: SseDoor, app: ASGIApp) -> ASGIApp:
    """``app`` with event streams at their path."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/v1/stream":
            await app(scope, receive, send)
            return
        topics = parse_qs(scope["query_string"].decode())["topics"][0]
        stream = await door.stream(topics, VISITOR, None)
        await stream(scope, receive, send)

    return either


async def _broker(
    url: str | None, log: NoLog, running: AsyncExitStack
) -> tuple[Broker, Hub, list[Any]]:
    """The broker, the hub that hears it, and what is to run for them."""
    if url is None:
        alone, hub = MemoryBroker(after_seq=0), Hub()
        alone.attach(hub.deliver)
        return alone, hub, []
    shared = RedisBroker(url, log_id=LOG_ID, source=log, delivered=0)
    hub = Hub(shared)
    shared.serve(hub)
    running.push_async_callback(shared.close)
    return shared, hub, [shared.run()]


async def serve(port: int, redis_url: str | None) -> None:
    """Until a signal ends it."""
    async with AsyncExitStack() as running:
        log, numbers = NoLog(), count(1)
        broker, hub, jobs = await _broker(redis_url, log, running)
        log.head = lambda: hub.seq
        gateway = Gateway(
            hub,
            broker,
            lambda _: None,
            token_key=bytes(32),
            head=log.head,
            max_connections=MOST_CONNECTIONS,
            # On a busy machine the load arrives in bursts above what the limit allows.
            limits=GatewayLimits(commands_per_second=1_000),
        )
        broker.attach(gateway.observe)
        options = EngineOptions(max_sessions=MOST_CONNECTIONS)
        socketio = SocketIoDoor(gateway_namespaces(gateway), visitor, options=options)
        sse = SseDoor(hub, broker, log, lambda _: None, max_connections=MOST_CONNECTIONS)
        # A benchmark's clients all come at once, and nobody else waits.
        limits = Limits(connections=MOST_CONNECTIONS, accept_rate=1e6, accept_burst=100_000)
        endpoints: Endpoints = {
            "/v1/realtime": RealtimeEndpoint(gateway, visitor),
            PATH: socketio.endpoint,
        }
        sockets = WebSocketServer(endpoints, limits)
        app = surround(
            socketio.before(streams(sse, publisher(broker, numbers))), log_requests=False
        )
        tasks = [asyncio.create_task(job) for job in (*jobs, gateway.run(), sockets.run())]
        if isinstance(broker, RedisBroker) and not await broker.wait_joined(REDIS_SECONDS):
            raise SystemExit("Redis does not answer")
        # As the service itself does.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        await DrainingServer(_config(app, sockets, port), ()).serve()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _config(app: ASGIApp, sockets: WebSocketServer, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host="127.0.0.1",
        port=port,
        loop="none",
        http=AbortableHttpProtocol,
        ws=sockets.protocol,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=4096,
    )


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
