"""The pauses between attempts, and the life of an endpoint under any history of outcomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from groundswell.contract.times import DAY, HOUR, SECOND
from groundswell.domains.webhooks.health import DISABLE_AFTER, PROBE, THRESHOLD, Health
from groundswell.domains.webhooks.schedule import Schedule

schedules = st.builds(
    Schedule,
    first=st.integers(SECOND, HOUR),
    factor=st.integers(2, 8),
    longest=st.integers(HOUR, DAY),
    attempts=st.integers(2, 12),
    jitter=st.floats(0, 0.3),
)
chances = st.floats(0, 1)


@given(schedules, st.integers(1, 12), chances, st.none() | st.integers(0, 10**6))
def test_pauses_stay_within_their_bounds_and_end(
    schedule: Schedule, failed: int, chance: float, retry_after: int | None
) -> None:
    at = schedule.next_attempt(failed, 1_000, chance, retry_after)
    if failed >= schedule.attempts:
        assert at is None
        return
    assert at is not None
    plain = min(schedule.first * schedule.factor ** (failed - 1), schedule.longest)
    asked = min((retry_after or 0) * SECOND, schedule.longest)
    pause = at - 1_000
    assert pause >= asked
    assert pause >= plain * (1 - schedule.jitter) - 1
    assert pause <= max(asked, plain * (1 + schedule.jitter) + 1)


@given(schedules, chances, chances)
def test_with_any_luck_a_later_pause_is_not_shorter(
    schedule: Schedule, one: float, other: float
) -> None:
    if schedule.factor * (1 - schedule.jitter) < 1 + schedule.jitter:
        return
    for failed in range(1, schedule.attempts - 1):
        here = schedule.next_attempt(failed, 0, one)
        there = schedule.next_attempt(failed + 1, 0, other)
        assert here is not None
        assert there is not None
        grows = schedule.first * schedule.factor**failed <= schedule.longest
        assert there >= here - 1 or not grows


class Breaker(RuleBasedStateMachine):
    """Sendings as a lane makes them: never more than the endpoint's health allows."""

    def __init__(self) -> None:
        super().__init__()
        self.health = Health()
        self.now = 0
        self.in_a_row = 0
        self.first_failure: int | None = None
        self.probes: list[int] = []

    @rule(by=st.integers(0, 2 * HOUR))
    def wait(self, by: int) -> None:
        self.now += by

    @rule(outcomes=st.lists(st.booleans(), min_size=1, max_size=16))
    def send(self, outcomes: list[bool]) -> None:
        allowed = self.health.allowance(self.now, 16)
        if self.health.circuit(self.now) == "half_open":
            self.probes.append(self.now)
            self.health = self.health.probing(self.now)
            assert self.health.allowance(self.now, 16) == 0
        for taken in outcomes[:allowed]:
            self.health = self.health.after(self.now, taken=taken)
            self.in_a_row = 0 if taken else self.in_a_row + 1
            if taken:
                self.first_failure = None
            elif self.first_failure is None:
                self.first_failure = self.now

    @rule()
    def probe_that_never_ends(self) -> None:
        if self.health.circuit(self.now) == "half_open":
            self.health = self.health.probing(self.now)
            assert self.health.circuit(self.now + PROBE - 1) == "open"
            assert self.health.circuit(self.now + PROBE) == "half_open"

    @invariant()
    def the_circuit_is_closed_until_so_many_failed_in_a_row(self) -> None:
        assert (self.health.circuit(self.now) == "closed") == (self.in_a_row < THRESHOLD)

    @invariant()
    def it_is_never_open_for_more_than_an_hour(self) -> None:
        assert self.health.open_until <= self.now + HOUR
        assert self.health.circuit(self.now + HOUR) in ("closed", "half_open")

    @invariant()
    def it_always_allows_something_after_its_pause(self) -> None:
        assert self.health.allowance(max(self.now, self.health.open_until), 16) >= 1

    @invariant()
    def it_is_hopeless_exactly_after_days_of_failures_alone(self) -> None:
        since = self.first_failure
        expected = since is not None and self.now - since >= DISABLE_AFTER
        assert self.health.is_hopeless(self.now) == expected


TestBreaker = Breaker.TestCase
