"""The rules of voting."""

from __future__ import annotations

import pytest

from groundswell.domains.engagement.views import VoteType
from groundswell.domains.engagement.voting import counter_change, sign

VOTES: list[VoteType | None] = [None, "up", "down"]


@pytest.mark.parametrize(
    ("previous", "wanted", "change"),
    [
        (None, "up", (1, 0)),
        (None, "down", (0, 1)),
        ("up", "down", (-1, 1)),
        ("down", "up", (1, -1)),
        ("up", None, (-1, 0)),
        ("down", None, (0, -1)),
    ],
)
def test_a_vote_moves_the_counters_by_what_it_says(
    previous: VoteType | None, wanted: VoteType | None, change: tuple[int, int]
) -> None:
    assert counter_change(previous, wanted) == change


@pytest.mark.parametrize("vote", VOTES)
def test_the_same_vote_again_changes_nothing(vote: VoteType | None) -> None:
    assert counter_change(vote, vote) == (0, 0)


@pytest.mark.parametrize("first", VOTES)
@pytest.mark.parametrize("second", VOTES)
def test_there_and_back_is_nowhere(first: VoteType | None, second: VoteType | None) -> None:
    there, back = counter_change(first, second), counter_change(second, first)
    assert [one + other for one, other in zip(there, back, strict=True)] == [0, 0]


def test_the_sign_is_what_a_vote_adds_to_ups_minus_downs() -> None:
    assert [sign(vote) for vote in VOTES] == [0, 1, -1]
