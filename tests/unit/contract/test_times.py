"""Instants survive every form that they are written in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import (
    HOUR,
    MILLISECOND,
    from_datetime,
    from_rfc3339,
    to_datetime,
    to_rfc3339,
)

_FIRST = from_datetime(datetime(1000, 1, 1, tzinfo=UTC))
_LAST = from_datetime(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
instants = st.integers(_FIRST, _LAST)


@given(instants)
def test_an_instant_survives_being_a_datetime(instant: int) -> None:
    assert from_datetime(to_datetime(instant)) == instant


@given(instants)
def test_a_written_instant_reads_back_to_its_millisecond(instant: int) -> None:
    assert from_rfc3339(to_rfc3339(instant)) == instant - instant % MILLISECOND


@given(instants, instants)
def test_written_instants_sort_as_the_instants_do(one: int, other: int) -> None:
    assert (to_rfc3339(one) <= to_rfc3339(other)) or one > other


@given(st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)), st.integers(-14, 14))
def test_a_zone_moves_the_reading_and_not_the_instant(local: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert from_datetime(local.replace(tzinfo=zone)) == from_datetime(local) - hours * HOUR


@given(st.datetimes())
def test_a_datetime_without_a_zone_is_utc(local: datetime) -> None:
    assert from_datetime(local) == from_datetime(local.replace(tzinfo=UTC))


def test_the_epoch_is_written_as_everyone_writes_it() -> None:
    assert to_rfc3339(0) == "1970-01-01T00:00:00.000Z"


def test_a_microsecond_before_the_epoch_is_in_the_year_before() -> None:
    assert to_rfc3339(-1) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "12:00:00"])
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month|day"):
        from_rfc3339(text)
