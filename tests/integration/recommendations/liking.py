"""A core with recommendations, and short ways to say what people do with files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from groundswell.app.catalogue import MediaCatalogue
from groundswell.contract.paging import Page
from groundswell.contract.privacy import Discretion
from groundswell.domains.engagement.commands import (
    Actor,
    CastVote,
    DeleteMedia,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RemoveVote,
    UpdateMedia,
)
from groundswell.domains.engagement.deeds import EngagementDeeds
from groundswell.domains.engagement.erasing import ENGAGEMENT_ERASER
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.domains.recommendations.audit import audit_tastes
from groundswell.domains.recommendations.erasing import RECOMMENDATION_ERASER
from groundswell.domains.recommendations.following import Following
from groundswell.domains.recommendations.learning import recommendation_handler
from groundswell.domains.recommendations.queries import RecommendationQueries
from groundswell.domains.recommendations.rebuilding import rebuild_tastes
from groundswell.domains.recommendations.views import RecommendedMedia
from groundswell.store import Transaction
from groundswell.store.persons import Erasure
from groundswell.store.statement import Statement
from tests.support.core import FEED_DAYS, Core, ManualClock, user
from tests.support.core import running_core as _running_core

TABLES = ("person_files", "file_tastes", "file_pairs")
HASH_DAYS = 30


@dataclass
class Wishes:
    """Who is incognito."""

    incognito: set[str] = field(default_factory=set)

    async def of(self, _: Transaction, users: Collection[str]) -> Mapping[str, Discretion]:
        return {one: Discretion(incognito=True) for one in users if one in self.incognito}


@dataclass
class Liking:
    """People and files on a running core; time passes between any two deeds."""

    core: Core
    wishes: Wishes
    following: Following
    queries: RecommendationQueries
    position: int = 0

    def _now(self) -> int:
        return self.core.clock.advance(1_000)

    async def file(self, title: str = "Song", owner: str | None = None) -> int:
        return await self.core.register(title, owner_id=owner, duration_seconds=180)

    async def files(self, count: int) -> list[int]:
        return [await self.file(f"Song {number}") for number in range(1, count + 1)]

    async def vote(self, by: Actor, media: int, vote: str = "up") -> None:
        await self.core.submit(
            CastVote(at=self._now(), by=by, media_file_id=media, vote_type=vote)  # type: ignore[arg-type]
        )

    async def unvote(self, by: Actor, media: int) -> None:
        await self.core.submit(RemoveVote(at=self._now(), by=by, media_file_id=media))

    async def play(self, by: Actor, media: int, seconds: int = 170) -> None:
        await self.core.submit(
            RecordPlay(at=self._now(), by=by, media_file_id=media, play_duration=seconds)
        )

    async def download(self, by: Actor, media: int) -> None:
        await self.core.submit(RecordDownload(at=self._now(), by=by, media_file_id=media))

    async def view(self, by: Actor, media: int) -> None:
        await self.core.submit(RecordView(at=self._now(), by=by, media_file_id=media))

    async def comment(self, by: Actor, media: int) -> None:
        await self.core.submit(
            RecordComment(at=self._now(), by=by, media_file_id=media, body="Fine.")
        )

    async def delete(self, media: int) -> None:
        await self.core.submit(DeleteMedia(at=self._now(), media_file_id=media))

    async def hide(self, media: int) -> None:
        await self.core.submit(UpdateMedia(at=self._now(), media_file_id=media, state="hidden"))

    async def crowd(self, *media: int, people: int = 3, name: str = "fan") -> None:
        """So many people vote for all of these."""
        for number in range(people):
            for one in media:
                await self.vote(user(f"{name}-{number}"), one)

    async def learn(self, portion: int = 500) -> None:
        """Read the log to its end, as the consumer does."""
        while events := await self.core.log.after(self.position, portion):
            await self.following.consume(events)
            self.position = events[-1].seq

    async def erase(self, user_id: str) -> int:
        key = f"user:{user_id}"
        erasure = Erasure("gone", user_id, frozenset({key}), frozenset({key}), self._now())
        async with self.core.store.writing() as tx:
            assert ENGAGEMENT_ERASER.find is not None
            trail = await ENGAGEMENT_ERASER.find(tx, erasure, 0)
            tail = _NoTail()
            await ENGAGEMENT_ERASER.erase(tx, erasure, trail, tail)
            return await RECOMMENDATION_ERASER.erase(tx, erasure, {}, tail)

    async def rebuild(self) -> None:
        await rebuild_tastes(self.core.store, EngagementDeeds())

    async def audit(self) -> list[str]:
        return await audit_tastes(self.core.store)

    async def stored(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of the slice."""
        return {table: sorted(await self.core.rows(f"SELECT * FROM {table}")) for table in TABLES}

    async def related(self, media: int, **more: bool) -> list[int]:
        """What is liked together with a file, best first."""
        page = await self.queries.related(media, 50, **more)
        return together(page)

    async def for_user(self, user_id: str) -> list[int]:
        return together(await self.queries.for_user(user_id, 50))


class _NoTail:
    def append(self, *_: object) -> int:
        return 0

    async def flush(self, _: Transaction) -> None:
        return None


def together(page: Page[RecommendedMedia]) -> list[int]:
    """The files that are there because of people, not because they are popular."""
    return [one.media_file_id for one in page.items if one.reason == "together"]


@asynccontextmanager
async def running_recommendations(url: str) -> AsyncIterator[Liking]:
    """All of it on a database that has the schema."""
    wishes = Wishes()
    engagement = engagement_handler(feed_days=FEED_DAYS, discretions=wishes.of)
    clock = ManualClock()
    deeds = EngagementDeeds()
    async with _running_core(
        url, clock, engagement=engagement, handlers=(recommendation_handler(deeds),)
    ) as core:
        yield Liking(
            core,
            wishes,
            Following(core.submit, clock, hash_days=HASH_DAYS, timer=lambda: 0.0),
            RecommendationQueries(core.store, MediaCatalogue(core.store, core.lists, clock), clock),
        )


async def clear(liking: Liking) -> None:
    """Back to nothing."""
    async with liking.core.store.writing() as tx:
        for table in TABLES:
            await tx.fetch(Statement(f"DELETE FROM {table}"))
    await liking.core.clear()
    liking.position = 0
    liking.wishes.incognito.clear()
