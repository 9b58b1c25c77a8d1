"""Figures over time: rates, sums by label, and quantiles as Prometheus finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.ops.history import History, Reading, Window

BOUNDS = (0.1, 0.5, 1.0, 2.0, 5.0)


def histogram(values: list[float]) -> dict[str, float]:
    counts = {
        f'seconds_bucket{{le="{bound}"}}': sum(v <= bound for v in values) for bound in BOUNDS
    }
    return {**counts, 'seconds_bucket{le="+Inf"}': len(values)}


def history(*steps: Mapping[str, float], most: int = 10) -> History:
    told: Iterator[Mapping[str, float]] = iter(steps)
    kept = History({"live": lambda: next(told)}, most=most)
    for place in range(len(steps)):
        kept.read(3.0 * place)
    return kept


def test_a_counter_is_summed_over_the_labels_that_are_not_named() -> None:
    kept = history(
        {'told_total{door="sse"}': 1, 'told_total{door="websocket"}': 10},
        {'told_total{door="sse"}': 4, 'told_total{door="websocket"}': 70},
    )
    window = kept.last(60)
    assert window.seconds == 3
    assert window.grown("live_told_total") == 63
    assert window.rate("live_told_total", door="websocket") == 20
    assert window.last.by("live_told_total", "door") == {"sse": 4, "websocket": 70}


def test_a_window_is_as_long_as_asked_for_if_there_is_enough() -> None:
    kept = history(*({"n": place} for place in range(8)), most=5)
    assert kept.last(6).seconds == 6
    assert kept.last(600).seconds == 12
    assert kept.last(0).seconds == 0
    assert [(step.first.at, step.last.at) for step in kept.steps(6)] == [
        (9, 12),
        (9, 15),
        (12, 18),
        (15, 21),
    ]


def test_nothing_read_is_said_and_no_time_passed_is_no_rate() -> None:
    with pytest.raises(LookupError):
        history().last(60)
    assert history({"n_total": 5}).last(60).rate("live_n_total") == 0


def test_a_counter_that_began_anew_never_falls() -> None:
    assert history({"n_total": 5}, {"n_total": 1}).last(60).grown("live_n_total") == 0


def test_quantiles_are_of_the_window_alone() -> None:
    early, late = [4.0] * 100, [0.3] * 100
    window = history(histogram(early), histogram(early + late)).last(60)
    assert window.quantile(0.5, "live_seconds_bucket") == pytest.approx(0.3)
    assert window.quantile(0.99, "live_seconds_bucket") == pytest.approx(0.496)


def test_a_quantile_of_nothing_is_none_and_beyond_the_bounds_it_is_the_highest() -> None:
    assert (
        history(histogram([]), histogram([])).last(60).quantile(0.5, "live_seconds_bucket") is None
    )
    assert Window(Reading(0, {}), Reading(1, {})).quantile(0.5, "nothing") is None
    beyond = history(histogram([]), histogram([60.0])).last(60)
    assert beyond.quantile(0.5, "live_seconds_bucket") == 5.0


@given(
    st.lists(st.floats(0, 5), min_size=1, max_size=200),
    st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]),
)
def test_a_quantile_lies_in_the_bucket_of_the_value_it_stands_for(
    values: list[float], share: float
) -> None:
    found = (
        history(histogram([]), histogram(values)).last(60).quantile(share, "live_seconds_bucket")
    )
    exact = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
    high = next(bound for bound in BOUNDS if exact <= bound)
    low = max((bound for bound in BOUNDS if bound < exact), default=0.0)
    assert found is not None
    assert low - 1e-9 <= found <= high + 1e-9
