"""How often a caller may do what: a limit per action, counted in moving windows."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Protocol

import msgspec
from limits import parse_many

from groundswell.access.moving_window import MovingWindow
from groundswell.access.principal import RateKey
from groundswell.contract import times
from groundswell.contract.errors import RateLimited
from groundswell.contract.times import Clock

OFF = "off"

DEFAULT_LIMITS: Mapping[str, str] = {
    "vote": "30/minute",
    "play": "60/minute",
    "download": "30/minute",
    "view": "120/minute",
    "comment": "10/minute",
    "inbox": "600/minute",
    "click": "60/minute",
    "share": "30/minute",
    "code": "30/minute",
    "redeem": "10/minute",
    "export": "6/hour",
    "erase": "6/hour",
    "testimonial": "10/minute",
    "reaction": "60/minute",
    "connection": "60/minute",
}


class Limit(msgspec.Struct, frozen=True):
    """At most ``count`` accepted hits in any ``window`` microseconds."""

    action: str
    count: int
    window: int


def parse_limit(action: str, text: str) -> Limit:
    """The limit said by a text such as ``30/minute``, ``5 per 10 seconds`` or ``1000/day``.

    Raises:
        ValueError: the text is no limit, or its window is longer than a day.
    """
    try:
        (item,) = parse_many(text)
    except ValueError:
        raise ValueError(f"rate limits: {text!r} is not a limit such as 30/minute") from None
    if item.amount < 1:
        raise ValueError(f"rate limits: {action} must allow at least 1")
    window = item.get_expiry() * times.SECOND
    if window > times.DAY:
        raise ValueError(f"rate limits: the window of {action} is longer than a day")
    return Limit(action, item.amount, window)


def parse_limits(text: str) -> tuple[Limit, ...]:
    """The limits of all actions, from ``vote=30/minute,play=60/minute``.

    Actions that are not named keep their default; ``off`` alone, or for one action, means none.

    Raises:
        ValueError: an action is unknown or a limit cannot be read; the message names it.
    """
    if text.strip() == OFF:
        return ()
    chosen = dict(DEFAULT_LIMITS)
    for entry in filter(None, (part.strip() for part in text.split(","))):
        action, equals, limit = (part.strip() for part in entry.partition("="))
        if not equals or action not in chosen:
            known = ", ".join(DEFAULT_LIMITS)
            raise ValueError(f"rate limits: {entry!r} is not ACTION=LIMIT; actions are {known}")
        chosen[action] = limit
    return tuple(parse_limit(action, limit) for action, limit in chosen.items() if limit != OFF)


class Windows(Protocol):
    """Counts the hits of one limit, wherever they are kept."""

    async def hit(self, key: str, now: int, continues: str | None) -> int:
        """0 if accepted, else the microseconds until it will be."""
        ...


class WindowsInMemory:
    """The windows of this process alone."""

    def __init__(self, limit: Limit) -> None:
        self._window = MovingWindow(limit.count, limit.window)

    async def hit(self, key: str, now: int, continues: str | None) -> int:
        """0 if accepted, else the microseconds until it will be."""
        return self._window.hit(key, now, continues)


class WindowsFactory(Protocol):
    """Makes the windows of a limit."""

    def __call__(self, limit: Limit, /) -> Windows:
        """Windows for one limit."""
        ...


class RateLimits:
    """The limits of all actions.

    Args:
        limits: at most one per action; an action without one is not limited.
        windows: where hits are counted.
        clock: the time of a hit.
    """

    def __init__(
        self,
        limits: tuple[Limit, ...],
        windows: WindowsFactory = WindowsInMemory,
        clock: Clock = times.now,
    ) -> None:
        self._limited = {limit.action: (limit, windows(limit)) for limit in limits}
        self._clock = clock
        self._rejected = dict.fromkeys(self._limited, 0)

    def covers(self, action: str) -> bool:
        """Whether the action is limited at all."""
        return action in self._limited

    async def hit(self, action: str, key: str | RateKey | None) -> None:
        """Count one action of the caller named by the key; None is never limited.

        Raises:
            RateLimited: the action would exceed its limit; it was not counted.
        """
        limited = self._limited.get(action)
        if limited is None or key is None:
            return
        limit, windows = limited
        now = self._clock()
        wait = await windows.hit(*_keys(key, now, limit.window))
        if wait > 0:
            self._rejected[action] += 1
            raise RateLimited(retry_after=max(1, ceil(wait / times.SECOND)))

    def statistics(self) -> Mapping[str, float]:
        """How many hits of each action were rejected."""
        return {
            f'rejected_total{{action="{action}"}}': float(count)
            for action, count in self._rejected.items()
        }


def _keys(key: str | RateKey, now: int, window: int) -> tuple[str, int, str | None]:
    """Yesterday's key counts as long as the window reaches back before midnight."""
    if isinstance(key, str):
        return key, now, None
    return key.current, now, key.previous if now % times.DAY < window else None
