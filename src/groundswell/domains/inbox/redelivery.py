"""When a message that was sent and not acknowledged is sent again."""

from __future__ import annotations

from groundswell.contract.times import SECOND

DELAYS = (10 * SECOND, 30 * SECOND, 90 * SECOND)
"""How long to wait after the first, the second, and every further sending."""

MOST_REDELIVERIES = 5
"""While a device stays connected; when it connects again, counting starts anew."""


def redeliver_at(attempts: int, sent_at: int) -> int | None:
    """When to send again what was last sent at ``sent_at``, for the ``attempts``-th time.

    None if it was never sent, or often enough for this connection.
    """
    if not 1 <= attempts <= MOST_REDELIVERIES:
        return None
    return sent_at + DELAYS[min(attempts, len(DELAYS)) - 1]
