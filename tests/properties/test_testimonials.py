"""Testimonials through any history: only legal steps, and everybody reads what they may (P1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events import testimonials as happens
from groundswell.domains.testimonials.states import STEPS, Wish, path
from groundswell.domains.testimonials.views import OwnTestimonial
from tests.integration.testimonials.saying import Saying, running_testimonials

PROJECTS = ("p-1", "p-2")
AUTHOR = "ann"
VIEWERS: tuple[tuple[str | None, bool], ...] = (
    (AUTHOR, False),
    ("bob", False),
    (None, False),
    (None, True),
)

wishes = st.sampled_from(
    ["submit", "submit", "publish", "publish", "review", "reject", "hide", "edit", "withdraw"]
)
steps = st.lists(
    st.one_of(
        st.tuples(wishes, st.sampled_from(PROJECTS)),
        st.tuples(st.sampled_from(["react", "unreact"]), st.sampled_from(PROJECTS)),
        st.tuples(st.just("share_deleted"), st.sampled_from(PROJECTS)),
    ),
    max_size=14,
)


@pytest_asyncio.fixture
async def saying(ready_url: str) -> AsyncIterator[Saying]:
    async with running_testimonials(ready_url) as running:
        yield running


class Expected:
    """What is to be, by the rules as they are written down."""

    def __init__(self) -> None:
        self.states: dict[str, happens.TestimonialState] = dict.fromkeys(PROJECTS, "requested")
        self.liked: dict[str, bool] = dict.fromkeys(PROJECTS, False)

    def go(self, project: str, wish: Wish) -> bool:
        way = path(self.states[project], wish)
        if way is not None:
            self.states[project] = way[-1]
        return way is not None


async def do(saying: Saying, ids: dict[str, str], step: str, project: str) -> None:
    one = ids[project]
    match step:
        case "submit":
            await saying.submit(project, share_id=f"share-{project}")
        case "edit":
            await saying.edit(one, body="Something else.")
        case "withdraw":
            await saying.withdraw(one)
        case "review" | "publish" | "reject" | "hide":
            await saying.decide(one, step)
        case "react" | "unreact":
            await saying.engage(one, active=step == "react")
        case "share_deleted":
            await saying.share_deleted(f"share-{project}")


def expect(expected: Expected, step: str, project: str) -> bool:
    """Do it in the model; whether it is done."""
    state = expected.states[project]
    match step:
        case "react" | "unreact":
            if state == "published":
                expected.liked[project] = step == "react"
            return state == "published"
        case "share_deleted":
            # What was withdrawn or only requested quotes nothing.
            if state == "published":
                expected.go(project, "hide")
            elif state in ("submitted", "in_review"):
                expected.go(project, "reject")
            return True
        case "submit" | "review" | "publish" | "reject" | "hide" | "edit" | "withdraw":
            same = {"review": "in_review", "publish": "published", "reject": "rejected"}
            same |= {"hide": "hidden", "withdraw": "withdrawn"}
            return expected.go(project, step) or state == same.get(step)
    raise AssertionError(step)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=steps)
async def test_any_history_is_legal_and_read_by_whom_it_may(
    saying: Saying, history: list[tuple[str, str]]
) -> None:
    await saying.clear()
    expected = Expected()
    for project in PROJECTS:
        await saying.completed(project, owner=AUTHOR)
    mine = (await saying.queries.of_author(AUTHOR, 10, None)).items
    ids = {one.project_id: one.testimonial_id for one in mine}
    for step, project in history:
        done = expect(expected, step, project)
        try:
            await do(saying, ids, step, project)
        except (Conflict, NotFound):
            assert not done, (step, project)
        else:
            assert done, (step, project)
        await assert_read_as_it_may_be(saying, ids, expected)
    await assert_only_legal_steps(saying)
    await saying.assert_consistent()


async def assert_read_as_it_may_be(saying: Saying, ids: dict[str, str], expected: Expected) -> None:
    """P1: a viewer sees a testimonial exactly if it is published, or theirs, or theirs to judge."""
    public = {ids[project] for project in PROJECTS if expected.states[project] == "published"}
    assert set(await saying.public()) == public
    for project, one in ids.items():
        for viewer, host in VIEWERS:
            own = host or viewer == AUTHOR
            try:
                seen = await saying.queries.testimonial(one, viewer, host=host)
            except NotFound:
                assert not own
                assert one not in public
            else:
                assert own or one in public
                assert isinstance(seen, OwnTestimonial) == own
                assert seen.state == expected.states[project]
                assert (seen.body is None) == (seen.state in ("requested", "withdrawn"))
                assert seen.reactions == ({"like": 1} if expected.liked[project] else {})


async def assert_only_legal_steps(saying: Saying) -> None:
    """The log tells of one step after the other, and of retractions to whom saw it."""
    before: dict[str, happens.TestimonialState] = {}
    for event in await saying.told():
        one = event.testimonial_id
        if isinstance(event, happens.TestimonialEngaged):
            assert before[one] == "published"
            continue
        if one in before:
            assert event.state in STEPS[before[one]], (before[one], event.state)
        shown = "published" in (before.get(one), event.state)
        assert (happens.RECENT in event.topics()) == shown
        before[one] = event.state
