"""Making and ending connections."""

from __future__ import annotations

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.network import (
    ConnectionEstablished,
    ConnectionRemoved,
    ConnectionRequested,
    FriendJoined,
    Via,
)
from groundswell.domains.network.commands import (
    Befriend,
    FollowProfile,
    Unfriend,
    WelcomeReferred,
)
from groundswell.domains.network.friendship import after_wish
from groundswell.domains.network.refusals import is_blocked, oneself
from groundswell.domains.network.rows import Connection, blockers, find, put, remove
from groundswell.domains.network.views import FriendView
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def befriend(
    transaction: Transaction, command: Befriend, tail: EventTail
) -> FriendView | GroundswellError:
    """Ask, or agree. Who is blocked by the other finds no difference: the request just waits."""
    user, friend = command.user_id, command.friend_id
    if user == friend:
        return oneself()
    blocking = await blockers(transaction, user, friend)
    if user in blocking:
        return is_blocked()
    known = await find(transaction, user, friend)
    state = "requested" if known is None else after_wish(known.state, known.requested_by, user)
    if known is not None and known.state == state:
        return known.seen_by(user, friend)
    wanted = Connection(state, known.requested_by if known else user, "manual", 0, command.at)
    await put(transaction, user, friend, wanted)
    happened = ConnectionRequested if state == "requested" else ConnectionEstablished
    event = happened(user_id=user, friend_id=friend, via="manual", quiet=friend in blocking)
    tail.append(event, command.at)
    return wanted.seen_by(user, friend)


async def unfriend(
    transaction: Transaction, command: Unfriend, tail: EventTail
) -> GroundswellError | None:
    """End it, whatever it is; said again it changes nothing."""
    if command.user_id == command.friend_id:
        return oneself()
    blocking = await blockers(transaction, command.user_id, command.friend_id)
    if command.user_id in blocking:
        return None
    quiet = command.friend_id in blocking
    await disconnect(transaction, command.user_id, command.friend_id, command.at, tail, quiet=quiet)
    return None


async def disconnect(
    transaction: Transaction,
    user_id: str,
    friend_id: str,
    at: int,
    tail: EventTail,
    *,
    quiet: bool = False,
) -> None:
    """Two are nothing to each other any more, if they were anything."""
    known = await find(transaction, user_id, friend_id)
    if known is None:
        return
    await remove(transaction, user_id, friend_id)
    event = ConnectionRemoved(user_id=user_id, friend_id=friend_id, via=known.via, quiet=quiet)
    tail.append(event, at)


async def welcome_referred(
    transaction: Transaction, command: WelcomeReferred, tail: EventTail
) -> bool:
    """Who came through somebody is their friend; who referred them is told, once."""
    referrer, user = command.referrer_id, command.user_id
    if referrer == user or await blockers(transaction, referrer, user):
        return False
    known = await find(transaction, referrer, user)
    if known is not None and known.joined:
        return False
    await _establish(transaction, referrer, user, "referral", known, command.at, tail)
    event = FriendJoined(user_id=referrer, friend_id=user, via="referral")
    tail.append(event, command.at)
    return True


async def follow_profile(transaction: Transaction, command: FollowProfile, tail: EventTail) -> None:
    """Do what the host says of a user's connections; blocks are the users' own and stay."""
    user = command.user_id
    for friend in command.connected:
        if friend == user or await blockers(transaction, user, friend):
            continue
        known = await find(transaction, user, friend)
        if known is None or known.state != "established":
            await _establish(transaction, user, friend, "profile", known, command.at, tail)
    for friend in command.disconnected:
        if friend != user and not await blockers(transaction, user, friend):
            await disconnect(transaction, user, friend, command.at, tail)


async def _establish(
    transaction: Transaction,
    user_id: str,
    friend_id: str,
    via: Via,
    known: Connection | None,
    at: int,
    tail: EventTail,
) -> None:
    joined = int(via == "referral")
    if known is not None and known.state == "established":
        await put(transaction, user_id, friend_id, msgspec.structs.replace(known, joined=joined))
        return
    await put(transaction, user_id, friend_id, Connection("established", user_id, via, joined, at))
    tail.append(ConnectionEstablished(user_id=user_id, friend_id=friend_id, via=via), at)
