"""Whatever is damaged, a replay finds it and puts it right; a snapshot is never trusted blindly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from groundswell.app.projections import PROJECTIONS
from groundswell.contract import times
from groundswell.domains.leaderboards.projections import LEADERBOARD_PROJECTION
from groundswell.log.projections import Projection
from groundswell.log.replay import Outcome, replay
from groundswell.log.snapshotting import SnapshotJob
from tests.support.whole import Whole, running_whole

HISTORY = (
    *(("register", "bob", "ann"), ("register", "cid", "ann"), ("register", "dan", "bob")),
    *(("click", "ann", "cid"), ("click", "ann", "bob"), ("decide", "ann", "bob")),
    *(("score", "ann", "bob"), ("score", "bob", "cid"), ("hide", "bob", "ann")),
    *(("share", "ann", "cid"), ("follow", "cid", "dan"), ("engage", "cid", "dan")),
    *(("befriend", "ann", "bob"), ("befriend", "bob", "ann"), ("block", "cid", "dan")),
    *(("play", "ann", "bob"), ("play", "bob", "cid")),
)
DAMAGES = {
    "media": "UPDATE media SET play_count = play_count + 1",
    "programs": "UPDATE programs SET referrals = 0, conversions = 99",
    "referral_codes": "UPDATE referral_codes SET human_clicks = 77",
    "referral_discards": "UPDATE referral_discards SET clicks = clicks + 1",
    "referrers": "DELETE FROM referrers",
    "referrals": "UPDATE referrals SET referrer_id = 'eve'",
    "referral_conversions": "DELETE FROM referral_conversions",
    "reward_programs": "UPDATE reward_programs SET terms = '[]'",
    "reward_conversions": "UPDATE reward_conversions SET counted = 0",
    "reward_counts": "UPDATE reward_counts SET conversions = conversions + 1",
    "reward_sums": "DELETE FROM reward_sums",
    "rewards": "UPDATE rewards SET status = 'paid', reversed_minor = 7",
    "ledger_entries": "DELETE FROM ledger_entries WHERE account = 'program'",
    "ledger_balances": "UPDATE ledger_balances SET amount_minor = amount_minor + 1",
    "boards": "UPDATE boards SET name = 'Eve'",
    "board_windows": "UPDATE board_windows SET window_end = window_end + 1",
    "board_events": "DELETE FROM board_events",
    "board_entries": "UPDATE board_entries SET descending = descending - 1",
    "board_counts": "UPDATE board_counts SET members = members + 1",
    "board_hidden": "DELETE FROM board_hidden",
    "shares": "UPDATE shares SET clicks = 9, state = 'deleted'",
    "share_engagements": "DELETE FROM share_engagements",
    "connections": "DELETE FROM connections",
    "blocks": "UPDATE blocks SET at = 1",
}


@pytest_asyncio.fixture
async def whole(ready_url: str) -> AsyncIterator[Whole]:
    async with running_whole(ready_url) as one:
        for act in HISTORY:
            await one.act(*act)
        await one.settle()
        yield one


async def replayed(whole: Whole, *, mend: bool = False, **how: Any) -> list[Outcome]:
    return await replay(whole.core.store, PROJECTIONS, mend=mend, **how)


def wrong(outcomes: list[Outcome]) -> set[str]:
    return {one.table.name for outcome in outcomes for one in outcome.differences}


def job(whole: Whole, *projections: Projection, keep: int = 2) -> SnapshotJob:
    return SnapshotJob(
        whole.core.store, projections or PROJECTIONS, times.now, every_seconds=60.0, keep=keep
    )


async def test_every_damage_is_found_and_put_right(whole: Whole) -> None:
    assert wrong(await replayed(whole)) == set()
    for table, damage in DAMAGES.items():
        await whole.change(damage)
        assert wrong(await replayed(whole)) == {table}
        mended = await replayed(whole, mend=True)
        assert wrong(mended) == {table}
        assert sum(one.left for one in mended) == 0
        assert wrong(await replayed(whole)) == set(), table


async def test_everything_at_once_is_put_right_from_a_snapshot_too(whole: Whole) -> None:
    await job(whole).take_once()
    await whole.act("score", "dan", "ann")
    for damage in DAMAGES.values():
        await whole.change(damage)
    mended = await replayed(whole, mend=True)
    assert wrong(mended) >= DAMAGES.keys() - {"referrers"}
    assert all(one.begun > 0 for one in mended)
    assert wrong(await replayed(whole, snapshots=False)) == set()


async def test_what_only_the_table_knew_is_told_and_left(whole: Whole) -> None:
    await whole.change("DELETE FROM programs")
    mended = await replayed(whole, mend=True)
    assert sum(one.left for one in mended) == 1
    lines = [str(line) for one in mended for line in one.differences]
    assert lines[0].startswith("programs spring: kept None, the log says (1, 'Spring', 'active'")
    assert lines[0].endswith("the log alone cannot mend it")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE projection_snapshots SET checksum = 'x'", "wrong checksum"),
        ("UPDATE projection_snapshots SET seq = seq - 1", "wrong checksum"),
        ("UPDATE projection_snapshot_parts SET content = 'AAAA'", "not readable"),
        ("DELETE FROM projection_snapshot_parts", "not readable"),
        ("UPDATE projection_snapshots SET shape = 'older'", "made by another version"),
        ("UPDATE projection_snapshots SET log_id = 'another'", "of another log"),
    ],
)
async def test_a_snapshot_that_is_not_sound_is_refused(
    whole: Whole, damage: str, problem: str
) -> None:
    await job(whole, LEADERBOARD_PROJECTION).take_once()
    if "seq = seq - 1" in damage:
        await whole.change("UPDATE projection_snapshot_parts SET seq = seq - 1")
    await whole.change(damage)
    with capture_logs() as logs:
        (outcome,) = await replay(whole.core.store, (LEADERBOARD_PROJECTION,), mend=False)
    assert [one["problem"].startswith(problem) for one in logs] == [True], logs
    assert (outcome.begun, outcome.differences) == (0, ())


async def test_an_older_snapshot_is_used_where_the_newest_is_not_sound(whole: Whole) -> None:
    await job(whole).take_once()
    first = (await replayed(whole))[0].begun
    await whole.act("score", "dan", "ann")
    await job(whole).take_once()
    assert (await replayed(whole))[0].begun > first
    await whole.change(f"UPDATE projection_snapshots SET checksum = 'x' WHERE seq > {first}")
    outcomes = await replayed(whole)
    assert {one.begun for one in outcomes} == {first}
    assert wrong(outcomes) == set()


async def test_only_the_newest_are_kept(whole: Whole) -> None:
    for points in ("ann", "bob", "cid", "dan"):
        await whole.act("score", points, "ann")
        await job(whole, LEADERBOARD_PROJECTION, keep=2).take_once()
    kept = await whole.rows("SELECT seq FROM projection_snapshots ORDER BY seq DESC")
    parts = await whole.rows("SELECT DISTINCT seq FROM projection_snapshot_parts ORDER BY seq DESC")
    assert len(kept) == 2
    assert kept == parts
    (outcome,) = await replay(whole.core.store, (LEADERBOARD_PROJECTION,), mend=False)
    assert (outcome.begun, outcome.differences) == (kept[0][0], ())


async def test_no_snapshot_outlives_somebody_who_is_forgotten(whole: Whole) -> None:
    await job(whole).take_once()
    await whole.act("leave", "ann", "")
    await whole.settle()
    assert await whole.rows("SELECT * FROM projection_snapshots") == []
    assert await whole.rows("SELECT * FROM projection_snapshot_parts") == []
    assert wrong(await replayed(whole)) == set()


async def test_a_fold_made_while_somebody_is_forgotten_is_not_stored(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = job(whole)
    advance = one._advance

    async def slowly(*given: Any) -> None:
        await advance(*given)
        await whole.act("leave", "ann", "")

    monkeypatch.setattr(one, "_advance", slowly)
    await one.take_once()
    assert await whole.rows("SELECT * FROM projection_snapshots") == []
