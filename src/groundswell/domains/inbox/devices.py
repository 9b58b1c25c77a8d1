"""Devices: what was sent to each, and what each has acknowledged.

Per device and message the states are queued (no row), sent, acknowledged. A device acknowledges
up to a number, or single messages by id; both only ever add.
"""

from __future__ import annotations

from groundswell.contract.inbox import Acknowledged
from groundswell.domains.inbox import device_statements as sql
from groundswell.domains.inbox.commands import (
    AcknowledgeMessages,
    ConnectDevice,
    LeaveDevice,
    MarkSent,
)
from groundswell.domains.inbox.periods import MOST_DEVICES
from groundswell.domains.inbox.redelivery import redeliver_at
from groundswell.domains.inbox.statements import COUNT_PENDING
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def connect_device(
    transaction: Transaction, command: ConnectDevice, _: EventTail
) -> Acknowledged:
    """Register a device, or see it again; what it did not acknowledge may be sent anew."""
    acked_to, joined = await _here(transaction, command)
    await _hears(transaction, command, command.at)
    await transaction.fetch(
        sql.FORGET_ATTEMPTS, user_id=command.user_id, client_id=command.client_id
    )
    return await _standing(transaction, command, acked_to, joined)


async def leave_device(transaction: Transaction, command: LeaveDevice, _: EventTail) -> None:
    """Note until when a device listened; one that is not registered any more stays so."""
    await transaction.fetch(
        sql.SEE_DEVICE,
        user_id=command.user_id,
        client_id=command.client_id,
        now=command.heard_at,
    )
    await _hears(transaction, command, command.heard_at)


async def mark_sent(
    transaction: Transaction, command: MarkSent, _: EventTail
) -> dict[str, int | None]:
    """Count a sending. Ids that are none of the user's critical messages are left out."""
    await _here(transaction, command)
    await _hears(transaction, command, command.at)
    ids = [(one,) for one in dict.fromkeys(command.ids)]
    user = command.user_id
    sent = await transaction.fetch(
        sql.MARK_SENT, rows=ids, user_id=user, client_id=command.client_id, now=command.at
    )
    attempts = dict(map(tuple, sent))
    return {
        message: redeliver_at(attempts[seq], command.at)
        for message, seq in await transaction.fetch(sql.FIND_SEQS, rows=ids, user_id=user)
        if seq in attempts
    }


async def acknowledge(
    transaction: Transaction, command: AcknowledgeMessages, _: EventTail
) -> Acknowledged:
    """Take an acknowledgement; a number beyond the user's newest message means that message."""
    acked_to, joined = await _here(transaction, command)
    of_device = {"user_id": command.user_id, "client_id": command.client_id}
    if command.ids:
        ids = [(one,) for one in dict.fromkeys(command.ids)]
        await transaction.fetch(sql.ACK_IDS, rows=ids, **of_device, now=command.at)
        await transaction.fetch(sql.SETTLE_IDS, rows=ids, **of_device, now=command.at)
    if command.up_to is not None and command.up_to > acked_to:
        moved = await transaction.fetch(sql.ACK_TO, **of_device, up_to=command.up_to)
        after, acked_to = acked_to, moved[0][0]
        span = {**of_device, "up_to": acked_to, "now": command.at}
        await transaction.fetch(sql.ACK_DELIVERIES_TO, **span)
        await transaction.fetch(sql.SETTLE_TO, **span, after=after)
    return await _standing(transaction, command, acked_to, joined)


_OfDevice = ConnectDevice | MarkSent | AcknowledgeMessages


async def _here(transaction: Transaction, command: _OfDevice) -> tuple[int, int]:
    """The device is here now. Up to where it acknowledged, and the newest message it met."""
    of_device = {"user_id": command.user_id, "client_id": command.client_id}
    found = await transaction.fetch(sql.FIND_DEVICE, **of_device)
    if found:
        await transaction.fetch(sql.SEE_DEVICE, **of_device, now=command.at)
    else:
        found = await transaction.fetch(sql.ADD_DEVICE, **of_device, now=command.at)
        await _evict(transaction, command)
    return found[0][0], found[0][1]


async def _hears(
    transaction: Transaction, command: ConnectDevice | LeaveDevice | MarkSent, at: int
) -> None:
    await transaction.fetch(
        sql.HEAR_DEVICE, user_id=command.user_id, client_id=command.client_id, at=at
    )


async def _evict(transaction: Transaction, command: _OfDevice) -> None:
    """A new device takes the place of the one unseen for longest, if there are too many."""
    user = command.user_id
    left = await transaction.fetch(
        sql.EVICT_DEVICES, user_id=user, client_id=command.client_id, others=MOST_DEVICES - 1
    )
    if left:
        rows = [(client,) for (client,) in left]
        await transaction.fetch(sql.FORGET_DELIVERIES, rows=rows, user_id=user)


async def _standing(
    transaction: Transaction, command: _OfDevice, acked_to: int, joined: int
) -> Acknowledged:
    counted = await transaction.fetch(
        COUNT_PENDING,
        user_id=command.user_id,
        client_id=command.client_id,
        after=acked_to,
        joined=joined,
        now=command.at,
    )
    return Acknowledged(acked_to=acked_to, pending=counted[0][0])
