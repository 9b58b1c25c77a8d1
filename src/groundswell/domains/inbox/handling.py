"""All commands about inboxes as one family: messages are filed together, the rest one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from groundswell.domains.inbox.commands import (
    AcknowledgeMessages,
    ClaimPushes,
    ConnectDevice,
    FileMessage,
    LeaveDevice,
    MarkSent,
    RemovePushEndpoints,
    SavePushEndpoint,
    SaveSubscriptions,
    SetReadState,
    SettlePushes,
    TrimInboxes,
)
from groundswell.domains.inbox.devices import (
    acknowledge,
    connect_device,
    leave_device,
    mark_sent,
)
from groundswell.domains.inbox.filing import file_messages
from groundswell.domains.inbox.periods import Periods
from groundswell.domains.inbox.preferences import save_subscriptions
from groundswell.domains.inbox.push import queue
from groundswell.domains.inbox.reading import set_read_state
from groundswell.domains.inbox.trimming import Trimming
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]


class InboxCommands:
    """Executes batches of commands.

    Commands that wait at the same time may be executed in either order: nobody has been answered
    yet. Messages are filed first, so that nothing refers to one that is not there.
    """

    def __init__(self, periods: Periods) -> None:
        self._execute: dict[type[Command], Execute] = {
            ConnectDevice: connect_device,
            LeaveDevice: leave_device,
            MarkSent: mark_sent,
            AcknowledgeMessages: acknowledge,
            SetReadState: set_read_state,
            SaveSubscriptions: save_subscriptions,
            SavePushEndpoint: queue.save_endpoint,
            RemovePushEndpoints: queue.remove_endpoints,
            ClaimPushes: queue.claim,
            SettlePushes: queue.settle,
            TrimInboxes: Trimming(periods).trim,
        }

    async def handle(
        self, transaction: Transaction, commands: Sequence[Any], tail: EventTail
    ) -> list[object]:
        """Execute the batch; the outcomes stand in the order of the commands."""
        outcomes: list[object] = [None] * len(commands)
        filing = [place for place, one in enumerate(commands) if isinstance(one, FileMessage)]
        if filing:
            filed = await file_messages(transaction, [commands[place] for place in filing], tail)
            for place, answer in zip(filing, filed, strict=True):
                outcomes[place] = answer
        for place, command in enumerate(commands):
            execute = self._execute.get(type(command))
            if execute is not None:
                outcomes[place] = await execute(transaction, command, tail)
        return outcomes
