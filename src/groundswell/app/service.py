"""The whole service in one process, running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from litestar.types import ASGIApp, ControllerRouterHandler

from groundswell.access.derivation import derive_key
from groundswell.access.issuer import TokenIssuer
from groundswell.access.routes import key_routes, token_routes
from groundswell.app.access import Close, access_of, limits_of, tickets_of
from groundswell.app.application import application, live_document
from groundswell.app.catalogue import MediaCatalogue
from groundswell.app.core import Core, running_core
from groundswell.app.desk import content_review_of, hooks_of
from groundswell.app.exchange import Exchange, exchange_of
from groundswell.app.figures import LiveFigures
from groundswell.app.live import live_of
from groundswell.app.mine import mine_of, verifying
from groundswell.app.mirrors import board_mirror
from groundswell.app.offers import offers_of
from groundswell.app.operations import PING, key_check, operations_of
from groundswell.app.projections import PROJECTIONS
from groundswell.app.refused import refused_of
from groundswell.app.review import review_of
from groundswell.app.sockets import Dealings, Sockets
from groundswell.contract import times
from groundswell.contract.inbox import inbox_topic
from groundswell.domains.engagement.acting import Actors
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.hotness import HotnessJob
from groundswell.domains.engagement.procedures import engagement_procedures
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.reports import Reports
from groundswell.domains.engagement.retention import Retention
from groundswell.domains.engagement.routes import engagement_router
from groundswell.domains.inbox.offering import Limit
from groundswell.domains.inbox.push.keys import VapidKey
from groundswell.domains.inbox.routes import inbox_router
from groundswell.domains.inbox.wiring import InboxParts, inbox_parts
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.recommendations.queries import RecommendationQueries
from groundswell.domains.testimonials.queries import TestimonialQueries
from groundswell.http.openapi import openapi_routes
from groundswell.http.trpc import trpc_routes
from groundswell.log.snapshotting import SnapshotJob
from groundswell.log.trail import Trail
from groundswell.ops.metrics import Answered, RequestMetrics, make_registry
from groundswell.ops.refusals.routes import refusal_routes
from groundswell.ops.routes import ops_routes, overview_routes
from groundswell.realtime.doors.asyncapi import asyncapi_routes
from groundswell.realtime.doors.polling import polling_routes
from groundswell.realtime.doors.spreading import spreading_routes
from groundswell.realtime.doors.sse.routes import sse_routes
from groundswell.realtime.doors.tickets import Viewers, ticket_routes
from groundswell.settings import Settings
from groundswell.web.audit import audit_pages
from groundswell.web.boards import board_router
from groundswell.web.desk import desk_of
from groundswell.web.hooks import hook_pages
from groundswell.web.me import me_router
from groundswell.web.moderation import moderation_pages
from groundswell.web.ops import ops_router
from groundswell.web.review import review_router
from groundswell.web.routes import web_router
from groundswell.web.testimonials import testimonial_pages

_log = structlog.get_logger(__name__)

REDIS_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its application, and what ends its long-lived connections."""

    application: ASGIApp
    sockets: Sockets
    drain: Close
    tokens: TokenIssuer
    core: Core


@asynccontextmanager
async def running_service(settings: Settings, notice: str | None = None) -> AsyncIterator[Service]:
    """The whole service in this process.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    async with running_core(settings) as core, board_mirror(core) as mirror:
        clock = times.now
        access = access_of(core)
        tickets, close_tickets = tickets_of(settings, access.revocations)
        limits, close_limits = limits_of(settings)
        refused = refused_of(core, access)
        actors = Actors(core.hasher, core.places, clock)
        offers = offers_of(core, limits, mirror)
        gate = offers.moderation.gate
        actions = Actions(core.writer.submit, limits, core.hasher, actors, clock, gate)
        offers.publish_held({"comment": actions.release_comment})
        await offers.start()
        exchange = await exchange_of(core, offers.is_member, offers.may_watch)
        offers.whereabouts.serve(exchange.presence)
        inbox = _inbox(core, exchange, partial(actions.limit, "inbox"))
        await inbox.consumer.start()
        performs = {**Reports(actions).performs, **offers.reports()}
        dealings = Dealings(inbox.port, performs, core.hasher, refused.note_report, gate)
        live = await live_of(core, access, exchange, tickets, dealings)
        live.delivery.begin_with(await offers.states())
        hotness = HotnessJob(core.store, clock, settings.hotness_seconds)
        retention = Retention(
            core.store, clock, hash_days=settings.hash_days, feed_days=settings.feed_days
        )
        snapshots = SnapshotJob(
            core.store,
            PROJECTIONS,
            clock,
            every_seconds=settings.snapshot_minutes * 60.0,
            keep=settings.snapshots_kept,
        )
        queries = EngagementQueries(core.store, clock)
        viewers = Viewers(access.credentials_of, tickets)
        answered = Answered()
        operations, parts = operations_of(
            core,
            live,
            inbox,
            {
                "writer": core.writer.statistics,
                "store": core.store.statistics,
                **live.statistics(),
                **LiveFigures(live, answered).parts(),
                "inbox": inbox.statistics,
                **offers.statistics(),
                "lists": core.lists.statistics,
                "hotness": hotness.statistics,
                "retention": retention.statistics,
                **refused.statistics(),
                "snapshots": snapshots.statistics,
                "limits": limits.statistics,
            },
        )
        registry = make_registry(parts)
        csrf_key = derive_key(core.secret, "groundswell/csrf")
        desk = desk_of(csrf_key, derive_key(core.secret, "groundswell/operators"), notice, clock)
        routes: list[ControllerRouterHandler] = [
            engagement_router(actions, queries, core.lists, clock),
            inbox_router(inbox.actions, clock),
            *offers.routes(),
            token_routes(access.issuer, clock),
            *key_routes(access.signing),
            *sse_routes(live.sse, viewers),
            *polling_routes(live.polling, viewers),
            *ticket_routes(tickets, viewers),
            *asyncapi_routes(live_document()),
            *trpc_routes(engagement_procedures(actions, queries, core.lists), access.callers),
            *openapi_routes(),
            *ops_routes({"database": lambda: core.store.fetch(PING)}, registry),
            *overview_routes(operations),
            *refusal_routes(refused.queries),
            *spreading_routes(live.sockets.gateway.rebalance),
            web_router(
                queries=queries,
                lists=core.lists,
                actions=actions,
                related=RecommendationQueries(
                    core.store, MediaCatalogue(core.store, core.lists, clock), clock
                ),
                csrf_key=csrf_key,
                notice=notice,
                secure_cookies=settings.public_https,
            ),
            testimonial_pages(
                published=TestimonialQueries(core.store, clock),
                csrf_key=csrf_key,
                notice=notice,
            ),
            board_router(
                boards=BoardQueries(core.store, clock, mirror.read if mirror else None),
                csrf_key=csrf_key,
                notice=notice,
            ),
            me_router(
                mine=mine_of(core, inbox.actions, limits),
                verify=verifying(access),
                csrf_key=csrf_key,
                notice=notice,
                secure_cookies=settings.public_https,
            ),
            moderation_pages(content_review=content_review_of(core, offers.moderation), desk=desk),
            hook_pages(hooks=hooks_of(core), desk=desk),
            audit_pages(trail=Trail(core.store), refused=refused.queries, desk=desk),
            review_router(review=review_of(core), desk=desk),
            ops_router(
                overview=operations.overview,
                check_key=key_check(core),
                desk=desk,
                secure_cookies=settings.public_https,
            ),
        ]
        served = application(core, access, live, actions, routes, refused.requests, notice)
        jobs = (
            *live.jobs(),
            core.lists.run(),
            hotness.run(),
            retention.run(),
            *refused.jobs(),
            snapshots.run(),
            operations.run(),
            access.revocations.run(),
            *inbox.jobs(),
            *offers.jobs(),
        )
        await access.revocations.load()
        shared = exchange.shared and exchange.shared.broker
        async with _running(*jobs):
            if shared and not await shared.wait_joined(REDIS_PATIENCE_SECONDS):
                _log.error("redis does not answer: every process is live for itself until it does")
            measured = RequestMetrics(served, registry, answered)
            yield Service(measured, live.sockets, live.drain, access.issuer, core)
            live.consumer.stop()
            inbox.consumer.stop()
            offers.stop()
        await refused.trail.flush()
        await live.close()
        await offers.moderation.close()
        await close_tickets()
        await close_limits()


def _inbox(core: Core, exchange: Exchange, limit: Limit) -> InboxParts:
    """The inboxes; users count as connected while somebody listens to their inbox."""

    async def is_connected(user_id: str) -> bool:
        return await exchange.is_heard(inbox_topic(user_id))

    contact = core.settings.push_contact
    inbox = inbox_parts(
        core.store,
        core.log,
        core.writer.submit,
        times.now,
        admit=exchange.rules.admit,
        is_connected=is_connected,
        push_key=VapidKey(core.secret, contact) if contact else None,
        limit=limit,
    )
    core.wakers.append(inbox.wake)
    return inbox


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
