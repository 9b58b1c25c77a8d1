"""What can be asked about files, comments and the feed, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.errors import Invalid, MediaNotFound
from groundswell.contract.paging import Page
from groundswell.contract.times import DAY, HOUR, MINUTE, to_rfc3339
from groundswell.domains.engagement.commands import RecordComment, RecordPlay, UpdateMedia
from groundswell.domains.engagement.views import MediaState
from tests.support.core import START, Core, user, visitor


async def _play(core: Core, media: int, name: str, late_by: int | None = None) -> None:
    at = None if late_by is None else core.clock() - late_by
    play = RecordPlay(media_file_id=media, by=visitor(name), at=core.clock(), occurred_at=at)
    await core.submit(play)


async def _pages(ask: Any, limit: int) -> list[Any]:
    """All elements of a list, page after page."""
    page: Page[Any] = await ask(limit, None)
    found = list(page.items)
    while page.next_cursor is not None:
        assert len(page.items) == limit
        page = await ask(limit, page.next_cursor)
        found += page.items
    return found


async def test_files_are_listed_newest_first_and_each_once(core: Core) -> None:
    ages = [3, 1, 2, 2, 2, 5, 0]
    ids = [await core.register(published_at=START - age * HOUR) for age in ages]
    order = sorted(zip(ages, ids, strict=True), key=lambda one: (one[0], -one[1]))
    for limit in (1, 2, 3, 7, 50):
        found = await _pages(core.queries.media_page, limit)
        assert [one.media_file_id for one in found] == [one for _, one in order]


async def test_a_file_that_comes_in_between_pages_moves_none_of_them(core: Core) -> None:
    ids = [await core.register() for _ in range(4)]
    first = await core.queries.media_page(2)
    core.clock.advance(1)
    await core.register()
    second = await core.queries.media_page(2, first.next_cursor)
    assert [one.media_file_id for one in (*first.items, *second.items)] == ids[::-1]


@pytest.mark.parametrize("state", ["draft", "hidden", "deleted"])
async def test_what_is_not_public_is_unknown(core: Core, state: MediaState) -> None:
    media = await core.register()
    await core.submit(UpdateMedia(media_file_id=media, state=state, at=START))
    for question in (
        core.queries.media(media),
        core.queries.stats(media),
        core.queries.comments(media, 5),
        core.queries.vote_status(media, "voter-ann"),
    ):
        with pytest.raises(MediaNotFound):
            await question
    assert (await core.queries.media_page(50)).items == []
    if state == "deleted":
        with pytest.raises(MediaNotFound):
            await core.queries.media(media, unpublished=True)
    else:
        assert (await core.queries.media(media, unpublished=True)).state == state


async def test_an_answer_says_of_which_instant_it_is(core: Core) -> None:
    media = await core.register()
    core.clock.advance(MINUTE)
    now = to_rfc3339(core.clock())
    assert (await core.queries.stats(media)).as_of == now
    assert (await core.queries.media_page(5)).as_of == now
    assert (await core.queries.activity(5)).as_of == now
    assert (await core.queries.comments(media, 5)).as_of == now


async def test_comments_are_newest_first_with_their_authors(core: Core) -> None:
    media = await core.register()
    for number, by in enumerate([user("neil"), visitor("ann"), user("joni"), visitor("bob")]):
        core.clock.advance(number % 2)  # two share an instant
        body = f"Comment {number}"
        await core.submit(RecordComment(media_file_id=media, by=by, at=core.clock(), body=body))
    found = await _pages(lambda limit, cursor: core.queries.comments(media, limit, cursor), 3)
    assert [(one.body, one.author_id) for one in found] == [
        ("Comment 3", None),
        ("Comment 2", "joni"),
        ("Comment 1", None),
        ("Comment 0", "neil"),
    ]
    assert len({one.comment_id for one in found}) == 4


@pytest.mark.parametrize(
    "body", ["\u202e drawkcab", "🎸" * 500, "'; DROP TABLE media; --", "a\n\tb"]
)
async def test_any_text_comes_back_as_it_was(core: Core, body: str) -> None:
    media = await core.register(body[:100])
    await core.submit(RecordComment(media_file_id=media, by=visitor("ann"), at=START, body=body))
    assert [one.body for one in (await core.queries.comments(media, 5)).items] == [body]
    assert (await core.queries.activity(1)).items[0].media_title == body[:100]


async def test_listeners_are_counted_once(core: Core) -> None:
    media = await core.register()
    for name in ("ann", "bob", "ann"):
        await _play(core, media, name)
    stats = await core.queries.stats(media)
    assert (stats.play_count, stats.qualified_play_count, stats.unique_listeners) == (3, 2, 2)


async def test_plays_over_time_include_the_quiet_hours(core: Core) -> None:
    media = await core.register(published_at=START - 60 * DAY)
    for late_by in (0, 0, HOUR, 23 * HOUR, 24 * HOUR, 3 * DAY, 29 * DAY):
        await _play(core, media, f"n{late_by}", late_by)
    hours = await core.queries.plays_over_time(media, "24h")
    assert [one.plays for one in hours] == [1, *([0] * 21), 1, 2]
    assert hours[-1].start == to_rfc3339(START - START % HOUR)
    days = await core.queries.plays_over_time(media, "30d")
    assert len(days) == 30
    assert sum(one.plays for one in days) == 7
    week = await core.queries.plays_over_time(media, "7d")
    assert [len(week), sum(one.plays for one in week)] == [7, 6]


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "W10", "WzEsMiwzXQ", "WyJhIiwiYiJd", "é"])
async def test_a_cursor_that_is_none_is_refused(core: Core, cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        await core.queries.activity(5, cursor)
