"""Invariants of the write path that a history does not show by itself, on both engines."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.times import DAY, HOUR, MINUTE
from groundswell.domains.engagement import commands as do
from groundswell.domains.engagement.retention import Retention
from groundswell.domains.engagement.views import VoteType
from tests.support.core import START, Core, visitor

on_a_database = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

on_many_lists = settings(on_a_database, max_examples=50)

FILES = 3
LISTS: list[tuple[Any, Any]] = [
    *(("trending", period) for period in ("24h", "7d", "30d", "all")),
    *(("popular", period) for period in ("24h", "7d", "30d", "all")),
    *((name, "24h") for name in ("hot", "rising", "top-rated", "controversial")),
]
_KINDS = ["play", "play", "download", "view", "comment", "up", "down"]
acts = st.lists(
    st.tuples(
        st.integers(0, FILES - 1),
        st.sampled_from(_KINDS),
        st.sampled_from(["ann", "bob", "cyd", "dan"]),
        st.sampled_from([None, 0, HOUR, DAY - 1, DAY, DAY + 1, 8 * DAY]),
    ),
    max_size=15,
)
votes: st.SearchStrategy[VoteType] = st.sampled_from(["up", "down"])


def _act(core: Core, media: int, kind: str, name: str, late_by: int | None) -> Any:
    who: dict[str, Any] = {"media_file_id": media, "by": visitor(name), "at": core.clock()}
    if kind in {"up", "down"}:
        return do.CastVote(vote_type=kind, **who)  # type: ignore[arg-type]
    who["occurred_at"] = None if late_by is None else core.clock() - late_by
    if kind == "comment":
        return do.RecordComment(body="So good", **who)
    records = {"play": do.RecordPlay, "download": do.RecordDownload, "view": do.RecordView}
    return records[kind](**who)


async def _begin(core: Core, history: list[tuple[int, str, str, int | None]]) -> list[int]:
    """Some files to which this happened."""
    await core.clear()
    core.clock.now = START
    files = [await core.register(published_at=START - DAY) for _ in range(FILES)]
    await core.together(*(_act(core, files[place], *rest) for place, *rest in history))
    return files


async def _state(core: Core, files: list[int]) -> list[object]:
    counters = [await core.queries.stats(media) for media in files]
    pages = [await core.lists.get(name, period=period, limit=50) for name, period in LISTS]
    return [*counters, *pages]


@on_many_lists
@given(history=acts, which=st.integers(0, FILES - 1), vote=votes, turned=st.booleans())
async def test_a_vote_taken_back_restores_counters_and_lists_exactly(
    core: Core,
    history: list[tuple[int, str, str, int | None]],
    which: int,
    vote: VoteType,
    turned: bool,
) -> None:
    """Invariant E3, whatever happened before: not even the order of equals is another."""
    files = await _begin(core, history)
    before = await _state(core, files)
    media, by = files[which], visitor("eve")
    await core.submit(_act(core, media, vote, "eve", None))
    if turned:
        await core.submit(_act(core, media, "down" if vote == "up" else "up", "eve", None))
    await core.submit(do.RemoveVote(media_file_id=media, by=by, at=core.clock()))
    assert await _state(core, files) == before


@on_a_database
@given(voters=st.integers(1, 4), times=st.integers(1, 6), vote=votes)
async def test_equal_votes_at_once_leave_one_vote_and_one_event(
    core: Core, voters: int, times: int, vote: VoteType
) -> None:
    """Invariant E2."""
    media, head = await core.register(), await core.log.head()
    commands = [
        _act(core, media, vote, f"n{voter}", None) for _ in range(times) for voter in range(voters)
    ]
    answers = await core.together(*commands)
    assert {answer.vote_type for answer in answers} == {vote}
    stats = await core.queries.stats(media)
    assert stats.upvotes + stats.downvotes == voters
    assert await core.log.head() == head + 1 + voters - 1


@on_a_database
@given(
    delays=st.lists(
        st.one_of(
            st.none(),
            st.sampled_from([n * DAY + d for n in (1, 7, 30) for d in (-1, 0, 1)]),
            st.integers(-5 * MINUTE, 30 * DAY),
        ),
        max_size=8,
    ),
    waited=st.sampled_from([0, 1, HOUR, DAY, 7 * DAY, 31 * DAY]),
    initial=st.integers(0, 9),
)
async def test_a_longer_period_never_counts_less(
    core: Core, delays: list[int | None], waited: int, initial: int
) -> None:
    """Invariant E5: also with plays from the future, and after hashes were forgotten."""
    core.clock.now = START
    media = await core.register(published_at=START - DAY, play_count=initial)
    await core.together(
        *(_act(core, media, "play", f"n{number}", late) for number, late in enumerate(delays))
    )
    core.clock.advance(waited)
    await Retention(core.store, core.clock, hash_days=7, feed_days=30).forget()
    plays = (await core.queries.stats(media)).plays
    counts = [plays.last_24h, plays.last_7d, plays.last_30d, plays.all_time]
    ages = [waited + max(0, late or 0) for late in delays]
    within = [sum(age < length for age in ages) for length in (DAY, 7 * DAY, 30 * DAY)]
    assert counts == [*within, len(delays) + initial]
    assert counts == sorted(counts)


@on_many_lists
@given(history=acts, which=st.integers(0, FILES - 1), kind=st.sampled_from(["play", "download"]))
async def test_what_does_not_qualify_moves_no_ranking(
    core: Core, history: list[tuple[int, str, str, int | None]], which: int, kind: str
) -> None:
    """Invariants E8 and E9; popular counts plays of every kind, which is what it is."""
    files = await _begin(core, history)
    media = files[which]
    await core.submit(_act(core, media, kind, "eve", None))
    before = await _orders(core)
    repeated = await core.submit(_act(core, media, kind, "eve", None))
    assert not repeated.qualified
    assert await _orders(core) == before
    counted = await core.submit(_act(core, media, kind, "fay", None))
    assert counted.qualified
    for old, new in zip(before, await _orders(core), strict=True):
        if media in old:
            assert new.index(media) <= old.index(media)


async def _orders(core: Core) -> list[list[int]]:
    pages = [
        await core.lists.get(name, period=period, limit=50)
        for name, period in LISTS
        if name != "popular"
    ]
    return [[one.media_file_id for one in page.items] for page in pages]


_WINDOWS = {"play": HOUR, "download": DAY, "view": HOUR}
_LOGS = {
    "play": ("play_logs", "completed_at"),
    "download": ("download_logs", "downloaded_at"),
    "view": ("view_logs", "viewed_at"),
}


@on_a_database
@given(
    kind=st.sampled_from(["play", "download", "view"]),
    reports=st.lists(
        st.tuples(
            st.sampled_from([None, None, 1, 15 * MINUTE, HOUR - 1, HOUR, HOUR + 1, DAY, 2 * DAY]),
            st.sampled_from([0, 1, 15 * MINUTE, HOUR - 1, HOUR, DAY - 1, DAY]),
            st.booleans(),
        ),
        min_size=2,
        max_size=10,
    ),
)
async def test_what_qualifies_of_one_actor_is_a_window_apart(
    core: Core, kind: str, reports: list[tuple[int | None, int, bool]]
) -> None:
    """However late it is reported: never more per hour than time allows, and never less."""
    core.clock.now = START
    media, window = await core.register(published_at=START - 60 * DAY), _WINDOWS[kind]
    waiting: list[Any] = []
    expected: list[int] = []
    for late_by, advance, held in reports:
        at = core.clock() - (late_by or 0)
        waiting.append(_act(core, media, kind, "ann", late_by))
        if held:
            continue
        alone = len(waiting) == 1
        answers, waiting = await core.together(*waiting), []
        if alone:
            clear = all(abs(at - other) >= window for other in expected)
            assert answers[0].qualified == clear
        expected = await _qualified_times(core, kind, media)
        core.clock.advance(advance)
    times = sorted(await _qualified_times(core, kind, media))
    assert all(later - earlier >= window for earlier, later in pairwise(times))


async def _qualified_times(core: Core, kind: str, media: int) -> list[int]:
    table, at = _LOGS[kind]
    sql = f"SELECT {at} FROM {table} WHERE media_file_id = :id AND qualified = 1"
    return [time for (time,) in await core.rows(sql, id=media)]


_GONE = st.sampled_from([{"state": "hidden"}, {"state": "draft"}, None])


@on_many_lists
@given(history=acts, which=st.integers(0, FILES - 1), change=_GONE)
async def test_what_is_hidden_or_deleted_is_in_no_list_or_feed_and_comes_back_whole(
    core: Core,
    history: list[tuple[int, str, str, int | None]],
    which: int,
    change: dict[str, Any] | None,
) -> None:
    """Invariant E11; what was hidden returns with counters, windows and items as they were."""
    files = await _begin(core, history)
    before = await _state(core, files), (await core.queries.activity(50)).items
    media = files[which]
    if change is None:
        await core.submit(do.DeleteMedia(media_file_id=media, at=core.clock()))
    else:
        await core.submit(do.UpdateMedia(media_file_id=media, at=core.clock(), **change))
    for name, period in LISTS:
        page = await core.lists.get(name, period=period, limit=50)
        assert media not in [one.media_file_id for one in page.items]
        assert [one.position for one in page.items] == list(range(1, len(page.items) + 1))
    feed = (await core.queries.activity(50)).items
    assert feed == [item for item in before[1] if item.media_file_id != media]
    listed = (await core.queries.media_page(50)).items
    assert media not in [one.media_file_id for one in listed]
    if change is not None:
        shown = do.UpdateMedia(media_file_id=media, at=core.clock(), state="published")
        await core.submit(shown)
        assert (await _state(core, files), (await core.queries.activity(50)).items) == before
