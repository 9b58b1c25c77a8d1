"""All commands about webhooks as one family, executed one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from groundswell.domains.webhooks import commands as wishes
from groundswell.domains.webhooks import endpoints, queue
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]

_EXECUTE: Mapping[type[Command], Execute] = MappingProxyType(
    {
        wishes.CreateEndpoint: endpoints.create,
        wishes.ChangeEndpoint: endpoints.change,
        wishes.RotateSecret: endpoints.rotate,
        wishes.DeleteEndpoint: endpoints.delete,
        wishes.TestEndpoint: endpoints.test,
        wishes.ReplayEvents: queue.replay_events,
        wishes.ReplayRange: queue.replay_range,
        wishes.QueueEvents: queue.queue_events,
        wishes.ClaimDeliveries: queue.claim,
        wishes.SettleDeliveries: queue.settle,
        wishes.ForgetFailures: queue.forget_failures,
    }
)


async def _handle(
    transaction: Transaction, commands: Sequence[Any], tail: EventTail
) -> list[object]:
    return [await _EXECUTE[type(one)](transaction, one, tail) for one in commands]


def webhook_handler() -> Handler:
    """The handler of all commands about webhooks."""
    return Handler(wishes.COMMANDS, _handle)
