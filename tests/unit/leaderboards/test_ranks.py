"""L1 without a database: standings, positions, and how counts change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundswell.domains.leaderboards.ranks import (
    Standing,
    competition,
    count_changes,
    raised,
    standing_of,
)

scores = st.one_of(
    st.integers(-130, 130), st.integers(-(10**12), 10**12), st.integers(4_030, 4_200)
)


@given(st.lists(st.tuples(scores, scores), max_size=20))
def test_going_and_coming_back_changes_no_count(moves: list[tuple[int, int]]) -> None:
    there_and_back = [*moves, *((after, before) for before, after in moves)]
    assert count_changes(there_and_back) == {}


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_competition_positions_equal_brute_force(held: list[int]) -> None:
    ordered = sorted(held, reverse=True)
    assert competition(ordered) == [1 + sum(other > one for other in held) for one in ordered]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=10))
def test_adding_up_is_the_same_at_once_and_one_by_one(events: list[tuple[int, int]]) -> None:
    standing: Standing | None = None
    for event in events:
        standing = raised(standing, [event])

    assert standing == standing_of(events)


def test_a_score_is_reached_by_the_last_event_that_counts() -> None:
    assert standing_of([(1, 5), (9, 2), (4, 0)]) == Standing(7, 9)


def test_points_taken_off_bring_back_the_time_the_rest_was_reached() -> None:
    assert standing_of([(1, 5), (2, 3), (3, -3)]) == Standing(5, 1, 1)
    assert standing_of([(1, 5), (2, 3), (3, -2)]) == Standing(6, 2, 1)
    assert standing_of([(3, -2), (4, 1)]) == Standing(-1, 3, 1)


def test_nothing_that_counts_is_no_standing() -> None:
    assert standing_of([(1, 0)]) is None
    assert standing_of([]) is None


def test_a_gain_after_a_correction_has_to_be_counted_again() -> None:
    assert raised(Standing(5, 1, 1), [(2, 3)]) is None
    assert raised(Standing(5, 1), [(2, -3)]) is None
