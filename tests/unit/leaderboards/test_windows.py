"""Windows are half-open and leave no gap, whatever the clocks of a time zone do."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groundswell.contract.times import HOUR, SECOND, from_rfc3339, to_rfc3339
from groundswell.domains.leaderboards.windows import (
    ALL_TIME,
    Recurrence,
    Window,
    window_at,
    zone_of,
)

RECURRENCES: tuple[Recurrence, ...] = ("daily", "weekly", "monthly")
FIRST, LAST = from_rfc3339("1990-01-01T00:00:00Z"), from_rfc3339("2035-01-01T00:00:00Z")
zones = st.sampled_from(sorted(available_timezones() - {"localtime"}))


def shown(window: Window) -> tuple[str, str]:
    return to_rfc3339(window.start)[:19], to_rfc3339(window.end)[:19]


@given(zones, st.sampled_from(RECURRENCES), st.integers(FIRST, LAST))
@example("Pacific/Apia", "daily", from_rfc3339("2011-12-30T10:00:00Z"))
@example("America/Sao_Paulo", "daily", from_rfc3339("2018-11-04T03:00:00Z"))
@example("America/Toronto", "daily", from_rfc3339("2006-10-29T04:30:00Z"))
def test_an_instant_is_in_one_window_and_the_next_begins_where_it_ends(
    name: str, recurrence: Recurrence, instant: int
) -> None:
    zone = zone_of(name)
    window = window_at(recurrence, zone, instant)

    assert window.start <= instant < window.end
    assert window_at(recurrence, zone, window.start) == window
    assert window_at(recurrence, zone, window.end - 1) == window
    assert window_at(recurrence, zone, window.end).start == window.end


def test_a_day_has_23_hours_when_clocks_go_forward_and_25_when_they_go_back() -> None:
    berlin = zone_of("Europe/Berlin")
    forward = window_at("daily", berlin, from_rfc3339("2026-03-29T12:00:00Z"))
    back = window_at("daily", berlin, from_rfc3339("2026-10-25T12:00:00Z"))

    assert forward.end - forward.start == 23 * HOUR
    assert back.end - back.start == 25 * HOUR
    assert shown(forward) == ("2026-03-28T23:00:00", "2026-03-29T22:00:00")


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    instant = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()) * SECOND
    new_york = zone_of("America/New_York")

    assert shown(window_at("weekly", new_york, instant)) == (
        "2026-11-16T05:00:00",
        "2026-11-23T05:00:00",
    )
    assert shown(window_at("monthly", new_york, instant)) == (
        "2026-11-01T04:00:00",
        "2026-12-01T05:00:00",
    )


def test_all_time_has_one_window() -> None:
    assert window_at("all_time", zone_of("UTC"), FIRST) == ALL_TIME


def test_a_day_that_a_zone_left_out_is_no_window() -> None:
    apia = zone_of("Pacific/Apia")
    before = window_at("daily", apia, from_rfc3339("2011-12-30T09:59:59Z"))
    after = window_at("daily", apia, before.end)

    assert shown(before) == ("2011-12-29T10:00:00", "2011-12-30T10:00:00")
    assert shown(after) == ("2011-12-30T10:00:00", "2011-12-31T10:00:00")


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_there_is_no_such_zone(name: str) -> None:
    with pytest.raises(ValueError, match="There is no time zone"):
        zone_of(name)
