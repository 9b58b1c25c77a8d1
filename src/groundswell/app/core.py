"""What writes: enough for the command line, and the base of the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from groundswell.access.geo import locator
from groundswell.access.hashing import AddressHasher, derived_daily_keys
from groundswell.app.persons import ERASERS
from groundswell.contract import times
from groundswell.domains.announcements.announcing import announcement_handler
from groundswell.domains.engagement.acting import CrowdedPlaces
from groundswell.domains.engagement.deeds import EngagementDeeds
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.quarantine import quarantine_handler
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.domains.engagement.withdrawing import withdraw
from groundswell.domains.inbox.wiring import inbox_handler
from groundswell.domains.intake.taking import intake_handler
from groundswell.domains.leaderboards.handling import leaderboard_handler
from groundswell.domains.moderation.handling import moderation_handler
from groundswell.domains.network.handling import network_handler
from groundswell.domains.network.rows import are_friends
from groundswell.domains.privacy.handling import privacy_handler
from groundswell.domains.privacy.wishes import wishes_of
from groundswell.domains.recommendations.learning import recommendation_handler
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.handling import referral_handler
from groundswell.domains.rewards.handling import rewards_handler
from groundswell.domains.sharing.handling import sharing_handler
from groundswell.domains.testimonials.handling import testimonial_handler
from groundswell.domains.webhooks.handling import webhook_handler
from groundswell.importing.handler import ImportBatches
from groundswell.importing.session import ImportServices
from groundswell.log.journal import SqlJournal
from groundswell.log.reader import EventLog
from groundswell.log.recent import RecentEvents
from groundswell.ops.refusals.commands import refusal_handler
from groundswell.settings import Settings
from groundswell.store import Store, open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Core:
    """What writes: enough for the command line, and the base of the service."""

    settings: Settings
    secret: bytes
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


def build_core(settings: Settings) -> Core:
    """The store, the writer and the lists; nothing runs yet."""
    clock = times.now
    store = open_store(settings.database_url)
    recent = RecentEvents()
    lists = RankedLists(
        store, clock, minimum_actors=settings.minimum_actors, per_owner=settings.per_owner
    )
    wakers: list[Callable[[], None]] = [lists.changed]
    secret = settings.root_secret()
    engagement = engagement_handler(feed_days=settings.feed_days, discretions=wishes_of)
    writer = Writer(
        store,
        (
            engagement,
            quarantine_handler(),
            inbox_handler(),
            announcement_handler(),
            intake_handler(),
            referral_handler(
                secret, settings.public_url.rstrip("/"), clock, Names(wishes_of, are_friends)
            ),
            rewards_handler(clock, wishes_of),
            sharing_handler(),
            leaderboard_handler(),
            testimonial_handler(),
            network_handler(),
            webhook_handler(),
            recommendation_handler(EngagementDeeds()),
            ImportBatches((engagement,), clock).handler,
            moderation_handler(),
            refusal_handler(),
            privacy_handler(ERASERS, withdraw),
        ),
        SqlJournal(clock, recent),
        clock=clock,
        capacity=settings.write_queue,
        batch=settings.write_batch,
        on_commit=partial(_wake_all, wakers),
    )
    hasher = AddressHasher(
        secret,
        settings.address_profile,
        clock=clock,
        # Processes that count limits together must call an address by the same name.
        daily_key=derived_daily_keys(secret) if settings.redis_url else None,
    )
    city_file = Path(settings.geoip_file) if settings.geoip_file else None
    places = CrowdedPlaces(locator(city_file), crowd=settings.city_crowd)
    log = EventLog(store, recent)
    return Core(settings, secret, store, log, writer, lists, hasher, places, wakers)


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


def _wake_all(wakers: list[Callable[[], None]]) -> None:
    for wake in wakers:
        wake()
