"""From the request to the withdrawal."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events import testimonials as happens
from groundswell.contract.events.sharing import ShareDeleted
from groundswell.contract.times import DAY
from tests.integration.testimonials.saying import Saying
from tests.support.reacting import Happen


async def test_a_completed_project_asks_its_owner_once(saying: Saying) -> None:
    await saying.completed()
    saying.position = 0
    await saying.react()
    (asked,) = await saying.told()
    assert isinstance(asked, happens.TestimonialRequested)
    assert (asked.author_id, asked.subject_id, asked.title) == ("ann", "bob", "New kitchen")
    assert asked.topics() == ("user.ann.social",)
    assert [one.user_id for one in asked.notices()] == ["ann"]


async def test_who_did_the_project_for_themselves_is_not_asked(saying: Saying) -> None:
    await saying.completed(owner="ann", by="ann")
    assert await saying.told() == []


async def test_only_who_was_asked_says_something(saying: Saying) -> None:
    await saying.completed()
    with pytest.raises(Conflict) as refused:
        await saying.submit(author="mallory")
    assert refused.value.reason == "testimonial_not_requested"
    assert await saying.types() == ["requested"]


async def test_what_was_submitted_is_public_when_the_host_publishes_it(saying: Saying) -> None:
    await saying.completed()
    said = await saying.submit()
    assert (said.state, said.consents[0].text_version) == ("submitted", "2026-01")
    assert await saying.public() == []
    await saying.decide(said.testimonial_id, "publish")
    assert await saying.public() == [said.testimonial_id]
    assert await saying.types() == ["requested", "submitted", "reviewed", "published"]
    await saying.assert_consistent()


async def test_a_second_one_for_the_same_project_is_refused(saying: Saying) -> None:
    await saying.completed()
    await saying.submit()
    with pytest.raises(Conflict) as refused:
        await saying.submit(body="Again.")
    assert refused.value.reason == "testimonial_already_submitted"


async def test_the_same_decision_twice_tells_once(saying: Saying) -> None:
    one = await saying.published()
    before = await saying.types()
    await saying.decide(one, "publish")
    assert await saying.types() == before


async def test_an_edit_takes_it_from_the_public_until_it_was_reviewed(saying: Saying) -> None:
    one = await saying.published()
    edited = await saying.edit(one)
    assert (edited.state, edited.body, edited.rating) == ("in_review", "A good kitchen.", 5)
    assert await saying.public() == []
    assert "testimonials.recent" in (await saying.told())[-1].topics()
    await saying.decide(one, "publish")
    assert await saying.public() == [one]


async def test_who_is_rejected_knows_why_and_can_edit(saying: Saying) -> None:
    await saying.completed()
    one = (await saying.submit()).testimonial_id
    rejected = await saying.decide(one, "reject", "Names a third person.")
    assert (rejected.state, rejected.reason) == ("rejected", "Names a third person.")
    assert (await saying.told())[-1].notices()[0].data["reason"] == "Names a third person."
    assert (await saying.edit(one)).reason is None
    await saying.assert_consistent()


async def test_the_host_hides_and_brings_back_through_a_review(saying: Saying) -> None:
    one = await saying.published()
    await saying.decide(one, "hide", "complaint")
    hidden = (await saying.told())[-1]
    assert isinstance(hidden, happens.TestimonialHidden)
    assert "reason" not in hidden.told()
    assert await saying.public() == []
    with pytest.raises(Conflict) as refused:
        await saying.decide(one, "publish")
    assert refused.value.reason == "illegal_transition"
    await saying.decide(one, "review")
    await saying.decide(one, "publish")
    assert await saying.public() == [one]


async def test_testimonial_author_withdraws(saying: Saying) -> None:
    one = await saying.published()
    gone = await saying.withdraw(one)
    assert (gone.state, gone.body, gone.display_name) == ("withdrawn", None, None)
    assert gone.consents[0].withdrawn_at is not None
    assert await saying.public() == []
    told = (await saying.told())[-1]
    assert isinstance(told, happens.TestimonialWithdrawn)
    assert set(told.topics()) == {"testimonials.recent", "user.ann.social", "user.bob.social"}
    assert (await saying.withdraw(one)).state == "withdrawn"
    with pytest.raises(Conflict):
        await saying.edit(one)
    await saying.assert_consistent()


async def test_what_was_never_public_is_withdrawn_in_silence(saying: Saying) -> None:
    await saying.completed()
    one = (await saying.submit()).testimonial_id
    await saying.withdraw(one)
    assert (await saying.told())[-1].topics() == ("user.ann.social",)


async def test_only_the_author_withdraws_and_edits(saying: Saying) -> None:
    one = await saying.published()
    for attempt in (saying.withdraw(one, "bob"), saying.edit(one, "bob")):
        with pytest.raises(NotFound):
            await attempt
    assert await saying.public() == [one]


async def test_shared_post_deleted_retracts_what_quotes_it(saying: Saying) -> None:
    public = await saying.published(share_id="share-1")
    await saying.completed("p-2")
    waiting = (await saying.submit("p-2", share_id="share-1")).testimonial_id
    other = await saying.published("p-3", share_id="share-2")
    await saying.share_deleted("share-1")
    assert await saying.public() == [other]
    states = {
        one.testimonial_id: (one.state, one.reason)
        for one in (await saying.queries.of_author("ann", 50, None)).items
    }
    assert states[public] == ("hidden", "share_deleted")
    assert states[waiting] == ("rejected", "share_deleted")
    await saying.assert_consistent()


async def test_no_event_holds_what_was_said(saying: Saying) -> None:
    one = await saying.published(body="Unmistakable words.", display_name="Annabel")
    await saying.edit(one, body="Other unmistakable words.")
    kept = " ".join(str(row) for row in await saying.core.rows("SELECT payload FROM event_log"))
    assert "nmistakable" not in kept
    assert "Annabel" not in kept


async def test_a_late_retraction_is_news(saying: Saying) -> None:
    await saying.published(share_id="share-1")
    deleted = ShareDeleted(user_id="ann", share_id="share-1", reason="deleted_by_user")
    await saying.core.submit(Happen(at=saying.clock(), event=deleted))
    saying.clock.advance(DAY)
    await saying.react()
    last = (await saying.core.events())[-1]
    assert isinstance(last.event, happens.TestimonialHidden)
    assert last.is_news
