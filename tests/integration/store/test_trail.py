"""The operator's trail: decisions and refusals out of a log that is full of other things."""

from __future__ import annotations

import pytest

from groundswell.contract.events import EVENT_TYPES
from groundswell.contract.trail import TRAIL, TRAIL_TYPES
from groundswell.domains.moderation.commands import Decide, HoldContent
from groundswell.domains.moderation.handling import moderation_handler
from groundswell.log.trail import OLDER, Trail
from groundswell.store import Statement
from groundswell.store.migrate import upgrade
from tests.support.core import Core, running_core


def test_every_type_is_in_one_kind_and_there_is_such_an_event() -> None:
    assert len(TRAIL_TYPES) == len(set(TRAIL_TYPES)) == sum(map(len, TRAIL.values()))
    assert set(TRAIL_TYPES) <= set(EVENT_TYPES)


async def held(core: Core, item: str) -> None:
    await core.submit(
        HoldContent(
            at=core.clock.advance(1_000_000),
            item_id=item,
            kind="comment",
            author_id="ada",
            body="x",
            payload="{}",
            rules=("links",),
        )
    )


async def test_it_is_read_newest_first_page_by_page_and_by_kind(ready_url: str) -> None:
    async with running_core(ready_url, handlers=(moderation_handler(),)) as core:
        trail = Trail(core.store)
        for number in range(5):
            await core.register()
            await held(core, f"held-{number}")
        decide = Decide(at=core.clock.advance(1), item_id="held-1", approve=False, reason="Spam")
        await core.submit(decide)
        entries = await trail.older(None, None, 4)
        assert [one.event_type for one in entries] == [
            "moderation.content.rejected",
            *["moderation.content.held"] * 3,
        ]
        assert entries[0].data["reason"] == "Spam"
        further = await trail.older(None, entries[-1].seq, 4)
        assert [one.data["itemId"] for one in further] == ["held-1", "held-0"]
        assert [one.data["itemId"] for one in await trail.older("decisions", None, 9)] == ["held-1"]
        assert len(await trail.older("refusals", None, 9)) == 5
        assert await trail.older("webhooks", None, 9) == []


async def test_it_is_found_by_its_own_index(sqlite_url: str) -> None:
    await upgrade(sqlite_url)
    async with running_core(sqlite_url, handlers=(moderation_handler(),)) as core:
        plan = await core.store.fetch(
            Statement(f"EXPLAIN QUERY PLAN {OLDER.sqlite}"),
            event_type="moderation.content.held",
            before=9,
            limit=5,
        )
    assert any("ix_event_log_trail" in str(row) for row in plan), plan


@pytest.mark.parametrize("kind", list(TRAIL))
async def test_an_empty_log_has_no_trail(ready_url: str, kind: str) -> None:
    async with running_core(ready_url, handlers=(moderation_handler(),)) as core:
        assert await Trail(core.store).older(kind, None, 5) == []  # type: ignore[arg-type]
