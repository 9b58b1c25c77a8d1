"""How long what is kept, and how much of it a user may have."""

from __future__ import annotations

import msgspec

from groundswell.contract.times import DAY

MOST_DEVICES = 32
"""Per user; one more takes the place of the device unseen for longest."""

MOST_ENDPOINTS = 16
"""Push endpoints per user; one more takes the place of the oldest."""


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """Microseconds from the filing of a message.

    ``full``: kept as it was told. ``critical``: the same for critical messages, so that a device
    that comes back after days still gets each of them. ``summary``: counted by type. ``states``:
    that it was delivered and read; also how long a device may be unseen.
    """

    full: int = DAY
    critical: int = 7 * DAY
    summary: int = 7 * DAY
    states: int = 14 * DAY
