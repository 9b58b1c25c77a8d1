"""When to push, and when to stop trying."""

from __future__ import annotations

from groundswell.contract.times import HOUR, MINUTE, SECOND

CONNECTED = 10 * SECOND
"""How long a user with a live connection is given to acknowledge before we look again."""

_LEAST_OFTEN = 10 * MINUTE

MOST_ATTEMPTS = 8
_FIRST = 15 * SECOND
_LONGEST = HOUR


def next_attempt(attempts: int, now: int, retry_after: int | None = None) -> int | None:
    """When to try again after ``attempts`` that failed; None if that was enough.

    15 s, then four times as long each time, up to an hour; a push service that asks for more
    (``retry_after`` seconds) gets it, within a day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    pause = min(_FIRST << 2 * (attempts - 1), _LONGEST)
    asked = min((retry_after or 0) * SECOND, 24 * HOUR)
    return now + max(pause, asked)


def look_again(filed_at: int, now: int) -> int:
    """When to see whether a connected user has acknowledged a message or gone away.

    After 10 s, then each time the message is twice as old, at least every 10 minutes.
    """
    return now + max(CONNECTED, min(now - filed_at, _LEAST_OFTEN))
