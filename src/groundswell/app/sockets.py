"""The gateway and the doors on WebSockets, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.access.derivation import derive_key
from groundswell.access.hashing import AddressHasher
from groundswell.access.principal import Principal, log_key
from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.app.exchange import Exchange
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError, Invalid
from groundswell.contract.inbox import InboxPort
from groundswell.contract.moderation import Gate, open_gate
from groundswell.delivery.past import TopicPast
from groundswell.http.cors import allowed_origins
from groundswell.http.idempotency import digest
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
)
from groundswell.realtime.gateway.frames import Action
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.gateway.limits import Return
from groundswell.realtime.gateway.publishing import ActionNotAllowed
from groundswell.realtime.tickets import Tickets
from groundswell.slices import Perform, Report
from groundswell.store.commands import Idempotency

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
            "gateway_alarms_total": float(figures.alarms),
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


NoteRefusal = Callable[[Principal, str | None, GroundswellError], None]
"""Notes what a client was refused, and by which action if there is such a one."""


@dataclass(frozen=True, slots=True)
class Dealings:
    """What clients can do at the gateway besides listening."""

    inbox: InboxPort
    performs: Mapping[str, Perform]
    hasher: AddressHasher
    refused: NoteRefusal
    gate: Gate = open_gate

    async def act(self, credentials: Credentials, action: Action) -> str | None:
        """Do what a client reports, once under its key.

        Raises:
            ActionNotAllowed: clients may not report this.
            GroundswellError: as the action itself.
        """
        perform = self.performs.get(action.action)
        by = credentials.principal
        try:
            return await self._act(by, action, perform)
        except GroundswellError as error:
            self.refused(by, None if perform is None else action.action, error)
            raise

    async def _act(self, by: Principal, action: Action, perform: Perform | None) -> str | None:
        if perform is None:
            raise ActionNotAllowed(f"Clients may not report {action.action!r}.")
        data = bytes(action.data)
        attempt = Idempotency(
            "realtime",
            digest(log_key(by, self.hasher).encode(), action.key.encode()),
            digest(action.action.encode(), data),
        )
        return await perform(Report(by, data, _instant(action.occurred_at), attempt))


def sockets_of(
    core: Core,
    access: Access,
    exchange: Exchange,
    snapshot: Callable[[str], bytes | None],
    tickets: Tickets,
    dealings: Dealings,
) -> Sockets:
    """The gateway over this exchange. Its hub must be attached to its broker before."""

    settings, hub = core.settings, exchange.hub
    gateway = Gateway(
        hub,
        exchange.told,
        snapshot,
        token_key=derive_key(core.secret, "groundswell/resume"),
        head=lambda: hub.seq,
        past=TopicPast(core.log, times.now).before,
        admit=exchange.rules.admit,
        verify_token=access.verify,
        is_revoked=lambda session_id: session_id in access.revocations,
        sign=access.signing.sign,
        act=dealings.act,
        inbox=dealings.inbox,
        presence=exchange.presence,
        presence_watch=exchange.watch,
        gate=dealings.gate,
        returning=Return(accept_rate=settings.accept_rate),
        max_connections=settings.websocket_connections,
    )
    exchange.broker.attach(gateway.observe)
    origins = allowed_origins(settings.allowed_origins)
    options = EngineOptions(
        ping_interval_ms=settings.socketio_ping_interval_ms,
        ping_timeout_ms=settings.socketio_ping_timeout_ms,
        max_sessions=settings.websocket_connections,
    )
    socketio = SocketIoDoor(
        gateway_namespaces(gateway), access.credentials_of, options=options, origins=origins
    )
    realtime = RealtimeEndpoint(
        gateway, access.credentials_of, origins=origins, redeem=tickets.admit
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


def _instant(text: str | None) -> int | None:
    """The instant a client names.

    Raises:
        Invalid: it is no RFC 3339 time.
    """
    try:
        return None if text is None else times.from_rfc3339(text)
    except ValueError:
        raise Invalid.at("occurredAt", "Must be an RFC 3339 time") from None
