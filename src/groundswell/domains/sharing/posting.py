"""Making shares, and moving them from state to state."""

from __future__ import annotations

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.sharing import (
    ShareCreated,
    ShareDeleted,
    ShareFailed,
    SharePublished,
)
from groundswell.domains.sharing.commands import (
    CreateShare,
    DeleteShare,
    FailShare,
    PublishShare,
)
from groundswell.domains.sharing.engaging import POST, apply_parked
from groundswell.domains.sharing.refusals import ShareNotFound, illegal_transition, post_taken
from groundswell.domains.sharing.rows import ShareRow, find, shown
from groundswell.domains.sharing.statements import ADD, CHANGE, FIND_POST
from groundswell.domains.sharing.states import ShareState, may_become
from groundswell.domains.sharing.views import ShareView
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

DELETED_BY_USER = "deleted_by_user"


async def create_share(
    transaction: Transaction, command: CreateShare, tail: EventTail
) -> ShareView | GroundswellError:
    """Make a share, and count what its platform told of it before."""
    existing = await find(transaction, command.share_id)
    if existing is not None:
        return await _view(transaction, command.share_id)
    share = _new(command)
    row = [(*_described(share), share.metadata, command.at, command.at)]
    await transaction.write(ADD, rows=row)
    tail.append(_created(command, share.state), command.at)
    await apply_parked(transaction, share, share.share_id, command.at, tail)
    return await _view(transaction, share.share_id)


async def publish_share(
    transaction: Transaction, command: PublishShare, tail: EventTail
) -> ShareView | GroundswellError:
    """The platform took it. Said again it changes nothing; a name of the post may come later."""
    share = await find(transaction, command.share_id)
    if share is None:
        return ShareNotFound()
    post = command.external_id
    if share.state == "published" and post in (None, share.external_id):
        return await _view(transaction, share.share_id)
    if share.state != "published" and not may_become(share.state, "published"):
        return illegal_transition(share.state, "published")
    if post is not None and not await _is_free(transaction, share, post):
        return post_taken()
    published = msgspec.structs.replace(share, state="published", external_id=post)
    await _change(transaction, published, command.at)
    tail.append(_published(share, post), command.at)
    if post is not None:
        await apply_parked(transaction, published, POST + post, command.at, tail)
    return await _view(transaction, share.share_id)


async def fail_share(
    transaction: Transaction, command: FailShare, tail: EventTail
) -> ShareView | GroundswellError:
    """The platform did not take it."""
    share = await find(transaction, command.share_id)
    if share is None:
        return ShareNotFound()
    event = ShareFailed(user_id=share.user_id, share_id=share.share_id, reason=command.reason)
    return await _end(transaction, share, "failed", event, command.at, tail)


async def delete_share(
    transaction: Transaction, command: DeleteShare, tail: EventTail
) -> ShareView | GroundswellError:
    """The sharer takes it back. What happened to it stays counted; what comes is discarded."""
    share = await find(transaction, command.share_id)
    if share is None or share.user_id != command.user_id:
        return ShareNotFound()
    event = ShareDeleted(user_id=share.user_id, share_id=share.share_id, reason=DELETED_BY_USER)
    return await _end(transaction, share, "deleted", event, command.at, tail)


async def _end(
    transaction: Transaction,
    share: ShareRow,
    state: ShareState,
    event: ShareFailed | ShareDeleted,
    at: int,
    tail: EventTail,
) -> ShareView | GroundswellError:
    if share.state == state:
        return await _view(transaction, share.share_id)
    if not may_become(share.state, state):
        return illegal_transition(share.state, state)
    ended = msgspec.structs.replace(share, state=state, reason=event.reason)
    await _change(transaction, ended, at)
    tail.append(event, at)
    return await _view(transaction, share.share_id)


async def _is_free(transaction: Transaction, share: ShareRow, post: str) -> bool:
    if share.external_id is not None:
        return share.external_id == post
    taken = await transaction.fetch(FIND_POST, platform=share.platform, external_id=post)
    return not taken


async def _change(transaction: Transaction, share: ShareRow, at: int) -> None:
    await transaction.write(
        CHANGE,
        share_id=share.share_id,
        state=share.state,
        reason=share.reason,
        external_id=share.external_id,
        at=at,
    )


async def _view(transaction: Transaction, share_id: str) -> ShareView:
    view = await shown(transaction, share_id)
    assert view is not None  # noqa: S101 - it is in this transaction
    return view


def _new(command: CreateShare) -> ShareRow:
    return ShareRow(
        share_id=command.share_id,
        user_id=command.user_id,
        content_type=command.content_type,
        content_id=command.content_id,
        platform=command.platform,
        share_format=command.share_format,
        visibility=command.visibility,
        state="pending" if command.pending else "published",
        reason=None,
        metadata=msgspec.json.encode(command.metadata).decode(),
        external_id=None,
        created_at=command.at,
        clicks=0,
        views=0,
        engagements=0,
    )


def _described(share: ShareRow) -> tuple[str, ...]:
    return (
        share.share_id,
        share.user_id,
        share.content_type,
        share.content_id,
        share.platform,
        share.share_format,
        share.visibility,
        share.state,
    )


def _created(command: CreateShare, state: str) -> ShareCreated:
    return ShareCreated(
        user_id=command.user_id,
        share_id=command.share_id,
        platform=command.platform,
        content_type=command.content_type,
        content_id=command.content_id,
        share_format=command.share_format,
        visibility=command.visibility,
        state=state,
        metadata=command.metadata,
    )


def _published(before: ShareRow, post: str | None) -> SharePublished:
    return SharePublished(
        user_id=before.user_id,
        share_id=before.share_id,
        platform=before.platform,
        content_type=before.content_type,
        content_id=before.content_id,
        external_id=post,
        confirms=before.state == "pending",
    )
