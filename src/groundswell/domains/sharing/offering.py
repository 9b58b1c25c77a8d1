"""What callers may do with shares, the same for every door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from uuid_utils import uuid7

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.errors import GroundswellError
from groundswell.contract.moderation import Gate, Submission, open_gate, texts_of
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.sharing.bodies import NewShare, check_size, visibility_of
from groundswell.domains.sharing.commands import (
    CreateShare,
    DeleteShare,
    DismissSuggestion,
    FailShare,
    FollowLink,
    PublishShare,
)
from groundswell.domains.sharing.links import Links, Preview
from groundswell.domains.sharing.queries import SharingQueries
from groundswell.domains.sharing.states import is_live
from groundswell.domains.sharing.views import HeldShare, ShareView
from groundswell.http.callers import require_user
from groundswell.http.visits import Visit, machine
from groundswell.log.reactions import Submit
from groundswell.store.commands import Command, Idempotency

_CARD_MAKERS = ("preview", "bot")


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be answered at a link: go on, see the preview, or there is nothing any more."""

    kind: Literal["redirect", "preview", "gone"]
    url: str
    preview: Preview | None = None


class Sharing:
    """Sharing, following, taking back.

    Args:
        submit: the writer's.
        queries: reads shares.
        links: makes and checks links.
        hasher: makes names of addresses.
        limits: how often somebody may do something.
        clock: the time.
        gate: what users write about a share goes through it first.
    """

    def __init__(
        self,
        submit: Submit,
        queries: SharingQueries,
        links: Links,
        hasher: AddressHasher,
        limits: RateLimits,
        clock: Clock,
        gate: Gate = open_gate,
    ) -> None:
        self._submit = submit
        self.queries = queries
        self._links = links
        self._hasher = hasher
        self._limits = limits
        self._clock = clock
        self._gate = gate

    async def share(
        self, caller: Principal, new: NewShare, idempotency: Idempotency | None = None
    ) -> ShareView | HeldShare:
        """Share something in the caller's name; the confirmation is live when this returns.

        It is not shared if somebody has to look at it first.

        Raises:
            Unauthenticated, Forbidden: the caller is no user.
            Invalid, TooLarge: the metadata cannot be used, or contradicts the rest.
            ContentRejected: it may not be said here.
        """
        user = require_user(caller)
        check_size(new.metadata)
        self._links.check(new.metadata)
        await self._limits.hit("share", rate_key(caller, self._hasher))
        command = CreateShare(
            at=self._clock(),
            share_id=f"share-{uuid7().hex}",
            user_id=user,
            content_type=new.content_type,
            content_id=str(new.content_id),
            platform=new.platform,
            share_format=new.share_format,
            visibility=visibility_of(new),
            metadata=new.metadata,
            pending=new.pending,
        )
        held = await self._looked_at(command, idempotency)
        return await self._change(command, idempotency) if held is None else held

    async def _looked_at(
        self, command: CreateShare, idempotency: Idempotency | None
    ) -> HeldShare | None:
        text = texts_of(command.metadata)
        if not text:
            return None
        held = await self._gate(
            Submission(
                kind="share",
                text=text,
                author_id=command.user_id,
                payload=msgspec.json.encode(command),
                attempt=None if idempotency is None else idempotency.key,
            )
        )
        return None if held is None else HeldShare(moderation_id=held)

    async def release(self, payload: bytes, attempt: str) -> None:
        """Share what was held and is approved now: as of now, and once."""
        held = msgspec.json.decode(payload, type=CreateShare)
        command = msgspec.structs.replace(held, at=self._clock())
        await self._submit(command, Idempotency("released", attempt, ""))

    async def show(self, caller: Principal, share_id: str) -> ShareView:
        """A share, to those who may see it.

        Raises:
            ShareNotFound: there is none, or not for this caller.
        """
        host = caller.kind == "host"
        return self._linked(await self.queries.shown_to(share_id, caller.user_id, host=host))

    async def shares(self, caller: Principal, limit: int, cursor: str | None) -> Page[ShareView]:
        """The caller's own shares."""
        page = await self.queries.shares(require_user(caller), limit, cursor)
        return msgspec.structs.replace(page, items=[self._linked(one) for one in page.items])

    async def delete(
        self, caller: Principal, share_id: str, idempotency: Idempotency | None
    ) -> ShareView:
        """Take a share of the caller's back."""
        user = require_user(caller)
        command = DeleteShare(at=self._clock(), share_id=share_id, user_id=user)
        return await self._change(command, idempotency)

    async def published(
        self, share_id: str, external_id: str | None, idempotency: Idempotency | None
    ) -> ShareView:
        """The host says that the platform took it."""
        command = PublishShare(at=self._clock(), share_id=share_id, external_id=external_id)
        return await self._change(command, idempotency)

    async def failed(
        self, share_id: str, reason: str, idempotency: Idempotency | None
    ) -> ShareView:
        """The host says that the platform did not."""
        command = FailShare(at=self._clock(), share_id=share_id, reason=reason)
        return await self._change(command, idempotency)

    async def archive(self, user_id: str) -> Mapping[str, Any]:
        """Everything about a user, their shares with their links."""
        found = await self.queries.export(user_id)
        for share in found["shares"]:
            share["url"] = self._links.url(share["shareId"])
        return found

    async def dismiss(self, caller: Principal, suggestion_id: str) -> None:
        """Show the caller this suggestion no more."""
        user = require_user(caller)
        await self._submit(
            DismissSuggestion(at=self._clock(), suggestion_id=suggestion_id, user_id=user)
        )

    async def follow(self, caller: Principal, share_id: str, visit: Visit) -> Destination:
        """Where a link leads; counted, if it was followed.

        Raises:
            ShareNotFound: no share ever had this link.
        """
        share = await self.queries.row(share_id)
        url = self._links.url(share_id)
        if not is_live(share.state):
            return Destination(kind="gone", url=url)
        reason = machine(visit)
        if reason != "head_request":
            await self._count(caller, share_id, reason)
        preview = self._links.preview(share.content_type, share.content_id, share.details())
        if preview.target is None or reason in _CARD_MAKERS:
            return Destination(kind="preview", url=url, preview=preview)
        return Destination(kind="redirect", url=preview.target)

    async def _count(self, caller: Principal, share_id: str, reason: str | None) -> None:
        """Whoever follows a link gets there, also if it cannot be counted."""
        command = FollowLink(
            at=self._clock(),
            share_id=share_id,
            visitor=self._hasher.hash("referral", caller.address),
            discard_reason=reason,
        )
        try:
            await self._limits.hit("click", rate_key(caller, self._hasher))
            await self._submit(command)
        except GroundswellError:
            return

    async def _change(self, command: Command, idempotency: Idempotency | None) -> ShareView:
        answer: ShareView = await self._submit(command, idempotency)
        return self._linked(answer)

    def _linked(self, share: ShareView) -> ShareView:
        details: dict[str, Any] = {"url": self._links.url(share.share_id)}
        return msgspec.structs.replace(share, **details)
