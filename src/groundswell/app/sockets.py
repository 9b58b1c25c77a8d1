"""The gateway and the doors on WebSockets, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.access.derivation import derive_key
from groundswell.access.principal import Principal
from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.http.cors import allowed_origins
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.socketio import (
    PATH,
    EngineOptions,
    SocketIoDoor,
    gateway_namespaces,
)
from groundswell.realtime.doors.websocket import (
    Limits,
    RealtimeEndpoint,
    WebSocketServer,
    shown,
)
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.gateway.limits import Return
from groundswell.realtime.hub import Hub
from groundswell.realtime.tickets import Tickets

REALTIME = "/v1/realtime"


@dataclass(frozen=True, slots=True)
class Sockets:
    """The protocol's gateway, and the two doors that lead to it."""

    gateway: Gateway
    server: WebSocketServer
    socketio: SocketIoDoor

    async def drain(self) -> None:
        """Tell the clients when to come back, and only then end what is left."""
        await self.gateway.drain()
        await self.socketio.drain()
        await self.server.drain()

    def statistics(self) -> Mapping[str, float]:
        """Connections by door, and what the gateway counts."""
        server, socketio = self.server.statistics(), self.socketio.statistics()
        figures = self.gateway.statistics()
        return {
            "websocket_connections": float(server.connections),
            "websocket_accepted_total": float(server.accepted),
            "socketio_sessions": float(socketio.sessions),
            "socketio_opened_total": float(socketio.opened),
            "gateway_connections": float(figures.connections),
            "gateway_subscriptions": float(figures.subscriptions),
            "gateway_opened_total": float(figures.opened),
            "gateway_reads_total": float(figures.reads),
            "gateway_shared_reads_total": float(figures.shared_reads),
            "gateway_delivery_seconds_sum": figures.latency_sum,
            "gateway_delivery_seconds_count": float(sum(figures.latency_counts)),
            **_labelled("gateway_resumes_total", "outcome", figures.resumes),
            **_labelled("gateway_closes_total", "code", figures.closes),
            **_labelled("gateway_errors_total", "name", figures.errors),
            **_labelled("gateway_gaps_total", "reason", figures.gaps),
            **_labelled("gateway_drops_total", "reason", figures.drops),
        }


def _labelled(name: str, label: str, counts: Mapping[Any, int]) -> dict[str, float]:
    return {f'{name}{{{label}="{value}"}}': float(count) for value, count in counts.items()}


def sockets_of(
    core: Core,
    hub: Hub,
    broker: Broker,
    snapshot: Callable[[str], bytes | None],
    access: Access,
    tickets: Tickets,
) -> Sockets:
    """The gateway over this hub and broker. The hub must be attached to the broker before."""

    settings, callers = core.settings, access.callers

    async def verify(token: str, address: str) -> Credentials:
        claims = await access.issuer.verify(token, times.now())
        user = Principal("user", claims.user_id, address, claims.session_id, claims.scopes)
        return Credentials(user, issued_at=claims.issued_at, expires_at=claims.expires_at)

    gateway = Gateway(
        hub,
        broker,
        snapshot,
        token_key=derive_key(core.secret, "groundswell/resume"),
        head=lambda: hub.seq,
        verify_token=verify,
        is_revoked=lambda session_id: session_id in access.revocations,
        returning=Return(accept_rate=settings.accept_rate),
        max_connections=settings.websocket_connections,
    )
    broker.attach(gateway.observe)
    origins = allowed_origins(settings.allowed_origins)
    options = EngineOptions(
        ping_interval_ms=settings.socketio_ping_interval_ms,
        ping_timeout_ms=settings.socketio_ping_timeout_ms,
    )
    socketio = SocketIoDoor(
        gateway_namespaces(gateway), callers.of, options=options, origins=origins
    )
    realtime = RealtimeEndpoint(
        gateway, shown(callers.of, verify), origins=origins, redeem=tickets.admit
    )
    server = WebSocketServer(
        {REALTIME: realtime, PATH: socketio.endpoint},
        Limits(
            connections=settings.websocket_connections,
            accept_rate=settings.accept_rate,
            accept_burst=2 * settings.accept_rate,
        ),
        deflate=settings.websocket_deflate,
    )
    return Sockets(gateway, server, socketio)
