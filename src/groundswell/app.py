"""The composition root: settings in, the parts of a running service out, wired together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import ASGIApp, ExceptionHandlersMap

from groundswell import __version__
from groundswell.access.addresses import TrustedProxies
from groundswell.access.api_keys import ApiKeys
from groundswell.access.authenticate import Authenticator
from groundswell.access.derivation import derive_key
from groundswell.access.geo import locator
from groundswell.access.hashing import AddressHasher, derived_daily_keys
from groundswell.access.issuer import TokenIssuer
from groundswell.access.jwks import KeySet, fetch_from
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.refresh import RefreshTokens
from groundswell.access.revocations import Revocations
from groundswell.access.routes import token_routes
from groundswell.access.tokens import AccessTokens, signing_key
from groundswell.contract import times
from groundswell.contract.events import EVENT_TYPES
from groundswell.contract.inbox import inbox_topic
from groundswell.delivery.delivery import Delivery
from groundswell.delivery.replay import LogReplay
from groundswell.domains.engagement.acting import Actors, CrowdedPlaces
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.hot_routes import HotRoutes
from groundswell.domains.engagement.hotness import HotnessJob
from groundswell.domains.engagement.lists import LIVE_LISTS, RankedLists
from groundswell.domains.engagement.procedures import engagement_procedures
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.retention import Retention
from groundswell.domains.engagement.routes import engagement_router
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.domains.inbox.push.keys import VapidKey
from groundswell.domains.inbox.routes import inbox_router
from groundswell.domains.inbox.wiring import InboxParts, inbox_handler, inbox_parts
from groundswell.http.attempts import Attempts
from groundswell.http.body import ApiRequest
from groundswell.http.callers import Callers
from groundswell.http.cors import allowed_origins, cors_config
from groundswell.http.failures import exception_handlers
from groundswell.http.middleware import surround
from groundswell.http.openapi import openapi_config, openapi_routes
from groundswell.http.trpc import trpc_routes
from groundswell.importing.handler import ImportBatches
from groundswell.importing.session import ImportServices
from groundswell.log.consumers import Consumer
from groundswell.log.journal import SqlJournal
from groundswell.log.reader import EventLog
from groundswell.log.recent import RecentEvents
from groundswell.ops.metrics import RequestMetrics, make_registry
from groundswell.ops.routes import ops_routes
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.asyncapi import (
    POLLING,
    SOCKET_IO,
    STREAM,
    WEBSOCKET,
    asyncapi_document,
)
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.digests import Digest
from groundswell.realtime.doors.asyncapi import asyncapi_routes
from groundswell.realtime.doors.polling import PollingDoor, polling_routes
from groundswell.realtime.doors.polling.answers import Unsubscribed
from groundswell.realtime.doors.sse.connection import Pacing
from groundswell.realtime.doors.sse.door import SseDoor
from groundswell.realtime.doors.sse.routes import sse_routes
from groundswell.realtime.doors.tickets import Viewers, ticket_routes
from groundswell.realtime.gateway.frames import ClientFrame
from groundswell.realtime.gateway.replies import REPLIES
from groundswell.realtime.hub import Hub, HubStatistics
from groundswell.realtime.messages import CaughtUp, Gap, Snapshot
from groundswell.realtime.tickets import Tickets, TicketsInMemory
from groundswell.settings import Settings
from groundswell.sockets import Sockets, sockets_of
from groundswell.store import Statement, Store, open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer
from groundswell.web.errors import for_browsers
from groundswell.web.routes import error_pages, web_router

if TYPE_CHECKING:
    from groundswell.realtime.broker.redis.broker import RedisBroker

_log = structlog.get_logger(__name__)

PING = Statement("SELECT 1")
REDIS_PATIENCE_SECONDS = 3.0
Close = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Core:
    """What writes: enough for the command line, and the base of the service."""

    settings: Settings
    store: Store
    log: EventLog
    writer: Writer
    lists: RankedLists
    hasher: AddressHasher
    places: CrowdedPlaces
    wakers: list[Callable[[], None]]

    def import_services(self) -> ImportServices:
        """What an import needs."""
        return ImportServices(
            store=self.store,
            submit=self.writer.submit,
            hash_for_log=lambda address: self.hasher.hash("log", address),
            clock=times.now,
        )


@dataclass(frozen=True, slots=True)
class Access:
    """The parts that know callers."""

    issuer: TokenIssuer
    revocations: Revocations
    callers: Callers


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its application, and what ends its long-lived connections."""

    application: ASGIApp
    sockets: Sockets
    drain: Close
    tokens: TokenIssuer
    core: Core


@dataclass(frozen=True, slots=True)
class Exchange:
    """How publications reach listeners; ``shared`` is the broker of several processes, if any."""

    broker: Broker
    hub: Hub
    replay: LogReplay
    shared: RedisBroker | None


def build_core(settings: Settings) -> Core:
    """The store, the writer and the lists; nothing runs yet."""
    clock = times.now
    store = open_store(settings.database_url)
    recent = RecentEvents()
    lists = RankedLists(
        store, clock, minimum_actors=settings.minimum_actors, per_owner=settings.per_owner
    )
    wakers: list[Callable[[], None]] = [lists.changed]
    engagement = engagement_handler(feed_days=settings.feed_days)
    writer = Writer(
        store,
        (engagement, inbox_handler(), ImportBatches((engagement,), clock).handler),
        SqlJournal(clock, recent),
        clock=clock,
        capacity=settings.write_queue,
        batch=settings.write_batch,
        on_commit=partial(_wake_all, wakers),
    )
    secret = settings.root_secret()
    hasher = AddressHasher(
        secret,
        settings.address_profile,
        clock=clock,
        # Processes that count limits together must call an address by the same name.
        daily_key=derived_daily_keys(secret) if settings.redis_url else None,
    )
    city_file = Path(settings.geoip_file) if settings.geoip_file else None
    places = CrowdedPlaces(locator(city_file), crowd=settings.city_crowd)
    return Core(settings, store, EventLog(store, recent), writer, lists, hasher, places, wakers)


@asynccontextmanager
async def running_core(settings: Settings) -> AsyncIterator[Core]:
    """A core whose writer works; on leaving, everything that waits is written first.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    await upgrade(settings.database_url)
    core = build_core(settings)
    await core.store.open()
    writing = asyncio.create_task(core.writer.run())
    try:
        yield core
    finally:
        core.writer.close()
        await writing
        await core.store.close()


@asynccontextmanager
async def running_service(settings: Settings, notice: str | None = None) -> AsyncIterator[Service]:
    """The whole service in this process.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    async with running_core(settings) as core:
        clock = times.now
        exchange = await _exchange(core)
        hub, shared = exchange.hub, exchange.shared
        delivery_consumer, door, delivery = await _live(core, exchange)
        access = access_of(core)
        tickets, close_tickets = _tickets(settings, access.revocations)
        viewers = Viewers(tickets)
        polling = PollingDoor(
            hub,
            exchange.broker,
            exchange.replay,
            delivery.snapshot,
            TopicAccess(),
            is_valid=lambda caller: caller.session_id not in access.revocations,
        )
        sockets = sockets_of(
            settings,
            hub,
            exchange.broker,
            delivery.snapshot,
            access.issuer,
            access.revocations,
            access.callers,
            tickets,
        )
        inbox = _inbox(core, hub)
        await inbox.consumer.start()
        hotness = HotnessJob(core.store, clock, settings.hotness_seconds)
        retention = Retention(
            core.store, clock, hash_days=settings.hash_days, feed_days=settings.feed_days
        )
        limits, close_limits = _limits(settings)
        actors = Actors(core.hasher, core.places, clock)
        actions = Actions(core.writer.submit, limits, core.hasher, actors, clock)
        queries = EngagementQueries(core.store, clock)
        registry = make_registry(
            {
                "writer": core.writer.statistics,
                "store": core.store.statistics,
                "delivery": delivery.statistics,
                "log": lambda: {
                    "consumer_position": float(delivery_consumer.position),
                    "consumer_failures_total": delivery_consumer.statistics()["failures_total"],
                    "consumer_lag": float(delivery_consumer.known_lag),
                },
                "hub": lambda: _hub_figures(hub.statistics()),
                "sse": lambda: {"connections": float(door.statistics().connections)},
                "polling": polling.statistics,
                "sockets": sockets.statistics,
                "inbox": inbox.statistics,
                "lists": core.lists.statistics,
                "hotness": hotness.statistics,
                "retention": retention.statistics,
                "limits": limits.statistics,
                **({"redis": shared.statistics} if shared else {}),
            }
        )
        named = allowed_origins(settings.allowed_origins)
        application = Litestar(
            [
                engagement_router(actions, queries, core.lists, clock),
                inbox_router(inbox.actions, clock),
                token_routes(access.issuer, clock),
                *sse_routes(door, viewers),
                *polling_routes(polling, viewers),
                *ticket_routes(tickets),
                *asyncapi_routes(_live_document()),
                *trpc_routes(engagement_procedures(actions, queries, core.lists), access.callers),
                *openapi_routes(),
                *ops_routes({"database": lambda: core.store.fetch(PING)}, registry),
                web_router(
                    queries=queries,
                    lists=core.lists,
                    actions=actions,
                    csrf_key=derive_key(settings.root_secret(), "groundswell/csrf"),
                    notice=notice,
                    secure_cookies=settings.public_https,
                ),
            ],
            dependencies={
                "caller": Provide(access.callers.provide),
                "idempotency": Provide(Attempts(core.hasher).provide),
            },
            exception_handlers=_handlers(notice),
            request_class=ApiRequest,
            request_max_body_size=settings.body_limit,
            openapi_config=openapi_config(__version__),
            cors_config=cors_config(named),
            logging_config=None,
        )
        hot = HotRoutes(application, access.callers, actions, body_limit=settings.body_limit)
        surrounded = surround(
            sockets.socketio.before(hot),
            https=settings.public_https,
            origins=named,
            log_requests=settings.log_requests,
        )
        jobs = (
            delivery_consumer.run(),
            delivery.run(),
            core.lists.run(),
            hotness.run(),
            retention.run(),
            access.revocations.run(),
            sockets.gateway.run(),
            sockets.server.run(),
            *inbox.jobs(),
            *([shared.run()] if shared else []),
        )
        await access.revocations.load()
        async with _running(*jobs):
            if shared and not await shared.wait_joined(REDIS_PATIENCE_SECONDS):
                _log.error("redis does not answer: every process is live for itself until it does")
            drain = partial(_drain_all, (door.drain, polling.drain, sockets.drain))
            measured = RequestMetrics(surrounded, registry)
            yield Service(measured, sockets, drain, access.issuer, core)
            delivery_consumer.stop()
            inbox.consumer.stop()
        if shared:
            await shared.close()
        await close_tickets()
        await close_limits()


async def _exchange(core: Core) -> Exchange:
    """From whoever publishes to the listeners of this process, or of all that share a Redis."""
    head, log_id = await core.log.head(), await core.log.log_id()
    if not core.settings.redis_url:
        alone = MemoryBroker(after_seq=head)
        hub = Hub()
        hub.reached(head)
        alone.attach(hub.deliver)
        return Exchange(alone, hub, LogReplay(core.log, log_id, lambda: hub.seq), None)
    # Needs the optional Redis client.
    from groundswell.realtime.broker.redis.broker import RedisBroker  # noqa: PLC0415

    replay = LogReplay(core.log, log_id, lambda: shared_hub.seq)
    shared = RedisBroker(
        core.settings.redis_url,
        log_id=log_id,
        source=replay,
        delivered=head,
        always=frozenset(LIVE_LISTS),
    )
    shared_hub = Hub(shared)
    shared.serve(shared_hub)
    return Exchange(shared, shared_hub, replay, shared)


async def _live(core: Core, exchange: Exchange) -> tuple[Consumer, SseDoor, Delivery]:
    """From the log to the listeners."""
    broker, shared = exchange.broker, exchange.shared
    speaks = (lambda: shared.speaks) if shared else (lambda: True)
    delivery = Delivery(broker, core.lists, times.now, speaks=speaks)
    consumer = Consumer("delivery", core.log, delivery.consume)
    await consumer.start()
    core.wakers.append(consumer.wake)
    if shared:
        shared.on_others(consumer.wake)
    beat = core.settings.heartbeat_seconds
    door = SseDoor(
        exchange.hub,
        broker,
        exchange.replay,
        delivery.snapshot,
        pacing=Pacing(heartbeat=(beat * 0.75, beat * 1.25)),
        max_connections=core.settings.sse_connections,
    )
    return consumer, door, delivery


def _inbox(core: Core, hub: Hub) -> InboxParts:
    """The inboxes; users count as connected while somebody here listens to their inbox."""

    async def is_connected(user_id: str) -> bool:
        return hub.is_heard(inbox_topic(user_id))

    settings = core.settings
    contact = settings.push_contact
    inbox = inbox_parts(
        core.store,
        core.log,
        core.writer.submit,
        times.now,
        admit=TopicAccess().admit,
        is_connected=is_connected,
        push_key=VapidKey(settings.root_secret(), contact) if contact else None,
    )
    core.wakers.append(inbox.wake)
    return inbox


def access_of(core: Core) -> Access:
    """Who may call, and as whom."""
    settings, clock = core.settings, times.now
    key_set = KeySet(fetch_from(settings.jwks_url)) if settings.jwks_url else None
    jwt_secret = settings.jwt_secret.encode() or None
    key = signing_key(settings.root_secret(), jwt_secret, key_set is not None)
    refresh = RefreshTokens(core.store)
    revocations = Revocations(core.store, refresh, clock)
    issuer = TokenIssuer(AccessTokens(key, key_set), refresh, revocations)
    authenticator = Authenticator(
        ApiKeys(core.store, settings.api_key or None),
        issuer,
        TrustedProxies.parse(settings.trusted_proxies),
    )
    return Access(issuer, revocations, Callers(authenticator, clock))


def _handlers(notice: str | None) -> ExceptionHandlersMap:
    """Problems for programs; browsers get a page where no route knows the address."""
    handlers = dict(exception_handlers())
    pages = error_pages(notice=notice)
    handlers[NotFoundException] = for_browsers(pages, handlers[HTTPException])
    return handlers


def _limits(settings: Settings) -> tuple[RateLimits, Close]:
    """The rate limits, and what gives their connections back."""
    limits = parse_limits(settings.rate_limits)
    if not settings.redis_url:
        return RateLimits(limits, WindowsInMemory), _nothing
    # Needs the optional Redis client.
    from groundswell.access.redis_windows import RedisWindows  # noqa: PLC0415

    windows = RedisWindows(settings.redis_url)
    return RateLimits(limits, windows), windows.close


def _tickets(settings: Settings, revocations: Revocations) -> tuple[Tickets, Close]:
    """The tickets to connect with, and what gives their connections back."""
    if not settings.redis_url:
        return Tickets(TicketsInMemory(times.now), is_revoked=revocations.__contains__), _nothing
    # Needs the optional Redis client.
    from groundswell.realtime.redis_tickets import TicketsInRedis  # noqa: PLC0415

    store = TicketsInRedis(settings.redis_url)
    return Tickets(store, is_revoked=revocations.__contains__), store.close


def _live_document() -> dict[str, Any]:
    """What is live, over the doors that are open."""
    return asyncapi_document(
        __version__,
        (WEBSOCKET, SOCKET_IO, STREAM, POLLING),
        stream=(Snapshot, CaughtUp, Gap, Unsubscribed),
        gateway=(*REPLIES, Digest),
        client=get_args(ClientFrame),
        events=EVENT_TYPES,
    )


async def _drain_all(drains: tuple[Close, ...]) -> None:
    """End what is long-lived, all at once."""
    await asyncio.gather(*(drain() for drain in drains), return_exceptions=True)


async def _nothing() -> None:
    """What is in memory needs no closing."""


@asynccontextmanager
async def _running(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Background jobs for the time of the block; one that fails is reported at once."""
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("background job failed", exc_info=error)


def _wake_all(wakers: list[Callable[[], None]]) -> None:
    for wake in wakers:
        wake()


def _hub_figures(figures: HubStatistics) -> dict[str, float]:
    """What counts since the start is a counter, the rest are gauges."""
    now = {"connections", "subscriptions", "topics"}
    return {
        name if name in now else f"{name}_total": float(value)
        for name, value in asdict(figures).items()
    }
