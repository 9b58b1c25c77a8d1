"""The lists as they are served: edges of windows, freshness, deletion, explanations, changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest
import pytest_asyncio

from groundswell.contract.errors import DatabaseUnavailable, Invalid
from groundswell.contract.times import DAY, HOUR, SECOND, to_rfc3339
from groundswell.domains.engagement.hotness import HotnessJob
from groundswell.domains.engagement.list_changes import ListChanged
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.windows import media_window_sums, window, window_sums
from groundswell.store import Statement, Store, open_store
from tests.support.histories import File, Happening, History
from tests.support.schema import create_schema

NOW = 1_760_000_400_000_123
OLD = NOW - 90 * DAY

HIDE = Statement("UPDATE media SET state = :state WHERE media_file_id = :media_file_id")
OPT_OUT = Statement("UPDATE media SET trendable = 0 WHERE media_file_id = :media_file_id")


class Hands:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    await create_schema(database_url)
    store = open_store(database_url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def lists(store: Store, clock: Hands) -> RankedLists:
    return RankedLists(store, clock, minimum_actors=1)


def plays(media_file_id: int, count: int, at: int = NOW, **more: str) -> list[Happening]:
    """Plays by as many different people."""
    return [
        Happening(media_file_id, "play", at, more.get("actor", f"person-{number}"))
        for number in range(count)
    ]


async def _write(store: Store, happenings: Sequence[Happening], files: int = 3) -> None:
    await History([File(one, OLD) for one in range(1, files + 1)], happenings).write(store)


async def _ids(lists: RankedLists, name: str = "trending", **how: object) -> list[int]:
    page = await lists.get(name, **how)  # type: ignore[arg-type]
    return [item.media_file_id for item in page.items]


async def test_an_event_exactly_as_old_as_the_window_is_outside(store: Store) -> None:
    edge = NOW - DAY
    await _write(store, [*plays(1, 1, edge), *plays(2, 1, edge + 1), *plays(3, 1, NOW)])
    async with store.reading() as tx:
        sums = await window_sums(tx, window("24h", NOW))
        by_file = await media_window_sums(tx, [1, 2, 3], NOW)
    assert {one: each.plays for one, each in sums.items()} == {2: 1, 3: 1}
    assert [by_file[one]["24h"].plays for one in (1, 2, 3)] == [0, 1, 1]
    assert by_file[1]["7d"].plays == 1


async def test_an_event_after_the_instant_is_outside(store: Store) -> None:
    await _write(store, [*plays(1, 1, NOW + 1), *plays(2, 1, NOW)])
    async with store.reading() as tx:
        sums = await window_sums(tx, window("24h", NOW))
    assert sums[2].plays == 1
    assert 1 not in sums or sums[1].plays == 0


async def test_a_window_that_begins_on_the_hour(store: Store) -> None:
    now = NOW - NOW % HOUR
    await _write(store, [*plays(1, 1, now - DAY), *plays(1, 2, now - DAY + 1), *plays(2, 1, now)])
    async with store.reading() as tx:
        sums = await window_sums(tx, window("24h", now))
    assert (sums[1].plays, sums[2].plays) == (2, 1)


async def test_trending_asks_for_three_different_people(store: Store, clock: Hands) -> None:
    lists = RankedLists(store, clock)
    loop = [*plays(1, 50, actor="ann"), *plays(1, 1, actor="bob")]
    unqualified = Happening(1, "play", NOW, "cyd", qualified=False)
    late = Happening(1, "play", NOW - DAY, "dan")
    await _write(store, [*loop, unqualified, late, *plays(2, 3)])
    assert await _ids(lists) == [2]
    assert await _ids(lists, period="7d") == [1, 2]


async def test_people_beyond_the_newest_events_are_found(store: Store, clock: Hands) -> None:
    """One client that plays on and on does not hide those who came before."""
    lists = RankedLists(store, clock)
    await _write(store, [*plays(1, 3, NOW - HOUR), *plays(1, 200, actor="ann")])
    assert await _ids(lists) == [1]


async def test_votes_alone_can_lift_a_file_but_not_below_nothing(
    store: Store, lists: RankedLists
) -> None:
    ups = [Happening(1, "up", NOW, f"person-{n}") for n in range(3)]
    downs = [Happening(2, "down", NOW, f"person-{n}") for n in range(3)]
    await _write(store, [*ups, *downs])
    assert await _ids(lists) == [1]
    assert await _ids(lists, "hot") == [1, 3, 2]
    assert await _ids(lists, "top-rated") == [1, 2]
    assert await _ids(lists, "controversial") == []


async def test_popular_of_all_time_needs_no_log(store: Store, lists: RankedLists) -> None:
    await _write(store, [*plays(1, 1), *plays(2, 2, OLD)])
    async with store.writing() as tx:
        await tx.fetch(Statement("DELETE FROM play_logs"))
        await tx.fetch(Statement("DELETE FROM media_hours"))
    page = await lists.get("popular", period="all")
    assert [(one.media_file_id, one.period_play_count) for one in page.items] == [(2, 2), (1, 1)]
    assert [one.position for one in page.items] == [1, 2]
    assert page.as_of == to_rfc3339(NOW)


async def test_a_reader_sees_what_was_written_before(store: Store, lists: RankedLists) -> None:
    await _write(store, plays(1, 1))
    assert await _ids(lists) == [1]
    await _write(store, [*plays(1, 1), *plays(2, 2)])
    lists.changed()
    assert await _ids(lists) == [2, 1]


async def test_a_window_closes_without_any_write(
    store: Store, lists: RankedLists, clock: Hands
) -> None:
    await _write(store, plays(1, 1))
    assert await _ids(lists) == [1]
    clock.now += DAY
    assert await _ids(lists) == []
    assert await _ids(lists, period="7d") == [1]


async def test_without_a_change_the_same_lists_are_served(
    store: Store, lists: RankedLists, clock: Hands
) -> None:
    await _write(store, plays(1, 1))
    first = await lists.get("hot")
    clock.now += SECOND // 2
    assert await lists.get("hot") == first
    assert lists.statistics()["computations"] == 1


async def test_readers_of_one_moment_share_one_computation(
    store: Store, lists: RankedLists
) -> None:
    await _write(store, plays(1, 1))
    lists.changed()
    await asyncio.gather(*(lists.get("hot") for _ in range(20)))
    assert lists.statistics()["computations"] == 1


async def test_lists_that_outgrew_their_readers_come_from_the_background(
    store: Store, clock: Hands
) -> None:
    lists = RankedLists(store, clock, minimum_actors=1, inline_seconds=0.0)
    await _write(store, plays(1, 1))
    for _ in range(4):
        await lists.refresh()
    running = asyncio.create_task(lists.run())
    try:
        while lists.statistics()["computations"] < 30:  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.001)
        await _write(store, [*plays(1, 1), *plays(2, 2)])
        lists.changed()
        assert await _ids(lists) == [1]
        await lists.refresh()
        assert await _ids(lists) == [2, 1]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("name", ["trending", "popular", "hot", "rising", "top-rated"])
async def test_a_deleted_file_is_gone_even_from_a_list_that_still_holds_it(
    store: Store, lists: RankedLists, name: str
) -> None:
    votes = [Happening(one, "up", NOW, f"person-{n}") for one, n in ((1, 0), (1, 1), (2, 0))]
    await _write(store, [*plays(1, 2), *plays(2, 1), *votes], files=2)
    assert await _ids(lists, name) == [1, 2]
    for how in (HIDE, OPT_OUT):
        async with store.writing() as tx:
            state = {"state": "deleted"} if how is HIDE else {}
            await tx.fetch(how, media_file_id=1 if how is HIDE else 2, **state)
        assert 1 not in await _ids(lists, name)
    assert await _ids(lists, name) == []
    assert lists.statistics()["computations"] == 1


async def test_a_file_that_is_shown_again_has_its_events(store: Store, lists: RankedLists) -> None:
    await _write(store, [*plays(1, 2), *plays(2, 1)])
    for state, expected in (("hidden", [2]), ("published", [1, 2])):
        async with store.writing() as tx:
            await tx.fetch(HIDE, media_file_id=1, state=state)
        lists.changed()
        assert await _ids(lists) == expected


async def test_files_yet_to_be_published_are_not_ranked(store: Store, lists: RankedLists) -> None:
    files = [File(1, OLD, published_at=NOW + 1), File(2, OLD, published_at=NOW)]
    await History(files, [*plays(1, 2), *plays(2, 1)]).write(store)
    for name in ("trending", "popular", "hot", "rising"):
        assert await _ids(lists, name) == [2]


async def test_the_terms_of_an_explanation_make_the_score(store: Store, lists: RankedLists) -> None:
    happenings = [
        *plays(1, 4),
        Happening(1, "up", NOW, "person-7"),
        Happening(1, "down", NOW, "person-8"),
        Happening(1, "comment", NOW, "person-0"),
        Happening(1, "download", NOW, "person-9"),
    ]
    await _write(store, happenings)
    [trending, *_] = (await lists.get("trending", explain=True)).items
    assert trending.explain is not None
    assert [(one.signal, one.count, one.weight) for one in trending.explain.terms] == [
        ("plays", 4, 1.0),
        ("netVotes", 0, 2.0),
        ("comments", 1, 3.0),
        ("downloads", 1, 1.5),
    ]
    assert sum(term.product for term in trending.explain.terms) / 24 == trending.score
    assert trending.explain.distinct_actors == 7
    [hot, *_] = (await lists.get("hot", explain=True)).items
    assert hot.explain is not None and hot.explain.decay is not None
    assert hot.explain.age_hours == 90 * 24
    assert hot.explain.unrounded == 8.5 * hot.explain.decay * 100
    for name in ("rising", "top-rated"):
        [item] = (await lists.get(name, explain=True)).items
        assert item.explain is not None
        total = sum(term.product for term in item.explain.terms)
        assert total == pytest.approx(item.score) == item.explain.unrounded
    [popular] = (await lists.get("popular", explain=True)).items
    assert popular.explain is not None
    assert popular.explain.terms[0].product == popular.score == 4
    [disputed] = (await lists.get("controversial", explain=True)).items
    assert disputed.score == 2.0


async def test_an_item_bears_the_present_counters(store: Store, lists: RankedLists) -> None:
    await _write(store, plays(1, 1))
    await lists.get("trending")
    async with store.writing() as tx:
        await tx.fetch(Statement("UPDATE media SET title = 'New', play_count = 9"))
    [item] = (await lists.get("trending")).items
    assert (item.title, item.play_count, item.period_play_count) == ("New", 9, 1)


def _fold(order: list[int], told: ListChanged) -> list[int]:
    """The order after a change, from the order before it and the change alone."""
    placed = {one.position: one.media_file_id for one in told.changes if one.position}
    moved = {one.media_file_id for one in told.changes}
    rest = iter([one for one in order if one not in moved])
    length = len([one for one in order if one not in moved]) + len(placed)
    return [placed[place] if place in placed else next(rest) for place in range(1, length + 1)]


async def test_changes_lead_from_one_version_to_the_next(store: Store, lists: RankedLists) -> None:
    """Invariant E10: a snapshot and the changes after it make the next snapshot."""
    told: list[ListChanged] = []
    lists.on_change(told.append)
    order: list[int] = []
    versions: list[int] = []
    for counts in ([1, 2, 3], [1, 2, 3], [3, 2, 1], [3, 4, 0], [0, 0, 0], [0, 1, 2]):
        happenings = [one for place, n in enumerate(counts, 1) for one in plays(place, n)]
        await _write(store, happenings)
        lists.changed()
        served = await _ids(lists)
        for one in [one for one in told if one.list_id == "trending.24h"]:
            order = _fold(order, one)
            versions.append(one.version)
            assert order == [item.media_file_id for item in one.items]
        told.clear()
        assert order == served
    assert versions == [1, 2, 3, 4, 5]


async def test_watchers_lose_a_forgotten_file_at_once(store: Store, lists: RankedLists) -> None:
    await _write(store, [*plays(1, 3), *plays(2, 2), *plays(3, 1)])
    await lists.refresh()
    told: list[ListChanged] = []
    lists.on_change(told.append)
    lists.forget(1)
    by_list = {one.list_id: one for one in told}
    assert set(by_list) == {"trending.24h", "trending.7d", "trending.30d", "trending.all", "hot"}
    assert [item.position for item in by_list["hot"].items] == [1, 2]
    assert by_list["hot"].version == 2
    assert [(one.media_file_id, one.position, one.delta) for one in by_list["hot"].changes] == [
        (1, None, None),
        (2, 1, 1),
        (3, 2, 1),
    ]


async def test_a_file_forgotten_while_a_list_is_computed_is_not_in_it(
    store: Store, lists: RankedLists
) -> None:
    await _write(store, [*plays(1, 3), *plays(2, 2)])
    told: list[ListChanged] = []
    lists.on_change(told.append)
    reading = asyncio.create_task(lists.get("hot"))
    for _ in range(3):
        await asyncio.sleep(0)
    lists.forget(1)
    assert 1 not in [item.media_file_id for item in (await reading).items]
    assert all(item.media_file_id != 1 for one in told for item in one.items)
    assert 1 in await _ids(lists, "hot")


@pytest.mark.parametrize("limit", [0, 51, -1])
async def test_a_limit_out_of_range_is_refused(lists: RankedLists, limit: int) -> None:
    with pytest.raises(Invalid):
        await lists.get("hot", limit=limit)


async def test_a_database_that_is_away_is_reported_and_counted(
    store: Store, lists: RankedLists
) -> None:
    await _write(store, plays(1, 1))
    await store.close()
    with pytest.raises(DatabaseUnavailable):
        await lists.get("hot")
    assert lists.statistics()["failures"] == 1


async def test_hotness_is_stored_in_batches_and_only_where_it_changed(
    store: Store, clock: Hands
) -> None:
    await _write(store, plays(7, 3), files=600)
    job = HotnessJob(store, clock)
    assert await job.recompute_once() == 600
    clock.now += HOUR
    assert await job.recompute_once() == 1
    find = Statement("SELECT last_hotness_update FROM media WHERE media_file_id = :one")
    assert await _first(store, find, 7) == clock.now
    assert await _first(store, find, 8) == NOW
    clock.now += DAY
    assert await job.recompute_once() == 1
    assert (
        await _first(
            store, Statement("SELECT hotness_score FROM media WHERE media_file_id = :one"), 7
        )
        == 0
    )
    assert job.statistics() == {
        "rounds": 3.0,
        "failures": 0.0,
        "updated": 602.0,
        "age_seconds": 0.0,
    }


async def _first(store: Store, statement: Statement, one: int) -> int:
    value: int = (await store.fetch(statement, one=one))[0][0]
    return value
