"""Where several workers share the tests, one marked `alone` runs while no other test does.

A test takes its place in the room; one that measures waits until the room is empty and keeps it.
Who waits stands in the door, so that nobody comes in before. Room and door are locks on this file
and on its folder: they are free as soon as the worker has ended, however it ended.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


class Room:
    """What all workers of one machine share; each has its own hold of it."""

    def __init__(self) -> None:
        self._door = os.open(Path(__file__).parent, os.O_RDONLY)
        self._room = os.open(__file__, os.O_RDONLY)
        self._kept = False

    def enter(self, *, alone: bool) -> None:
        """Wait for a place, or for all of them."""
        if alone and self._kept:
            return
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        self._kept = alone

    def leave(self) -> None:
        """Let the next ones in."""
        fcntl.flock(self._room, fcntl.LOCK_UN)
        self._kept = False


_ROOM = pytest.StashKey[Room]()


def _alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "alone: measures time or a lot of work; no other test runs meanwhile"
    )
    # Only a worker has this, and only workers have neighbours.
    if hasattr(config, "workerinput"):
        config.stash[_ROOM] = Room()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    room = item.config.stash.get(_ROOM, None)
    if room is None:
        return (yield)
    room.enter(alone=_alone(item))
    try:
        return (yield)
    finally:
        # Those that measure follow each other without letting anybody in between.
        if not (_alone(item) and _alone(nextitem)):
            room.leave()
