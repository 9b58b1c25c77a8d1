"""What is in the lists, and what is kept out of them."""

from __future__ import annotations

from math import sqrt

import pytest

from groundswell.contract.errors import MediaNotFound
from groundswell.contract.times import DAY
from tests.integration.recommendations.liking import HASH_DAYS, Liking
from tests.support.core import user, visitor


async def test_files_liked_by_the_same_people_are_related(liking: Liking) -> None:
    one, other, lonely = await liking.files(3)
    await liking.crowd(one, other)
    await liking.crowd(lonely, name="stranger")
    await liking.learn()
    assert await liking.related(one) == [other]
    assert await liking.related(lonely) == []


async def test_two_people_in_common_are_too_few_to_be_told(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other, people=2)
    await liking.crowd(one, people=5, name="half")
    await liking.learn()
    assert await liking.related(one) == []
    await liking.vote(visitor("third"), one)
    await liking.vote(visitor("third"), other)
    await liking.learn()
    assert await liking.related(one) == [other]


async def test_one_person_who_does_much_is_one_person(liking: Liking) -> None:
    one, other = await liking.files(2)
    for media in (one, other):
        for _ in range(4):
            await liking.play(user("busy"), media)
            await liking.download(user("busy"), media)
            await liking.comment(user("busy"), media)
    await liking.learn()
    assert await liking.related(one) == []


async def test_what_everybody_likes_stands_behind_what_these_people_like(liking: Liking) -> None:
    one, special, famous = await liking.files(3)
    await liking.crowd(one, special, famous, people=4)
    await liking.crowd(famous, people=30, name="everybody")
    await liking.learn()
    assert await liking.related(one) == [special, famous]


async def test_the_explanation_is_the_score(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other, people=3)
    await liking.crowd(other, people=1, name="more")
    await liking.learn()
    page = await liking.queries.related(one, 1, explain=True)
    (item,) = page.items
    assert item.explain is not None and item.because == (one,)
    (term,) = item.explain.terms
    assert (term.people, term.people_here, term.people_there) == (3, 3, 4)
    assert term.cosine == pytest.approx(3 * 25 / sqrt(3 * 25 * 4 * 25))
    assert term.confidence == pytest.approx(3 / 13)
    assert item.score == pytest.approx(term.cosine * term.confidence) == term.product


async def test_too_few_are_followed_by_popular_ones_that_say_so(liking: Liking) -> None:
    one, other, played = await liking.files(3)
    await liking.crowd(one, other)
    for number in range(4):
        await liking.play(visitor(f"listener-{number}"), played)
    await liking.learn()
    liking.core.lists.changed()
    items = (await liking.queries.related(one, 10)).items
    assert [(item.media_file_id, item.reason, item.position) for item in items] == [
        (other, "together", 1),
        (played, "popular", 2),
    ]
    assert items[1].score is None and items[1].because == ()
    assert await liking.related(one, fill=False) == [other]


async def test_files_nobody_may_see_are_in_no_list_and_have_none(liking: Liking) -> None:
    one, hidden, deleted, other = await liking.files(4)
    await liking.crowd(one, hidden, deleted, other)
    await liking.vote(user("ann"), one)
    await liking.learn()
    await liking.hide(hidden)
    await liking.delete(deleted)
    assert await liking.related(one) == [other]
    assert await liking.for_user("ann") == [other]
    for gone in (hidden, deleted, 4711):
        with pytest.raises(MediaNotFound):
            await liking.related(gone)


async def test_a_user_is_shown_nothing_they_know_or_own(liking: Liking) -> None:
    liked, viewed, rejected, fresh = await liking.files(4)
    own = await liking.file("Own", owner="ann")
    await liking.crowd(liked, viewed, rejected, fresh, own)
    await liking.vote(user("ann"), liked)
    await liking.view(user("ann"), viewed)
    await liking.vote(user("ann"), rejected, "down")
    await liking.learn()
    page = await liking.queries.for_user("ann", 50)
    assert [item.media_file_id for item in page.items] == [fresh]
    assert page.items[0].because[0] == liked
    assert page.next_cursor is None


async def test_who_did_nothing_is_shown_what_is_popular(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other)
    for number in range(4):
        await liking.play(visitor(f"listener-{number}"), one)
    await liking.learn()
    liking.core.lists.changed()
    page = await liking.queries.for_user("nobody", 10)
    assert [(item.media_file_id, item.reason) for item in page.items] == [(one, "popular")]


async def test_what_is_liked_less_weighs_less(liking: Liking) -> None:
    from_votes, from_views, by_votes, by_views = await liking.files(4)
    await liking.crowd(from_votes, by_votes)
    await liking.crowd(from_views, by_views, name="other")
    await liking.vote(user("ann"), from_votes)
    await liking.view(user("ann"), from_views)
    await liking.learn()
    assert await liking.for_user("ann") == [by_votes, by_views]


async def test_what_was_done_incognito_is_not_known(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other, people=2)
    liking.wishes.incognito.add("secret")
    for media in (one, other):
        await liking.vote(user("secret"), media)
        await liking.play(user("secret"), media)
    await liking.learn()
    assert await liking.related(one) == []
    assert "user:secret" not in str(await liking.stored())
    await liking.rebuild()
    assert "user:secret" not in str(await liking.stored())


async def test_a_vote_turned_around_incognito_is_no_longer_known(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other)
    await liking.learn()
    assert await liking.related(one) == [other]
    liking.wishes.incognito.add("fan-0")
    await liking.vote(user("fan-0"), other, "down")
    await liking.learn()
    assert await liking.related(one) == []
    assert await liking.audit() == []


async def test_who_is_erased_is_forgotten_with_what_they_added(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other)
    await liking.learn()
    assert await liking.erase("fan-1") == 2
    assert await liking.related(one) == []
    assert "fan-1" not in str(await liking.stored())
    assert await liking.audit() == []
    liking.position = 0
    await liking.learn()  # a portion that comes again tells nothing of them
    assert "fan-1" not in str(await liking.stored())


async def test_persons_are_known_for_as_long_as_the_logs_know_them(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other)
    await liking.learn()
    liking.core.clock.advance(HASH_DAYS * DAY - 1_000_000)
    await liking.following.forget()
    assert await liking.related(one) == [other]
    await liking.play(user("fan-0"), one)
    await liking.learn()
    liking.core.clock.advance(2_000_000)
    await liking.following.forget()
    assert await liking.related(one) == []
    rows = (await liking.stored())["person_files"]
    assert [row[:2] for row in rows] == [("user:fan-0", one)]
    assert await liking.audit() == []


async def test_the_audit_sees_a_sum_that_is_wrong(liking: Liking) -> None:
    one, other = await liking.files(2)
    await liking.crowd(one, other)
    await liking.learn()
    assert await liking.audit() == []
    sql = "UPDATE file_pairs SET people = 9 WHERE media_file_id = :id RETURNING 1"
    async with liking.core.store.writing() as tx:
        from groundswell.store import Statement

        await tx.fetch(Statement(sql), id=one)
    assert len(await liking.audit()) == 1
    await liking.rebuild()
    assert await liking.audit() == []
