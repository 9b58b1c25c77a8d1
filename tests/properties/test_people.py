"""The network through any history: friendship is symmetric, a block ends all there is to see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import permutations

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.errors import Conflict
from tests.integration.network.people import People, running_network

USERS = ("ann", "bob", "cid")
pairs = st.sampled_from(list(permutations(USERS, 2)))
verbs = st.sampled_from(
    [
        *("befriend", "befriend", "befriend", "unfriend", "block", "unblock"),
        *("converted", "anonymous", "connected", "disconnected", "awarded"),
    ]
)
steps = st.lists(st.tuples(verbs, pairs), max_size=12)

Two = frozenset[str]


@pytest_asyncio.fixture
async def people(ready_url: str) -> AsyncIterator[People]:
    async with running_network(ready_url) as running:
        yield running


class Expected:
    """Who is what to whom, by the rules as they are written down."""

    def __init__(self) -> None:
        self.friends: set[Two] = set()
        self.asked: dict[Two, str] = {}
        self.blocks: set[tuple[str, str]] = set()

    def blocked(self, one: str, other: str) -> bool:
        return bool(self.blocks & {(one, other), (other, one)})

    def end(self, two: Two) -> None:
        self.friends.discard(two)
        self.asked.pop(two, None)

    def become_friends(self, two: Two) -> None:
        self.asked.pop(two, None)
        self.friends.add(two)

    def do(self, verb: str, one: str, other: str) -> bool:
        """Whether it is done; what ``one`` does to ``other``."""
        two = frozenset((one, other))
        match verb:
            case "befriend" if (one, other) in self.blocks:
                return False
            case "befriend" if self.asked.get(two, one) != one:
                self.become_friends(two)
            case "befriend" if two not in self.friends:
                self.asked[two] = one
            case "unfriend" if (one, other) not in self.blocks:
                self.end(two)
            case "block" if (one, other) not in self.blocks:
                self.blocks.add((one, other))
                if self.asked.get(two) != other:
                    self.end(two)
            case "unblock":
                self.blocks.discard((one, other))
            case "converted" | "connected" if not self.blocked(one, other):
                self.become_friends(two)
            case "disconnected" if not self.blocked(one, other):
                self.end(two)
        return True


async def do(people: People, verb: str, one: str, other: str, place: int) -> None:
    match verb:
        case "befriend":
            await people.befriend(one, other)
        case "unfriend":
            await people.unfriend(one, other)
        case "block":
            await people.block(one, other)
        case "unblock":
            await people.unblock(one, other)
        case "converted":
            await people.converted(one, other)
        case "anonymous":
            await people.converted(one, other, anonymous=True)
        case "connected":
            await people.profile(one, connected=[other])
        case "disconnected":
            await people.profile(one, disconnected=[other])
        case "awarded":
            await people.awarded(one, other, f"p-{place}")


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=steps)
async def test_any_history_is_symmetric_and_respects_blocks(
    people: People, history: list[tuple[str, tuple[str, str]]]
) -> None:
    await people.clear()
    people.shown.update(dict.fromkeys(USERS, "online"))
    expected = Expected()
    for place, (verb, (one, other)) in enumerate(history):
        done = expected.do(verb, one, other)
        try:
            await do(people, verb, one, other, place)
        except Conflict:
            assert not done
        else:
            assert done
    for user in USERS:
        await assert_sees_as_may_be(people, expected, user)
    await people.assert_consistent()


async def assert_sees_as_may_be(people: People, expected: Expected, user: str) -> None:
    others = [one for one in USERS if one != user]
    mine = {one: frozenset((user, one)) for one in others}
    friends = [one for one in others if mine[one] in expected.friends]
    assert await people.names(user) == friends
    outgoing = [one for one in others if expected.asked.get(mine[one]) == user]
    assert await people.names(user, "outgoing") == outgoing
    incoming = [
        one
        for one in others
        if expected.asked.get(mine[one]) == one and (user, one) not in expected.blocks
    ]
    assert await people.names(user, "incoming") == incoming
    for one in others:
        assert await people.may_watch(user, one) == (one in friends)
    for kind, subject, _ in await people.suggested(user):
        assert not expected.blocked(user, subject)
        assert kind != "friend" or subject not in friends


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(st.tuples(st.sampled_from(["befriend", "unfriend"]), pairs), max_size=8))
async def test_whoever_is_blocked_cannot_tell(
    people: People, history: list[tuple[str, tuple[str, str]]]
) -> None:
    """What bob does and sees after a block is the same as if there were none and ann were idle."""
    seen = []
    for blocks in (True, False):
        await people.clear()
        if blocks:
            await people.block("ann", "bob")
        start = people.clock.now
        answers: list[tuple[str, str, str]] = []
        for verb, (one, other) in history:
            if one == "ann":
                continue
            people.clock.now = start + len(answers)
            if verb == "befriend":
                view = await people.befriend(one, other)
                answers.append((view.user_id, view.state, view.via))
            else:
                await people.unfriend(one, other)
        names = [await people.names("bob", "outgoing"), await people.names("bob")]
        seen.append((answers, names, await people.types("bob")))
    assert seen[0] == seen[1]
