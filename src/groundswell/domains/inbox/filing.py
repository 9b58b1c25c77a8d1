"""Filing messages: each gets its user's next number, an event, and a place in the push queue."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.events.inbox import MessageFiled
from groundswell.contract.times import to_rfc3339
from groundswell.domains.inbox.commands import FileMessage
from groundswell.domains.inbox.push.statements import QUEUE_PUSHES
from groundswell.domains.inbox.statements import ADD_MESSAGES, FIND_FILED, FIND_HEADS, MOVE_HEADS
from groundswell.domains.inbox.views import FiledMessage
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

_encode = msgspec.json.Encoder().encode

Filed = dict[tuple[str, str], FiledMessage]


async def file_messages(
    transaction: Transaction, commands: Sequence[FileMessage], tail: EventTail
) -> list[object]:
    """Execute a batch. What was filed before is answered as it was then."""
    filed = await _filed_before(transaction, commands)
    heads = await _heads(transaction, commands)
    fresh: list[tuple[FileMessage, int, int]] = []
    for command in commands:
        key = (command.user_id, command.event_id)
        if key not in filed:
            seq = heads[command.user_id] = heads.get(command.user_id, 0) + 1
            fresh.append((command, seq, _tell(tail, command, seq)))
            filed[key] = _answer(command.event_id, command.user_id, seq, command.at)
    if fresh:
        await _write(transaction, fresh, heads)
    return [filed[one.user_id, one.event_id] for one in commands]


async def _filed_before(transaction: Transaction, commands: Sequence[FileMessage]) -> Filed:
    keys = {(one.user_id, one.event_id) for one in commands}
    return {
        (user, message): _answer(message, user, seq, filed_at)
        for user, message, seq, filed_at in await transaction.fetch(FIND_FILED, rows=sorted(keys))
    }


async def _heads(transaction: Transaction, commands: Sequence[FileMessage]) -> dict[str, int]:
    # Nobody else moves them: transactions that append to the log take turns.
    users = sorted({one.user_id for one in commands})
    rows = await transaction.fetch(FIND_HEADS, rows=[(user,) for user in users])
    return dict(map(tuple, rows))


def _tell(tail: EventTail, command: FileMessage, seq: int) -> int:
    """The message's place in the event log."""
    event = MessageFiled(
        user_id=command.user_id,
        message_id=command.event_id,
        inbox_seq=seq,
        message_type=command.event_type,
        data=command.data,
        delivery=command.delivery,
        policy=command.policy,
        expires_at=command.expires_at,
    )
    return tail.append(event, _happened_at(command))


async def _write(
    transaction: Transaction, fresh: Sequence[tuple[FileMessage, int, int]], heads: dict[str, int]
) -> None:
    touched = sorted({command.user_id for command, _, _ in fresh})
    await transaction.write(MOVE_HEADS, rows=[(user, heads[user]) for user in touched])
    await transaction.write(ADD_MESSAGES, rows=[_row(*one) for one in fresh])
    critical = [
        (command.user_id, seq, command.at)
        for command, seq, _ in fresh
        if command.delivery == "critical"
    ]
    if critical:
        await transaction.write(QUEUE_PUSHES, rows=critical)


def _row(command: FileMessage, seq: int, log_seq: int) -> tuple[object, ...]:
    return (
        command.user_id,
        seq,
        command.event_id,
        command.event_type,
        _encode(command.data).decode(),
        command.delivery,
        command.policy,
        _happened_at(command),
        command.at,
        command.expires_at,
        log_seq,
        "unread",
        0,
    )


def _happened_at(command: FileMessage) -> int:
    return command.at if command.occurred_at is None else command.occurred_at


def _answer(message: str, user: str, seq: int, filed_at: int) -> FiledMessage:
    return FiledMessage(message_id=message, user_id=user, seq=seq, filed_at=to_rfc3339(filed_at))
