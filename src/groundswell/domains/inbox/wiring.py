"""What the inbox offers to the composition root: the handler of its commands, and its parts."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.contract.inbox import InboxPort
from groundswell.contract.times import Clock
from groundswell.domains.inbox.commands import COMMANDS
from groundswell.domains.inbox.handling import InboxCommands
from groundswell.domains.inbox.notices import Notices
from groundswell.domains.inbox.offering import Admit, InboxActions, Limit
from groundswell.domains.inbox.periods import Periods
from groundswell.domains.inbox.port import Inbox, Submit
from groundswell.domains.inbox.push.client import PushClient
from groundswell.domains.inbox.push.keys import VapidKey
from groundswell.domains.inbox.push.sender import IsConnected, PushSender
from groundswell.domains.inbox.queries import InboxQueries
from groundswell.domains.inbox.retention import InboxRetention
from groundswell.log.consumers import Consumer, StoredPositions
from groundswell.log.reader import EventLog
from groundswell.store import Store
from groundswell.store.commands import Handler

GROUP = "inbox"

_SAVE_SECONDS = 5.0
_REST_SECONDS = 0.02


def inbox_handler(periods: Periods | None = None) -> Handler:
    """The handler of all commands about inboxes."""
    return Handler(COMMANDS, InboxCommands(periods or Periods()).handle)


@dataclass(frozen=True, slots=True)
class InboxParts:
    """The parts of the inbox in one process. ``port`` is for the gateway, ``actions`` for doors."""

    actions: InboxActions
    port: InboxPort
    notices: Notices
    consumer: Consumer
    retention: InboxRetention
    sender: PushSender | None

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What is to run until cancelled; ``consumer.start()`` comes before."""
        pushing = [] if self.sender is None else [self.sender.run()]
        return [self.consumer.run(), self.retention.run(), *pushing]

    def wake(self) -> None:
        """Something was committed."""
        self.consumer.wake()
        if self.sender is not None:
            self.sender.wake()

    def statistics(self) -> Mapping[str, float]:
        """What all of them count."""
        return {
            **self.retention.statistics(),
            **self.notices.statistics(),
            **({} if self.sender is None else self.sender.statistics()),
            "consumer_lag": float(self.consumer.known_lag),
            "consumer_failures_total": self.consumer.statistics()["failures_total"],
        }


def inbox_parts(
    store: Store,
    log: EventLog,
    submit: Submit,
    clock: Clock,
    *,
    admit: Admit,
    is_connected: IsConnected,
    push_key: VapidKey | None,
    limit: Limit,
) -> InboxParts:
    """The parts, wired to each other.

    ``admit`` says which topics a caller may save, ``is_connected`` who needs no push; without a
    ``push_key`` nothing is pushed. ``limit`` counts writes over HTTP.
    """
    queries = InboxQueries(store, clock)
    port = Inbox(submit, queries, clock)
    notices = Notices(submit, clock)
    consumer = Consumer(
        GROUP,
        log,
        notices.consume,
        positions=StoredPositions(store, clock),
        save_seconds=_SAVE_SECONDS,
        rest_seconds=_REST_SECONDS,
    )
    public_key = None if push_key is None else push_key.public_key
    return InboxParts(
        actions=InboxActions(submit, port, queries, admit, clock, public_key, limit),
        port=port,
        notices=notices,
        consumer=consumer,
        retention=InboxRetention(submit, store, clock),
        sender=None
        if push_key is None
        else PushSender(submit, store, PushClient(push_key, clock), is_connected, clock),
    )
