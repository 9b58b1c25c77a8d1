"""When to try again, and when to stop trying."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.contract.times import HOUR, SECOND


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pauses that grow: ``first``, then ``factor`` times as long each time, at most ``longest``.

    ``attempts`` is how often an event is tried at all, ``jitter`` by which share of itself a pause
    is made longer or shorter, so that what failed together is not tried together again.
    """

    first: int = 5 * SECOND
    factor: int = 4
    longest: int = 24 * HOUR
    attempts: int = 10
    jitter: float = 0.2

    def next_attempt(
        self, failed: int, now: int, chance: float, retry_after: int | None = None
    ) -> int | None:
        """When to try again after ``failed`` attempts, of which there was at least one.

        Args:
            failed: how many attempts have failed.
            now: the present instant.
            chance: a number from 0 to 1 that decides the jitter.
            retry_after: the seconds the receiver asked for; it gets them, up to ``longest``.

        Returns:
            None if that was enough.
        """
        if failed >= self.attempts:
            return None
        grown: int = min(self.first * self.factor ** (failed - 1), self.longest)
        pause = round(grown * (1 + self.jitter * (2 * chance - 1)))
        asked = min((retry_after or 0) * SECOND, self.longest)
        return now + max(pause, asked)
