"""Holding, deciding, letting go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events.moderation import ContentApproved, ContentHeld, ContentRefused
from groundswell.contract.times import to_rfc3339
from groundswell.domains.moderation.commands import Decide, HeldItem, HoldContent, Released
from groundswell.log.forgetting import pattern
from groundswell.store import Row, Statement, Transaction
from groundswell.store.commands import EventTail, Handler
from groundswell.store.persons import Eraser, Erasure, Trail

COLUMNS = "item_id, kind, author_id, body, rules, state, reason, created_at, decided_at"
ADD = Statement(
    """
    INSERT INTO moderation_items
      (item_id, kind, author_id, body, payload, rules, state, created_at)
    VALUES (:item_id, :kind, :author_id, :body, :payload, :rules, 'held', :at)
    """
)
FIND = Statement(f"SELECT {COLUMNS} FROM moderation_items WHERE item_id = :item_id")  # noqa: S608
DECIDE = Statement(
    """
    UPDATE moderation_items SET state = :state, reason = :reason, decided_at = :at, body = NULL
    WHERE item_id = :item_id
    """
)
DROP = Statement("UPDATE moderation_items SET payload = NULL WHERE item_id = :item_id")
RELEASE = Statement(
    """
    UPDATE moderation_items SET payload = NULL, released_at = :at
    WHERE item_id = :item_id AND released_at IS NULL
    """
)
FORGET = Statement("DELETE FROM moderation_items WHERE author_id = :user_id RETURNING item_id")
FORGET_BY = Statement(
    "DELETE FROM moderation_items WHERE payload LIKE :pattern ESCAPE '!' RETURNING item_id"
)


class ItemNotFound(NotFound):
    """Nothing is or was held under this id."""

    code = "moderation_item_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such item in the queue.")


async def handle(
    transaction: Transaction, commands: Sequence[Any], tail: EventTail
) -> list[object]:
    """Execute a batch, one by one: these are rare."""
    return [await _one(transaction, command, tail) for command in commands]


async def _one(transaction: Transaction, command: Any, tail: EventTail) -> object:
    match command:
        case HoldContent():
            return await _hold(transaction, command, tail)
        case Decide():
            return await _decide(transaction, command, tail)
        case Released():
            await transaction.fetch(RELEASE, item_id=command.item_id, at=command.at)
            return None
        case _:
            raise TypeError(f"no handler for {type(command).__name__}")


async def _hold(transaction: Transaction, command: HoldContent, tail: EventTail) -> str:
    await transaction.fetch(
        ADD,
        item_id=command.item_id,
        kind=command.kind,
        author_id=command.author_id,
        body=command.body,
        payload=command.payload,
        rules=msgspec.json.encode(command.rules).decode(),
        at=command.at,
    )
    held = ContentHeld(
        item_id=command.item_id,
        kind=command.kind,
        author_id=command.author_id,
        rules=command.rules,
    )
    tail.append(held, command.at)
    return command.item_id


async def _decide(transaction: Transaction, command: Decide, tail: EventTail) -> object:
    rows = await transaction.fetch(FIND, item_id=command.item_id)
    if not rows:
        return ItemNotFound()
    item = item_of(rows[0])
    state = "approved" if command.approve else "rejected"
    if item.state == state:
        return item
    if item.state != "held":
        return Conflict("already_decided", f"This was {item.state} before.")
    await transaction.fetch(
        DECIDE, item_id=item.item_id, state=state, reason=command.reason, at=command.at
    )
    if not command.approve:
        await transaction.fetch(DROP, item_id=item.item_id)
    event = ContentApproved if command.approve else ContentRefused
    told = event(
        item_id=item.item_id, kind=item.kind, author_id=item.author_id, reason=command.reason
    )
    tail.append(told, command.at)
    return item_of((await transaction.fetch(FIND, item_id=item.item_id))[0])


def item_of(row: Row) -> HeldItem:
    """The item of a row of ``COLUMNS``."""
    item_id, kind, author, body, rules, state, reason, created, decided = row
    return HeldItem(
        item_id=item_id,
        kind=kind,
        author_id=author,
        body=body,
        rules=msgspec.json.decode(rules),
        state=state,
        reason=reason,
        created_at=to_rfc3339(created),
        decided_at=None if decided is None else to_rfc3339(decided),
    )


async def _forget(tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
    """What somebody wrote and nobody has read goes with them."""
    if erasure.user_id is not None:
        return len(await tx.fetch(FORGET, user_id=erasure.user_id))
    return sum(
        [len(await tx.fetch(FORGET_BY, pattern=pattern(name))) for name in sorted(erasure.actors)]
    )


MODERATION_ERASER = Eraser("moderation", _forget)


def moderation_handler() -> Handler:
    """The handler of the slice."""
    return Handler((HoldContent, Decide, Released), handle)
