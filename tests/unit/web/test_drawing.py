"""What is drawn: covers and charts."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.domains.engagement.views import TimeBucket
from groundswell.web.chart import HEIGHT, chart_of, nice_ceiling
from groundswell.web.prints import GROUNDS, print_of, svg_of
from tests.unit.web.fakes import hourly


def test_a_file_keeps_its_picture_and_files_differ() -> None:
    assert print_of(7) == print_of(7)
    assert len({tuple(print_of(n).paths) for n in range(200)}) == 200
    assert {print_of(n).ground for n in range(200)} == set(range(GROUNDS))


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_picture_is_small_well_formed_and_made_of_numbers(media_file_id: int) -> None:
    text = svg_of(media_file_id)
    picture = ElementTree.fromstring(text)
    assert len(text) < 1800
    for path in picture:
        assert re.fullmatch(r"[MLQTVHZ0-9 -]+", path.attrib["d"])


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_the_ceiling_is_round_near_and_has_a_whole_half(highest: int) -> None:
    ceiling = nice_ceiling(highest)
    assert ceiling >= max(highest, 2)
    assert ceiling % 2 == 0
    assert ceiling <= max(2, 2 * highest)


def test_bars_stand_side_by_side_on_the_ground_and_the_highest_is_true_to_scale() -> None:
    chart = chart_of(hourly(0, 5, 20, 10), "24h")
    assert chart.ceiling == 20
    assert [bar.height for bar in chart.bars] == [0, 25, 100, 50]
    assert all(bar.y + bar.height == HEIGHT for bar in chart.bars)
    assert all(one.x + one.width < other.x for one, other in pairwise(chart.bars))
    assert chart.total == 35
    assert chart.busiest is chart.bars[2]


@pytest.mark.parametrize(("count", "ticks"), [(0, 0), (1, 1), (2, 2), (24, 3)])
def test_the_time_axis_names_no_more_than_three_intervals(count: int, ticks: int) -> None:
    assert len(chart_of(hourly(*[1] * count), "24h").ticks) == ticks


def test_days_are_named_by_date_and_hours_by_weekday_and_time() -> None:
    bucket = TimeBucket(start="2014-06-17T00:00:00.000Z", plays=3)
    assert chart_of([bucket], "24h").bars[0].label == "Tue 00:00"
    assert chart_of([bucket], "30d").bars[0].label == "Tue 17 Jun"
