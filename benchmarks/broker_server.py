"""Groundswell's live part alone: ``python -m benchmarks.broker_server PORT``.

What is posted goes straight to the broker. From there on everything is as in the service: positions
and history, rights, the gateway, the WebSocket door, all on one port. There is no database.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import sys
from itertools import count

import uvicorn
import uvloop
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.realtime.doors.websocket import Limits, RealtimeEndpoint, WebSocketServer
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication

TOPIC = "activity"
EVENT_TYPE = "benchmark.measured"


def publisher(broker: MemoryBroker, numbers: count[int]) -> ASGIApp:
    """An application that publishes every body it is sent, data of an EVENT."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        seq = next(numbers)
        data: bytes = message["body"]  # type: ignore[typeddict-item]
        event = Publication(TOPIC, EVENT_TYPE, f"msg-{seq:026}", times.now(), data, seq)
        await broker.publish([event])
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 202, "headers": headers})  # type: ignore[typeddict-item]
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


async def _visitor(_: Scope) -> Credentials:
    return Credentials(Principal("visitor", None, "127.0.0.1", None))


async def serve(port: int) -> None:
    """Until a signal ends it."""
    hub, broker, numbers = Hub(), MemoryBroker(after_seq=0), count(1)
    gateway = Gateway(
        hub, broker, lambda _: None, token_key=secrets.token_bytes(32), head=lambda: hub.seq
    )
    broker.attach(hub.deliver)
    broker.attach(gateway.observe)
    # A benchmark's clients all come at once, and nobody else waits.
    limits = Limits(accept_rate=1e6, accept_burst=100_000)
    sockets = WebSocketServer({"/v1/realtime": RealtimeEndpoint(gateway, _visitor)}, limits)
    config = uvicorn.Config(
        publisher(broker, numbers),  # type: ignore[arg-type]
        host="127.0.0.1",
        port=port,
        loop="none",
        http=AbortableHttpProtocol,
        ws=sockets.protocol,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=4096,
    )
    jobs = [asyncio.create_task(gateway.run()), asyncio.create_task(sockets.run())]
    # As the service itself does.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    await DrainingServer(config, ()).serve()
    for job in jobs:
        job.cancel()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
