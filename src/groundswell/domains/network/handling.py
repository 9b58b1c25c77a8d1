"""All commands between people as one family, executed one by one: they are rare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from groundswell.domains.network import blocking, collaborating, connecting
from groundswell.domains.network.commands import (
    Befriend,
    Block,
    DismissPerson,
    FollowProfile,
    TrackCollaboration,
    Unblock,
    Unfriend,
    WelcomeReferred,
)
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]

_EXECUTE: Final[Mapping[type[Command], Execute]] = {
    Befriend: connecting.befriend,
    Unfriend: connecting.unfriend,
    Block: blocking.block,
    Unblock: blocking.unblock,
    WelcomeReferred: connecting.welcome_referred,
    FollowProfile: connecting.follow_profile,
    TrackCollaboration: collaborating.track,
    DismissPerson: collaborating.dismiss,
}


async def handle(
    transaction: Transaction, commands: Sequence[Command], tail: EventTail
) -> list[object]:
    """Execute a batch in its order."""
    return [await _EXECUTE[type(one)](transaction, one, tail) for one in commands]


def network_handler() -> Handler:
    """The handler of the network."""
    return Handler(tuple(_EXECUTE), handle)
