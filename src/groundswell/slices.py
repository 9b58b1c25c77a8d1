"""What a slice of the domain is made with, and what it offers: the same two shapes for all.

Slices do not know each other. The application collects them, gives each the same tools, and takes
from each what it has: routes, reactions to events, jobs, what it checks, exports and erases.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar.types import ControllerRouterHandler

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal
from groundswell.contract.moderation import Gate, Release, open_gate
from groundswell.contract.times import Clock
from groundswell.log.reactions import React, Submit
from groundswell.log.reader import EventLog
from groundswell.store import Store
from groundswell.store.commands import Idempotency
from groundswell.store.persons import AreFriends, Discretions, no_friends, nobody_wishes

Job = Callable[[], Coroutine[Any, Any, None]]


class Report(msgspec.Struct, frozen=True):
    """Something that a client says somebody did, perhaps while it was offline.

    ``data`` is a JSON object, ``occurred_at`` in microseconds; ``attempt`` makes it happen once.
    """

    by: Principal
    data: bytes
    occurred_at: int | None
    attempt: Idempotency


Perform = Callable[[Report], Awaitable[str | None]]
"""Does what is reported; answers the id of what came of it, if it has one."""


Present = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""How users show themselves to their friends now; who is not to be seen is missing."""


async def nobody_present(_: Sequence[str]) -> Mapping[str, str]:
    """Where presence cannot be asked."""
    return {}


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
        link_targets: other origins that links of this service may lead to, separated by commas.
        webhook_secrets: which platforms may send webhooks, and their secrets.
        webhook_networks: private networks that webhooks may be sent to, separated by commas.
        host_event_days: how long a repeated event of the host is known as one.
        vote_quarantine: whether votes that look wrong lose their weight until somebody looked.
        present: how users show themselves to their friends now.
        gate: what texts of people go through before anybody else reads them.
        are_friends: whether two users are friends now.
        discretions: what users wish now.
    """

    store: Store
    log: EventLog
    submit: Submit
    clock: Clock
    secret: bytes
    hasher: AddressHasher
    limits: RateLimits
    public_url: str
    link_targets: str = ""
    webhook_secrets: str = ""
    webhook_networks: str = ""
    host_event_days: int = 90
    vote_quarantine: bool = True
    present: Present = nobody_present
    gate: Gate = open_gate
    are_friends: AreFriends = no_friends
    discretions: Discretions = nobody_wishes


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
        presence: whether somebody may see who is present in a scope, if this slice knows.
        states: what was told last on the topics that tell states, as JSON.
        reports: what clients may report over the gateway, by the name of the action.
        releases: what publishes content that moderation held, by the kind of the content.
        wake: called after every commit in this process; must return at once.
    """

    name: str
    routes: Sequence[ControllerRouterHandler] = ()
    react: React | None = None
    jobs: Sequence[Job] = ()
    statistics: Callable[[], Mapping[str, float]] | None = None
    audit: Callable[[], Awaitable[list[str]]] | None = None
    export: Callable[[str], Awaitable[Mapping[str, Any]]] | None = None
    members: Callable[[str, str], Awaitable[bool]] | None = None
    presence: Callable[[str, str | None], Awaitable[bool]] | None = None
    states: Callable[[], Awaitable[Mapping[str, bytes]]] | None = None
    reports: Mapping[str, Perform] = field(default_factory=dict)
    releases: Mapping[str, Release] = field(default_factory=dict)
    wake: Callable[[], None] | None = None
