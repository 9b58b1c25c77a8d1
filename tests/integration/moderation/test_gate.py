"""What is held is read by nobody before it was approved, and published once after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.principal import Principal
from groundswell.contract.errors import Conflict
from groundswell.contract.moderation import ContentRejected
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.acting import Actors
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.views import HeldComment, PostedComment
from groundswell.domains.moderation.handling import moderation_handler
from groundswell.domains.moderation.offering import Moderation
from groundswell.domains.moderation.outside import FailMode, OutsideFilter
from groundswell.domains.moderation.rules import WordList
from tests.support.core import Core, running_core

WORDS = WordList(held=frozenset({"casino"}), rejected=frozenset({"buypills"}))
ADA = Principal("user", "ada", "203.0.113.7", None)


class _Nowhere:
    def of(self, _address: str, _actor: str, _at: int) -> None:
        return None


@dataclass
class Site:
    """A core whose comments go through the gate."""

    core: Core
    moderation: Moderation
    actions: Actions

    async def say(self, media: int, text: str) -> PostedComment | HeldComment:
        return await self.actions.comment(ADA, media, text)

    async def said(self, media: int) -> list[str]:
        return [one.body for one in (await self.core.queries.comments(media, 50)).items]


@asynccontextmanager
async def running_site(url: str, outside: OutsideFilter | None = None) -> AsyncIterator[Site]:
    async with running_core(url, handlers=(moderation_handler(),)) as core:
        moderation = Moderation(core.store, core.submit, core.clock, WORDS, outside)
        hasher = AddressHasher(b"s" * 32, clock=core.clock)
        limits = RateLimits(parse_limits("off"), WindowsInMemory)
        actors = Actors(hasher, _Nowhere(), core.clock)
        actions = Actions(core.submit, limits, hasher, actors, core.clock, moderation.gate)
        moderation.publish_by({"comment": actions.release_comment})
        yield Site(core, moderation, actions)
        await moderation.close()


@pytest_asyncio.fixture
async def site(ready_url: str) -> AsyncIterator[Site]:
    async with running_site(ready_url) as running:
        yield running


async def test_what_is_held_is_neither_read_nor_counted_nor_told(site: Site) -> None:
    media = await site.core.register()
    held = await site.say(media, "See you at the casino")
    assert isinstance(held, HeldComment)
    assert await site.said(media) == []
    assert (await site.core.queries.media(media)).comment_count == 0
    told = [one for event in await site.core.events() for one in publications(event)]
    assert not [one for one in told if b"comment" in one.data or b"casino" in one.data]
    (waiting,) = (await site.moderation.queue("held", 10, None)).items
    assert (waiting.item_id, waiting.body) == (held.moderation_id, "See you at the casino")
    assert (waiting.rules, waiting.author_id) == (["word_held"], "ada")


async def test_what_is_approved_is_published_once(site: Site) -> None:
    media = await site.core.register()
    held = await site.say(media, "See you at the casino")
    assert isinstance(held, HeldComment)
    for _ in range(2):
        item = await site.moderation.decide(
            held.moderation_id, approve=True, reason=None, idempotency=None
        )
        assert (item.state, item.body) == ("approved", None)
    await site.moderation.release()
    assert await site.said(media) == ["See you at the casino"]
    assert (await site.core.queries.media(media)).comment_count == 1
    await site.core.assert_consistent()


async def test_what_a_crash_left_behind_is_published_once(site: Site) -> None:
    media = await site.core.register()
    held = await site.say(media, "casino")
    assert isinstance(held, HeldComment)
    item, ending = held.moderation_id, RuntimeError("killed")

    async def published_and_killed(payload: bytes, attempt: str) -> None:
        await site.actions.release_comment(payload, attempt)
        raise ending

    site.moderation.publish_by({"comment": published_and_killed})
    with pytest.raises(RuntimeError):
        await site.moderation.decide(item, approve=True, reason=None, idempotency=None)
    site.moderation.publish_by({"comment": site.actions.release_comment})
    await site.moderation.release()
    await site.moderation.release()
    assert await site.said(media) == ["casino"]


async def test_what_is_rejected_is_not_kept_and_stays_rejected(site: Site) -> None:
    media = await site.core.register()
    held = await site.say(media, "casino")
    assert isinstance(held, HeldComment)
    decide = site.moderation.decide
    await decide(held.moderation_id, approve=False, reason="Spam", idempotency=None)
    with pytest.raises(Conflict):
        await decide(held.moderation_id, approve=True, reason=None, idempotency=None)
    assert await site.core.rows("SELECT body, payload FROM moderation_items") == [(None, None)]
    assert await site.said(media) == []


async def test_a_rejected_word_is_refused_at_once(site: Site) -> None:
    media = await site.core.register()
    with pytest.raises(ContentRejected):
        await site.say(media, "buypills")
    assert (await site.moderation.queue("held", 10, None)).items == []


async def test_approving_what_is_about_a_file_that_is_gone_publishes_nothing(site: Site) -> None:
    media = await site.core.register()
    held = await site.say(media, "casino")
    assert isinstance(held, HeldComment)
    await site.actions.delete(media)
    await site.moderation.decide(held.moderation_id, approve=True, reason=None, idempotency=None)
    rows = await site.core.rows("SELECT payload FROM moderation_items")
    assert rows == [(None,)]


@dataclass
class Outside:
    """A little filter over real HTTP."""

    answer: object = field(default_factory=lambda: {"verdict": "hold", "reason": "tone"})
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        return web.json_response(self.answer, status=self.status)


@asynccontextmanager
async def serving(outside: Outside) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/", outside.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_another_filter_is_asked_without_being_told_who(ready_sqlite: str) -> None:
    outside = Outside()
    async with serving(outside) as url:
        asking = OutsideFilter(url, "closed", lambda: 0)
        async with running_site(ready_sqlite, asking) as site:
            held = await site.say(await site.core.register(), "Hm")
    assert isinstance(held, HeldComment)
    assert outside.asked == [{"kind": "comment", "text": "Hm"}]


@pytest.mark.parametrize(("fail", "kind"), [("open", PostedComment), ("closed", HeldComment)])
async def test_the_fail_mode_decides_and_the_breaker_spares_a_broken_filter(
    ready_sqlite: str, fail: FailMode, kind: type
) -> None:
    outside = Outside(status=500)
    async with serving(outside) as url:
        asking = OutsideFilter(url, fail, lambda: 0)
        async with running_site(ready_sqlite, asking) as site:
            media = await site.core.register()
            said = [await site.say(media, f"Number {one}") for one in range(8)]
            assert site.moderation.statistics()["filter_breaker_open"] == 1
    assert {type(one) for one in said} == {kind}
    assert len(outside.asked) == 5
