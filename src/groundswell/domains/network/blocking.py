"""Blocking and unblocking."""

from __future__ import annotations

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.network import UserBlocked, UserUnblocked
from groundswell.domains.network.commands import Block, Unblock
from groundswell.domains.network.connecting import disconnect
from groundswell.domains.network.refusals import oneself
from groundswell.domains.network.rows import find
from groundswell.domains.network.statements import ADD_BLOCK, REMOVE_BLOCK
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def block(
    transaction: Transaction, command: Block, tail: EventTail
) -> GroundswellError | None:
    """End what there is, and let nothing of each other be seen. A request of the one who is
    blocked stays, unseen: that it vanished would tell."""
    user, blocked = command.user_id, command.blocked_id
    if user == blocked:
        return oneself()
    if not await transaction.fetch(ADD_BLOCK, user_id=user, blocked_id=blocked, at=command.at):
        return None
    known = await find(transaction, user, blocked)
    if known is not None and not (known.state == "requested" and known.requested_by == blocked):
        await disconnect(transaction, user, blocked, command.at, tail)
    tail.append(UserBlocked(user_id=user, subject_id=blocked), command.at)
    return None


async def unblock(
    transaction: Transaction, command: Unblock, tail: EventTail
) -> GroundswellError | None:
    """Let them see each other again; said again it changes nothing."""
    user, blocked = command.user_id, command.blocked_id
    if user == blocked:
        return oneself()
    if await transaction.fetch(REMOVE_BLOCK, user_id=user, blocked_id=blocked):
        tail.append(UserUnblocked(user_id=user, subject_id=blocked), command.at)
    return None
