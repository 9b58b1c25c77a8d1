"""Through any history, what is kept is what counting everything by hand gives.

The expectation is counted from the list of deeds alone: the last deed of each verb that counts, the
votes that stand; then every pair of files of every person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from itertools import permutations
from random import Random

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.recommendations.liking import Liking, clear, running_recommendations
from tests.support.core import user, visitor

PEOPLE = (user("ann"), user("eve"), visitor("1"))
WEIGHTS = {"up": 5, "comment": 3, "download": 3, "play": 2, "view": 1}
FILES = 3
DEEDS = ("up", "down", "unvote", "play", "short", "view", "download", "comment")

OTHERS = ("again", "rebuild", "incognito", "open", "erase")
STEPS = 15


def history_of(chance: Random) -> list[tuple[str, int, int]]:
    """Mostly deeds, and the log is read after every third of them."""
    history: list[tuple[str, int, int]] = []
    for _ in range(STEPS):
        kinds = OTHERS if chance.random() < 0.1 else DEEDS
        by, on = chance.randrange(len(PEOPLE)), chance.randrange(FILES)
        step = chance.choice(kinds)
        history.append((step, by % 2 if step == "erase" else by, on))
        if chance.random() < 0.35:
            history.append(("learn", 0, 0))
    return history


@pytest_asyncio.fixture
async def liking(ready_url: str) -> AsyncIterator[Liking]:
    async with running_recommendations(ready_url) as running:
        yield running


class Expected:
    """What each person is known to have done."""

    def __init__(self) -> None:
        self.done: dict[tuple[int, int], set[str]] = {}
        self.votes: dict[tuple[int, int], str] = {}

    def forget(self, person: int) -> None:
        self.done = {key: verbs for key, verbs in self.done.items() if key[0] != person}
        self.votes = {key: vote for key, vote in self.votes.items() if key[0] != person}

    def weights(self) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = {}
        for key in {*self.done, *self.votes}:
            vote = self.votes.get(key)
            verbs = {*self.done.get(key, ()), *([vote] if vote else [])}
            if verbs and vote != "down":
                found.setdefault(key[0], {})[key[1]] = max(WEIGHTS[verb] for verb in verbs)
        return found

    def tastes(self, ids: list[int]) -> list[tuple[int, int, int]]:
        people: Counter[int] = Counter()
        strength: Counter[int] = Counter()
        for liked in self.weights().values():
            for file, weight in liked.items():
                people[ids[file]] += 1
                strength[ids[file]] += weight**2
        return sorted((one, people[one], strength[one]) for one in people)

    def pairs(self, ids: list[int]) -> list[tuple[int, int, int, int]]:
        people: Counter[tuple[int, int]] = Counter()
        strength: Counter[tuple[int, int]] = Counter()
        for liked in self.weights().values():
            for one, other in permutations(liked, 2):
                people[ids[one], ids[other]] += 1
                strength[ids[one], ids[other]] += liked[one] * liked[other]
        return sorted((*pair, people[pair], strength[pair]) for pair in people)


async def do(
    liking: Liking, expected: Expected, ids: list[int], step: str, by: int, on: int
) -> None:
    person, media, key = PEOPLE[by], ids[on], (by, on)
    hidden = person.user_id in liking.wishes.incognito
    match step:
        case "up" | "down":
            stands = await liking.core.queries.vote_status(media, person.voter)
            await liking.vote(person, media, step)
            if hidden and stands.vote_type != step:
                expected.votes.pop(key, None)  # the vote stands, and nobody knows whose it is
            elif not hidden and stands.vote_type != step:
                expected.votes[key] = step
        case "unvote":
            await liking.unvote(person, media)
            expected.votes.pop(key, None)
        case "play" | "view" | "download" | "comment":
            if step == "comment" and hidden:
                return
            await getattr(liking, step)(person, media)
            rows = await qualified(liking, step)
            if rows and not hidden:
                expected.done.setdefault(key, set()).add(step)
        case "short":
            await liking.play(person, media, seconds=3)
        case "learn":
            await liking.learn(portion=3)
        case "again":
            liking.position = 0
        case "rebuild":
            await liking.rebuild()
        case "incognito":
            liking.wishes.incognito.add("eve")
        case "open":
            liking.wishes.incognito.discard("eve")
        case "erase":
            await liking.erase(str(person.user_id))
            expected.forget(by)


async def qualified(liking: Liking, step: str) -> bool:
    """Whether the newest event of the log counts."""
    head = await liking.core.log.head()
    (event,) = await liking.core.log.after(head - 1)
    return bool(getattr(event.event, "qualified", True))


@given(seed=st.integers(0, 2**64))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_sums_are_what_counting_by_hand_gives(liking: Liking, seed: int) -> None:
    await clear(liking)
    ids = await liking.files(FILES)
    expected = Expected()
    for step, by, on in history_of(Random(seed)):
        await do(liking, expected, ids, step, by, on)
    await liking.learn()
    stored = await liking.stored()
    assert stored["file_tastes"] == expected.tastes(ids)
    assert stored["file_pairs"] == expected.pairs(ids)
    assert await liking.audit() == []
    await liking.rebuild()
    assert await liking.stored() == stored
