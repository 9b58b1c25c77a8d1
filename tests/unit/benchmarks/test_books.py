"""A figure counts only if what was accepted is what was written."""

from __future__ import annotations

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.ledger import Ledger, verify


def books(rows: int) -> Ledger:
    return Ledger(counted=rows, logged=rows, activities=rows, events=rows)


def test_books_balance_when_every_accepted_request_was_written_once() -> None:
    verify(books(100), accepted=100, in_flight=16)


def test_requests_that_the_load_tool_broke_off_may_have_been_written() -> None:
    verify(books(116), accepted=100, in_flight=16)


@pytest.mark.parametrize(
    "done",
    [
        pytest.param(books(99), id="an accepted request is missing"),
        pytest.param(books(117), id="more was written than was ever sent"),
        pytest.param(Ledger(99, 100, 100, 100), id="a counter lost an update"),
        pytest.param(Ledger(100, 100, 99, 100), id="an activity is missing"),
        pytest.param(Ledger(100, 100, 100, 101), id="an event was written twice"),
    ],
)
def test_books_that_do_not_balance_are_no_result(done: Ledger) -> None:
    with pytest.raises(BenchmarkError, match="100 requests were accepted"):
        verify(done, accepted=100, in_flight=16)


def test_work_since_an_earlier_reading_is_what_was_added() -> None:
    assert books(30).since(books(10)) == books(20)
