"""Which events tell of tastes, and how much of the writer's time that takes."""

from __future__ import annotations

import time
from typing import Any

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.domains.recommendations.commands import Learnt
from groundswell.domains.recommendations.following import TOGETHER, Following, commands_for
from groundswell.store.deeds import Told

COUNTERS = events.CounterValues(
    play_count=1,
    qualified_play_count=1,
    download_count=0,
    view_count=0,
    comment_count=0,
    upvotes=0,
    downvotes=0,
)
COMMON: dict[str, Any] = {"media_file_id": 7, "media_title": "Tush", "counters": COUNTERS}


def logged(seq: int, event: events.MediaEvent) -> LoggedEvent:
    return LoggedEvent(seq, f"evt-{seq}", 100 + seq, 100 + seq, event)


def play(seq: int, *, qualified: bool = True) -> LoggedEvent:
    return logged(seq, events.PlayRecorded(qualified=qualified, **COMMON))


def test_what_does_not_qualify_and_other_events_tell_nothing() -> None:
    assert (
        commands_for([play(1, qualified=False), logged(2, events.MediaDeleted(media_file_id=7))], 0)
        == []
    )


def test_votes_that_may_be_gone_are_looked_at_again() -> None:
    portion = [
        logged(1, events.VoteCast(vote_type="up", **COMMON)),
        logged(2, events.VoteRemoved(previous_vote_type="up", **COMMON)),
    ]
    (command,) = commands_for(portion, 5)
    assert command.told == (Told("vote", 1, 7, 101),)
    assert command.unvoted == (7,)


def test_a_portion_becomes_small_commands() -> None:
    portion = [play(seq) for seq in range(1, 2 * TOGETHER + 2)]
    assert [len(one.told) for one in commands_for(portion, 0)] == [TOGETHER, TOGETHER, 1]


async def test_the_writer_is_left_to_others_most_of_the_time() -> None:
    times = iter([0.0, 0.05])  # what the command took, by this timer
    submitted: list[object] = []

    async def submit(command: object, _: object = None) -> Learnt:
        submitted.append(command)
        return Learnt(1)

    following = Following(submit, lambda: 0, hash_days=30, timer=lambda: next(times), share=0.5)
    started = time.perf_counter()
    await following.consume([play(1)])
    assert time.perf_counter() - started >= 0.05
    assert len(submitted) == 1
    assert following.statistics()["persons_learnt_total"] == 1.0
