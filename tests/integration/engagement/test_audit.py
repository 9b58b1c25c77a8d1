"""The audit finds every figure that is wrong, and rebuilding makes them right."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.times import HOUR
from groundswell.domains.engagement.audit import audit_engagement
from groundswell.domains.engagement.commands import (
    CastVote,
    DeleteMedia,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RemoveVote,
)
from groundswell.domains.engagement.rebuilding import rebuild
from groundswell.store import Statement
from tests.support.core import START, Core, visitor

ALWAYS = (
    "qualified_play_count",
    "download_count",
    "view_count",
    "comment_count",
    "upvotes",
    "downvotes",
)


async def _history(core: Core) -> int:
    """A file to which everything happened, and one that was deleted afterwards."""
    media, other = await core.register(play_count=3), await core.register()
    for name in ("ann", "bob", "cyd"):
        for one in (media, other):
            who: dict[str, Any] = {"media_file_id": one, "by": visitor(name), "at": core.clock()}
            await core.together(
                *(RecordPlay(play_duration=seconds, **who) for seconds in (60, 5)),
                RecordDownload(**who),
                RecordView(**who),
                RecordComment(body="Yes", **who),
                CastVote(vote_type="down" if name == "cyd" else "up", **who),
            )
        core.clock.advance(HOUR)
    await core.submit(RemoveVote(media_file_id=media, by=visitor("ann"), at=core.clock()))
    await core.submit(DeleteMedia(media_file_id=other, at=core.clock()))
    return media


async def _change(core: Core, sql: str, **parameters: Any) -> None:
    async with core.store.writing() as tx:
        await tx.fetch(Statement(sql), **parameters)


async def _found(core: Core) -> str:
    _, differences = await audit_engagement(core.store)
    return "\n".join(str(one) for one in differences)


async def test_a_true_account_has_no_differences(core: Core) -> None:
    await _history(core)
    compared, differences = await audit_engagement(core.store)
    assert differences == []
    assert compared > 2 * 7 * 3


async def test_an_empty_database_agrees(core: Core) -> None:
    await core.assert_consistent()


@pytest.mark.parametrize("counter", ["play_count", *ALWAYS])
async def test_a_wrong_counter_is_found_and_rebuilt(core: Core, counter: str) -> None:
    media = await _history(core)
    await _change(core, f"UPDATE media SET {counter} = {counter} + 1 WHERE media_file_id = {media}")
    found = await _found(core)
    assert f"media {media} {counter} (logs)" in found
    assert f"media {media} {counter} (events)" in found
    assert await rebuild(core.store) == 2
    assert await _found(core) == ""


@pytest.mark.parametrize(
    "sum_of", ["plays", "qualified_plays", "downloads", "views", "comments", "net_votes"]
)
async def test_a_wrong_hour_is_found_and_rebuilt(core: Core, sum_of: str) -> None:
    media = await _history(core)
    hour = START - START % HOUR
    where = f"WHERE media_file_id = {media} AND hour = {hour}"
    await _change(core, f"UPDATE media_hours SET {sum_of} = {sum_of} + 1 {where}")
    assert f"media {media} hour {hour}" in await _found(core)
    await rebuild(core.store)
    assert await _found(core) == ""


async def test_an_hour_too_few_or_too_many_is_found(core: Core) -> None:
    media = await _history(core)
    where = f"WHERE media_file_id = {media} AND hour = {START - START % HOUR}"
    await _change(core, f"UPDATE media_hours SET hour = hour - {HOUR} {where}")
    found = await _found(core)
    assert "recomputed None" in found
    assert "stored None" in found


@pytest.mark.parametrize("table", ["play_logs", "download_logs", "view_logs", "comments", "votes"])
async def test_a_lost_log_row_is_found(core: Core, table: str) -> None:
    media = await _history(core)
    of_file = f"SELECT MAX(id) FROM {table} WHERE media_file_id = {media}"
    await _change(core, f"DELETE FROM {table} WHERE id = ({of_file})")
    assert "(logs)" in await _found(core)


async def test_a_lost_event_is_found(core: Core) -> None:
    await _history(core)
    await _change(core, "DELETE FROM event_log WHERE seq = 5")
    found = await _found(core)
    assert "events in the log" in found
    assert "(events)" in found


async def test_rebuilding_changes_nothing_that_is_right(core: Core) -> None:
    media = await _history(core)
    before = await core.queries.stats(media), await core.rows("SELECT * FROM media ORDER BY 1")
    await rebuild(core.store)
    after = await core.queries.stats(media), await core.rows("SELECT * FROM media ORDER BY 1")
    assert after == before
