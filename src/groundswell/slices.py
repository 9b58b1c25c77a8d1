"""What a slice of the domain is made with, and what it offers: the same two shapes for all.

Slices do not know each other. The application collects them, gives each the same tools, and takes
from each what it has: routes, reactions to events, jobs, what it checks, exports and erases.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.types import ControllerRouterHandler

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.contract.times import Clock
from groundswell.log.reactions import React, Submit
from groundswell.log.reader import EventLog
from groundswell.store import Store

Job = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every slice is made with.

    Attributes:
        store: reads, in one snapshot each.
        log: the event log.
        submit: the writer's: the only way to change anything.
        clock: the time, microseconds.
        secret: the root of all keys; derive one for each purpose.
        hasher: makes names of addresses.
        limits: how often somebody may do something.
        public_url: where this service is reached, without a slash at the end; links begin with it.
    """

    store: Store
    log: EventLog
    submit: Submit
    clock: Clock
    secret: bytes
    hasher: AddressHasher
    limits: RateLimits
    public_url: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What a slice offers.

    Attributes:
        name: its own, and that of its consumer group.
        routes: its HTTP face.
        react: which commands follow from an event.
        jobs: what runs until cancelled.
        statistics: its figures.
        audit: compares what is kept with the log; a line for each difference.
        export: everything about a user, as JSON values.
        members: whether a user is a member of a program, if this slice knows.
    """

    name: str
    routes: Sequence[ControllerRouterHandler] = ()
    react: React | None = None
    jobs: Sequence[Job] = ()
    statistics: Callable[[], Mapping[str, float]] | None = None
    audit: Callable[[], Awaitable[list[str]]] | None = None
    export: Callable[[str], Awaitable[Mapping[str, Any]]] | None = None
    members: Callable[[str, str], Awaitable[bool]] | None = None
