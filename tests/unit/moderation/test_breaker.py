"""A filter that keeps failing is left alone for a while."""

from __future__ import annotations

from groundswell.domains.moderation.breaker import Breaker


def test_it_opens_after_failures_in_a_row_and_tries_one_call_after_its_rest() -> None:
    breaker = Breaker(failures=2, rest=10)
    for now in (0, 1):
        assert breaker.admits(now)
        breaker.failed(now)
    assert breaker.state(2) == "open"
    assert not breaker.admits(10)
    assert breaker.admits(11)
    assert not breaker.admits(11), "one at a time"
    breaker.failed(11)
    assert breaker.state(12) == "open"
    assert breaker.admits(21)
    breaker.succeeded()
    assert breaker.state(21) == "closed"


def test_a_success_in_between_counts_anew() -> None:
    breaker = Breaker(failures=2)
    for _ in range(5):
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.state(0) == "closed"
