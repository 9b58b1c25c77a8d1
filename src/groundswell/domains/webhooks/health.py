"""The health of an endpoint: a circuit breaker whose state is kept with the endpoint.

It is ``closed`` while sendings succeed, ``open`` after several in a row have failed, and
``half_open`` when its pause is over: then one sending is tried, and decides.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from groundswell.contract.times import DAY, HOUR, SECOND

Circuit = Literal["closed", "open", "half_open"]

THRESHOLD: Final = 5
"""How many sendings in a row may fail."""
PROBE: Final = 30 * SECOND
"""How long a tried sending may take before another one is tried."""
DISABLE_AFTER: Final = 5 * DAY
"""How long an endpoint may do nothing but fail."""
_FIRST_PAUSE: Final = 30 * SECOND
_LONGEST_PAUSE: Final = HOUR


class Health(msgspec.Struct, frozen=True):
    """How sendings went lately; instants in microseconds."""

    failures: int = 0
    open_until: int = 0
    failing_since: int | None = None

    def circuit(self, now: int) -> Circuit:
        """The state of the breaker."""
        if self.failures < THRESHOLD:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def allowance(self, now: int, most: int) -> int:
        """How many sendings may be tried at once; fewer once the last has failed."""
        match self.circuit(now):
            case "open":
                return 0
            case "half_open":
                return 1
            case _:
                return min(most, THRESHOLD - self.failures) if self.failures else most

    def probing(self, now: int) -> Health:
        """One sending is tried while the breaker is half open; the others wait for it."""
        return msgspec.structs.replace(self, open_until=now + PROBE)

    def after(self, now: int, *, taken: bool) -> Health:
        """The health after a sending."""
        if taken:
            return Health()
        failures = self.failures + 1
        since = self.failing_since if self.failing_since is not None else now
        if failures < THRESHOLD:
            return Health(failures, 0, since)
        doublings = min(failures - THRESHOLD, 32)
        return Health(failures, now + min(_FIRST_PAUSE << doublings, _LONGEST_PAUSE), since)

    def is_hopeless(self, now: int) -> bool:
        """Whether it has failed for so long that nothing more is to be sent."""
        return self.failing_since is not None and now - self.failing_since >= DISABLE_AFTER
