"""Any history, replayed, gives the rows that are kept: from the first event, and from snapshots."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.app.projections import PROJECTIONS
from groundswell.contract import times
from groundswell.log.replay import replay
from groundswell.log.snapshotting import SnapshotJob
from tests.support.fixtures import emptied
from tests.support.whole import ACTS, Whole, running_whole

USERS = st.sampled_from(("ann", "bob", "cid", "dan"))
HISTORIES = st.lists(
    st.tuples(st.sampled_from((*ACTS, "register", "register")), USERS, USERS),
    min_size=1,
    max_size=14,
)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=HISTORIES, snapshots=st.sets(st.integers(0, 13), max_size=2))
def test_replay_gives_what_is_kept_with_and_without_snapshots(
    engine: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    history: list[tuple[str, str, str]],
    snapshots: set[int],
) -> None:
    if engine == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")
        for stale in tmp_path.glob("one.db*"):
            stale.unlink()
        url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'one.db')}"
    else:
        url = request.getfixturevalue("migrated_postgres")
        asyncio.run(emptied(url))
    asyncio.run(_live(url, history, snapshots))


async def _live(url: str, history: list[tuple[str, str, str]], snapshots: set[int]) -> None:
    async with running_whole(url) as whole:
        for place, (what, user, other) in enumerate(history):
            await whole.act(what, user, other)
            if place in snapshots:
                await whole.settle()
                await _snapshot(whole)
        await whole.settle()
        await _check(whole)


async def _snapshot(whole: Whole) -> None:
    job = SnapshotJob(whole.core.store, PROJECTIONS, times.now, every_seconds=60.0, keep=2)
    await job.take_once()


async def _check(whole: Whole) -> None:
    for with_snapshots in (False, True):
        outcomes = await replay(whole.core.store, PROJECTIONS, mend=False, snapshots=with_snapshots)
        assert [str(line) for one in outcomes for line in one.differences] == []
    stored = await whole.rows("SELECT MAX(seq) FROM projection_snapshots")
    assert {one.begun for one in outcomes} == {stored[0][0] or 0}
