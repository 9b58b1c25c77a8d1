"""When something counts for the rankings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import DAY, HOUR
from groundswell.domains.engagement.qualification import (
    Windows,
    clear_of,
    happened_at,
    long_enough,
    play_threshold,
    remember,
)

NOW = 20_000 * DAY


@pytest.mark.parametrize(
    ("duration", "seconds"), [(None, 30), (1, 0.5), (59, 29.5), (60, 30), (61, 30), (7_200, 30)]
)
def test_half_of_the_file_but_at_most_thirty_seconds(duration: int | None, seconds: float) -> None:
    assert play_threshold(duration) == seconds


def test_a_play_of_unknown_length_is_believed() -> None:
    assert long_enough(None, 300)
    assert long_enough(None, None)


@given(played=st.integers(0, 10**5), duration=st.none() | st.integers(1, 10**5))
def test_longer_is_never_worse(played: int, duration: int | None) -> None:
    assert long_enough(played + 1, duration) >= long_enough(played, duration)


def test_time_is_the_clients_but_never_the_future() -> None:
    assert happened_at(NOW, None) == NOW
    assert happened_at(NOW, NOW - HOUR) == NOW - HOUR
    assert happened_at(NOW, NOW + 1) == NOW


def test_each_kind_has_its_window() -> None:
    windows = Windows()
    assert [windows.of(kind) for kind in ("play", "download", "view")] == [HOUR, DAY, HOUR]


@pytest.mark.parametrize(
    ("distance", "clear"),
    [(0, False), (1, False), (HOUR - 1, False), (HOUR, True), (HOUR + 1, True)],
)
def test_a_window_is_half_open_on_both_sides(distance: int, *, clear: bool) -> None:
    assert clear_of([NOW], NOW + distance, HOUR) is clear
    assert clear_of([NOW], NOW - distance, HOUR) is clear


@given(
    times=st.lists(st.integers(0, 200)),
    at=st.integers(0, 200),
    window=st.integers(1, 50),
)
def test_clear_means_that_all_others_are_a_window_away(
    times: list[int], at: int, window: int
) -> None:
    known: list[int] = []
    for time in times:
        remember(known, time)
    assert known == sorted(times)
    assert clear_of(known, at, window) == all(abs(at - time) >= window for time in times)
