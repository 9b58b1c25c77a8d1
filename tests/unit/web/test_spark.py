"""Figures as lines: where they lie, and that what was not measured is not drawn."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.web.spark import HEIGHT, WIDTH, latency_of, rounded_up, told_of


class Point(msgspec.Struct, frozen=True):
    """A moment."""

    seconds_ago: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    told_per_second: float = 0.0


def test_the_newest_is_on_the_right_and_the_highest_on_top() -> None:
    spark = told_of([Point(300, told_per_second=0), Point(0, told_per_second=50)])
    assert spark.ceiling == 50
    assert spark.lines == {"told": "M0 100h0L300 0"}


def test_where_nothing_was_measured_the_line_is_interrupted() -> None:
    series = [Point(200, p50=0.005), Point(100), Point(50, p50=0.01), Point(0, p50=0.01)]
    spark = latency_of(series)
    assert spark.lines["p50"] == "M100 50h0M250 0h0L300 0"
    assert spark.lines["p95"] == spark.lines["p99"] == ""


def test_nothing_at_all_has_a_scale_all_the_same() -> None:
    assert latency_of([]).ceiling == 0.01
    assert told_of([]).lines == {"told": ""}


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (1.2, 2), (2.1, 5), (5.1, 10), (73, 100), (1e6, 1e6)]
)
def test_the_top_of_the_scale_is_a_round_number(highest: float, top: float) -> None:
    assert rounded_up(highest, 1) == top


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 1e6)), max_size=50))
def test_no_line_leaves_its_box(points: list[tuple[float, float]]) -> None:
    spark = told_of([Point(ago, told_per_second=told) for ago, told in points])
    for x, y in re.findall(r"[ML]([\d.e+-]+) ([\d.e+-]+)", spark.lines["told"]):
        assert 0 <= float(x) <= WIDTH
        assert -0.1 <= float(y) <= HEIGHT
