"""Ranking against counting by hand, over generated histories, on both databases."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from fractions import Fraction
from itertools import pairwise

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.times import DAY, HOUR, MINUTE
from groundswell.domains.engagement import ranking
from groundswell.domains.engagement.hotness import HotnessJob
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.views import Period
from groundswell.domains.engagement.windows import (
    NOTHING,
    PERIODS,
    media_window_sums,
    window,
    window_sums,
)
from groundswell.store import Statement, Store, open_store
from tests.support.histories import File, Happening, History
from tests.support.schema import create_schema

NOW = 1_760_000_400_000_123
ON_THE_HOUR = NOW - NOW % HOUR
FILES = range(1, 9)
ACTORS = ["ann", "bob", "cyd", "dan"]

against_the_database = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_EDGES = [
    length + offset
    for length in (0, HOUR, DAY - HOUR, DAY, DAY + HOUR, 7 * DAY, 30 * DAY, 40 * DAY)
    for offset in (-1, 0, 1)
]
ages = st.one_of(
    st.sampled_from(_EDGES),
    st.integers(-5 * MINUTE, 2 * HOUR),
    st.integers(0, 2 * DAY),
    st.integers(0, 45 * DAY),
)
recent = st.integers(0, DAY + HOUR)
instants = st.sampled_from([NOW, ON_THE_HOUR, ON_THE_HOUR - 1, ON_THE_HOUR + 1])


@st.composite
def histories(draw: st.DrawFn, now: int, owners: list[str | None]) -> History:
    """Eight files with up to fifty happenings, many exactly at the edge of a period."""
    files = [
        File(
            one,
            created_at=now - draw(st.integers(0, 40 * DAY)),
            owner_id=draw(st.sampled_from(owners)),
        )
        for one in FILES
    ]
    busy = draw(st.sampled_from([FILES, FILES[:2], FILES[:1]]))
    happenings = draw(
        st.lists(
            st.builds(
                Happening,
                media_file_id=st.sampled_from(busy),
                kind=st.sampled_from(["play", "play", "download", "comment", "up", "down"]),
                at=draw(st.sampled_from([ages, recent])).map(lambda age: now - age),
                actor=st.sampled_from(ACTORS),
                qualified=st.sampled_from([True, True, True, False]),
            ).filter(lambda one: one.qualified or one.kind in {"play", "download"}),
            max_size=50,
        )
    )
    return History(files, happenings)


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    await create_schema(database_url)
    store = open_store(database_url)
    await store.open()
    yield store
    await store.close()


def _lists(store: Store, now: int, minimum_actors: int = 3, per_owner: int = 2) -> RankedLists:
    return RankedLists(store, lambda: now, minimum_actors=minimum_actors, per_owner=per_owner)


def _after(period: Period, now: int) -> int:
    return window(period, now).after


@against_the_database
@given(data=st.data(), now=instants)
async def test_play_counts_by_period(store: Store, data: st.DataObject, now: int) -> None:
    """Feature: social-engagement, Property 6: Play Count Time-Period Filtering.

    For any period and file, the count holds only plays within that window, and a shorter period
    never counts more than a longer one.
    """
    history = data.draw(histories(now, [None]))
    await history.write(store)
    async with store.reading() as tx:
        by_file = await media_window_sums(tx, FILES, now, PERIODS)
        of_all = {period: await window_sums(tx, window(period, now)) for period in PERIODS}
    for one in FILES:
        for period in PERIODS:
            expected = history.sums(one, _after(period, now), now)
            assert by_file[one][period] == expected
            assert of_all[period].get(one, NOTHING) == expected
        counts = [by_file[one][period].plays for period in PERIODS]
        assert counts == sorted(counts)


signals = st.integers(0, 10**6)
net_votes = st.integers(-(10**6), 10**6)


@given(
    plays=signals,
    votes=net_votes,
    comments=signals,
    downloads=signals,
    age=st.floats(-1000, 20_000),
    more=st.integers(1, 1000),
)
def test_hotness_follows_its_formula(
    plays: int, votes: int, comments: int, downloads: int, age: float, more: int
) -> None:
    """Feature: social-engagement, Property 7: Hotness Score Calculation Consistency.

    For any signals and age, the score is the weighted sum with time decay, and more engagement
    scores higher, all else being equal: never lower once rounded, and strictly higher before.
    """
    score = ranking.hotness(plays, votes, comments, downloads, age)
    raw = plays + 2 * votes + 3 * comments + Fraction(3, 2) * downloads
    exact = float(raw) * math.pow(0.5, max(0.0, age) / 24) * 100
    assert score.unrounded == pytest.approx(exact, rel=1e-12)
    assert score.score == math.floor(Fraction(score.unrounded) + Fraction(1, 2))
    for hotter in (
        ranking.hotness(plays + more, votes, comments, downloads, age),
        ranking.hotness(plays, votes + more, comments, downloads, age),
        ranking.hotness(plays, votes, comments + more, downloads, age),
        ranking.hotness(plays, votes, comments, downloads + more, age),
    ):
        assert hotter.unrounded > score.unrounded
        assert hotter.score >= score.score
    if score.raw >= 0:
        older = ranking.hotness(plays, votes, comments, downloads, max(0.0, age) + more)
        assert older.unrounded <= score.unrounded


@against_the_database
@given(data=st.data(), now=instants)
async def test_stored_and_listed_hotness_are_the_formula(
    store: Store, data: st.DataObject, now: int
) -> None:
    """Feature: social-engagement, Property 7: Hotness Score Calculation Consistency.

    What is stored with a file, and what the hot list shows, is the formula over its history.
    """
    history = data.draw(histories(now, [None]))
    await history.write(store)
    expected = {}
    for file in history.files:
        sums = history.sums(file.media_file_id, now - DAY, now)
        expected[file.media_file_id] = ranking.hotness(
            sums.qualified_plays,
            sums.net_votes,
            sums.comments,
            sums.downloads,
            (now - file.born) / HOUR,
        )
    job = HotnessJob(store, lambda: now)
    assert await job.recompute_once() == len(expected)
    assert await job.recompute_once() == 0
    stored = await store.fetch(
        Statement("SELECT media_file_id, hotness_score, last_hotness_update FROM media")
    )
    assert {(one, score) for one, score, _ in stored} == {
        (one, hotness.score) for one, hotness in expected.items()
    }
    assert {updated for _, _, updated in stored} == {now}
    page = await _lists(store, now).get("hot", limit=50)
    assert [(one.media_file_id, one.score) for one in page.items] == [
        (file.media_file_id, expected[file.media_file_id].score)
        for file in sorted(
            history.files,
            key=lambda file: ranking.by_hotness(
                expected[file.media_file_id].unrounded,
                history.last_event_at(file.media_file_id),
                file.created_at,
                file.media_file_id,
            ),
            reverse=True,
        )
    ]


def _velocities(history: History, period: Period, now: int) -> dict[int, float]:
    """Engagement per hour of the files that move and that enough actors moved."""
    after = _after(period, now)
    hours = (now - after) / HOUR
    moving = {}
    for one in FILES:
        sums = history.sums(one, after, now)
        score = ranking.velocity(
            sums.qualified_plays, sums.net_votes, sums.comments, sums.downloads, hours
        )
        if score > 0 and history.actors(one, after, now) >= 3:
            moving[one] = score
    return moving


@against_the_database
@given(data=st.data(), now=instants, period=st.sampled_from(["24h", "7d", "30d"]))
async def test_trending_is_ordered_by_velocity(
    store: Store, data: st.DataObject, now: int, period: Period
) -> None:
    """Feature: social-engagement, Property 8: Trending List Ordering.

    For any trending query, files are ordered by engagement velocity, descending: of two adjacent
    files, the first one's velocity is at least the second one's.
    """
    history = data.draw(histories(now, [None]))
    await history.write(store)
    page = await _lists(store, now).get("trending", period=period, limit=50)
    expected = _velocities(history, period, now)
    assert {one.media_file_id: one.score for one in page.items} == pytest.approx(expected)
    keys = [
        ranking.by_score(one.score, history.last_event_at(one.media_file_id), one.media_file_id)
        for one in page.items
    ]
    assert keys == sorted(keys, reverse=True)
    scores = [one.score for one in page.items]
    assert all(first >= second for first, second in pairwise(scores))


@against_the_database
@given(data=st.data())
async def test_owners_share_the_first_places_of_trending(store: Store, data: st.DataObject) -> None:
    """Feature: social-engagement, Property 8: Trending List Ordering.

    With owners, the list is the order by velocity with the third file of an owner displaced.
    """
    history = data.draw(histories(NOW, ["zoe", "yan", None]))
    await history.write(store)
    plain = _lists(store, NOW, per_owner=0, minimum_actors=1)
    shared = _lists(store, NOW, minimum_actors=1)
    for name in ("trending", "hot"):
        order = (await plain.get(name, limit=50)).items
        expected = ranking.diversify(order, lambda item: item.owner_id)
        shown = (await shared.get(name, limit=50)).items
        assert [one.media_file_id for one in shown] == [one.media_file_id for one in expected]


@against_the_database
@given(data=st.data(), now=instants, period=st.sampled_from(PERIODS))
async def test_popular_is_ordered_by_plays(
    store: Store, data: st.DataObject, now: int, period: Period
) -> None:
    """Feature: social-engagement, Property 9: Popular List Ordering by Play Count.

    For any popular query with a period, files are ordered by their plays within that period,
    descending: of two adjacent files, the first one's count is at least the second one's.
    """
    history = data.draw(histories(now, ["zoe", None]))
    await history.write(store)
    # The counter of all time knows plays whose time is a few minutes ahead.
    until = 2**62 if period == "all" else now
    plays = {one: history.sums(one, _after(period, now), until).plays for one in FILES}
    page = await _lists(store, now).get("popular", period=period, limit=50)
    assert [(one.media_file_id, one.period_play_count) for one in page.items] == [
        (one, plays[one])
        for one in sorted(
            (one for one in FILES if plays[one]),
            key=lambda one: ranking.by_score(plays[one], history.last_event_at(one), one),
            reverse=True,
        )
    ]
    counts = [one.period_play_count or 0 for one in page.items]
    assert all(first >= second for first, second in pairwise(counts))


@against_the_database
@given(data=st.data(), now=instants)
async def test_rising_compares_actors_with_the_week_before(
    store: Store, data: st.DataObject, now: int
) -> None:
    """Rising is the distinct actors of a day against their mean over the seven days before."""
    history = data.draw(histories(now, [None]))
    await history.write(store)
    expected = {}
    for one in FILES:
        days = [history.actors(one, now - (n + 1) * DAY, now - n * DAY) for n in range(8)]
        score = ranking.rising(days[0], sum(days[1:]) / 7)
        if days[0] and score > 0:
            expected[one] = score
    page = await _lists(store, now, minimum_actors=1).get("rising", limit=50)
    assert {one.media_file_id: one.score for one in page.items} == pytest.approx(expected)
    scores = [one.score for one in page.items]
    assert scores == sorted(scores, reverse=True)


_EVENTS = st.sampled_from(["play", "download", "comment"])


@against_the_database
@given(data=st.data(), which=st.sampled_from(FILES), kind=_EVENTS)
async def test_one_more_qualified_event_never_worsens_a_place(
    store: Store, data: st.DataObject, which: int, kind: str
) -> None:
    """Invariants E8 and E9: qualified engagement never lowers a file, other changes nothing."""
    history = data.draw(histories(NOW, ["zoe", "yan", None]))
    await history.write(store)
    before = await _orders(store)
    ignored = Happening(which, "download", NOW - MINUTE, "new", qualified=False)
    await History(history.files, [*history.happenings, ignored]).write(store)
    assert await _orders(store) == before
    counted = Happening(which, kind, NOW - MINUTE, "new")  # type: ignore[arg-type]
    await History(history.files, [*history.happenings, counted]).write(store)
    for old, new in zip(before, await _orders(store), strict=True):
        if which in old:
            assert new.index(which) <= old.index(which)


async def _orders(store: Store) -> list[list[int]]:
    lists = _lists(store, NOW)
    pages = [
        await lists.get("hot", limit=50),
        *[await lists.get("trending", period=period, limit=50) for period in PERIODS],
    ]
    return [[one.media_file_id for one in page.items] for page in pages]
