"""Who reads what, page by page, and what people think of it."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import NotFound
from groundswell.contract.events import testimonials as happens
from groundswell.domains.testimonials.views import OwnTestimonial
from tests.integration.testimonials.saying import Saying


async def test_published_ones_come_newest_first_without_repeats(saying: Saying) -> None:
    ids = [await saying.published(f"p-{number}") for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await saying.queries.published(2, cursor)
        seen += [one.testimonial_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ids[::-1]


async def test_they_can_be_asked_for_by_project_and_by_whom_they_are_about(
    saying: Saying,
) -> None:
    one = await saying.published("p-1")
    await saying.published("p-2")
    of_project = await saying.queries.published(10, project_id="p-1")
    assert [each.testimonial_id for each in of_project.items] == [one]
    assert len((await saying.queries.published(10, subject_id="bob")).items) == 2
    assert (await saying.queries.published(10, subject_id="cid")).items == []


async def test_what_is_not_public_is_for_its_author_and_the_host(saying: Saying) -> None:
    await saying.completed()
    one = (await saying.submit()).testimonial_id
    for viewer in (None, "bob", "cid"):
        with pytest.raises(NotFound):
            await saying.queries.testimonial(one, viewer, host=False)
    for viewer, host in (("ann", False), (None, True)):
        seen = await saying.queries.testimonial(one, viewer, host=host)
        assert isinstance(seen, OwnTestimonial)
    queue = await saying.queries.queue("submitted", 10, None)
    assert [each.testimonial_id for each in queue.items] == [one]


async def test_others_do_not_see_consents_and_reasons(saying: Saying) -> None:
    one = await saying.published()
    seen = await saying.queries.testimonial(one, "cid", host=False)
    assert not isinstance(seen, OwnTestimonial)


async def test_a_reaction_counts_once_per_user_and_kind(saying: Saying) -> None:
    one = await saying.published()
    await saying.engage(one)
    again = await saying.engage(one)
    assert (again.reactions, again.mine) == ({"like": 1}, ["like"])
    both = await saying.engage(one, kind="love")
    assert both.reactions == {"like": 1, "love": 1}
    other = await saying.engage(one, user="dot")
    assert (other.reactions["like"], other.mine) == (2, ["like"])
    less = await saying.engage(one, active=False)
    assert less.reactions == {"like": 1, "love": 1}
    assert (await saying.engage(one, active=False)).reactions == less.reactions
    engaged = [
        event for event in await saying.told() if isinstance(event, happens.TestimonialEngaged)
    ]
    assert [(event.active, event.count) for event in engaged] == [
        (True, 1),
        (True, 1),
        (True, 2),
        (False, 1),
    ]
    assert all("userId" not in event.told() for event in engaged)
    await saying.assert_consistent()


async def test_only_what_is_public_is_reacted_to(saying: Saying) -> None:
    one = await saying.published()
    await saying.withdraw(one)
    with pytest.raises(NotFound):
        await saying.engage(one)
    assert await saying.core.rows("SELECT COUNT(*) FROM testimonial_reactions") == [(0,)]


async def test_everything_about_a_person_is_exported(saying: Saying) -> None:
    one = await saying.published()
    await saying.engage(one, user="ann")
    exported = await saying.queries.export("ann")
    assert exported["testimonials"][0]["body"] == "A fine kitchen."
    assert exported["testimonials"][0]["consents"][0]["textVersion"] == "2026-01"
    assert exported["reactions"][0]["kind"] == "like"
    assert await saying.queries.export("nobody") == {"testimonials": [], "reactions": []}
