"""All commands about shares as one family, executed one by one: people share now and then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from groundswell.domains.sharing.commands import (
    CreateShare,
    DeleteShare,
    DismissSuggestion,
    DropExpired,
    FailShare,
    FollowLink,
    PublishShare,
    RecordEngagements,
    Suggest,
)
from groundswell.domains.sharing.engaging import drop_expired, record_engagements
from groundswell.domains.sharing.following import follow_link
from groundswell.domains.sharing.posting import (
    create_share,
    delete_share,
    fail_share,
    publish_share,
)
from groundswell.domains.sharing.suggesting import dismiss_suggestion, suggest
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]

_EXECUTE: Final[Mapping[type[Command], Execute]] = {
    CreateShare: create_share,
    PublishShare: publish_share,
    FailShare: fail_share,
    DeleteShare: delete_share,
    RecordEngagements: record_engagements,
    FollowLink: follow_link,
    DropExpired: drop_expired,
    Suggest: suggest,
    DismissSuggestion: dismiss_suggestion,
}


async def handle(
    transaction: Transaction, commands: Sequence[Command], tail: EventTail
) -> list[object]:
    """Execute a batch in its order."""
    return [await _EXECUTE[type(one)](transaction, one, tail) for one in commands]


def sharing_handler() -> Handler:
    """The handler of sharing."""
    return Handler(tuple(_EXECUTE), handle)
