"""What callers may do, the same for every door: limit, command, submit, answer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar

import msgspec

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key, vote_key
from groundswell.contract.errors import Invalid
from groundswell.contract.ids import VoterKey
from groundswell.contract.moderation import Gate, Submission, open_gate
from groundswell.contract.times import DAY, MINUTE, Clock
from groundswell.domains.engagement.acting import Actors
from groundswell.domains.engagement.commands import (
    CastVote,
    DeleteMedia,
    Record,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RegisterMedia,
    RemoveVote,
    UpdateMedia,
)
from groundswell.domains.engagement.qualification import CLOCK_TOLERANCE
from groundswell.domains.engagement.views import (
    HeldComment,
    MediaFile,
    PostedComment,
    Recorded,
    VoteStatus,
    VoteType,
)
from groundswell.store.commands import Command, Idempotency

LATEST_REPORT = 30 * DAY
"""How late an event may be reported, in microseconds."""

R = TypeVar("R", bound=Record)


class Submit(Protocol):
    """The writer's ``submit``."""

    def __call__(self, command: Command, idempotency: Idempotency | None = None) -> Awaitable[Any]:
        """Execute durably and answer."""
        ...


class Actions:
    """Votes, plays, downloads, views, comments, and the host's care for its files."""

    def __init__(
        self,
        submit: Submit,
        limits: RateLimits,
        hasher: AddressHasher,
        actors: Actors,
        clock: Clock,
        gate: Gate = open_gate,
    ) -> None:
        self._submit = submit
        self._limits = limits
        self._hasher = hasher
        self._actors = actors
        self._clock = clock
        self._gate = gate

    async def limit(self, action: str, caller: Principal) -> None:
        """Count one action of the caller.

        Raises:
            RateLimited: it is one too many.
        """
        if self._limits.covers(action):
            await self._limits.hit(action, rate_key(caller, self._hasher))

    def voter(self, caller: Principal, media_file_id: int) -> VoterKey:
        """Under which name the caller holds a vote on the file."""
        return vote_key(caller, self._hasher, media_file_id)

    async def register(
        self, command: RegisterMedia, idempotency: Idempotency | None = None
    ) -> MediaFile:
        """Make a file known."""
        answer: MediaFile = await self._submit(command, idempotency)
        return answer

    async def update(
        self, command: UpdateMedia, idempotency: Idempotency | None = None
    ) -> MediaFile:
        """Change a file.

        Raises:
            MediaNotFound: there is no such file.
        """
        answer: MediaFile = await self._submit(command, idempotency)
        return answer

    async def delete(self, media_file_id: int, idempotency: Idempotency | None = None) -> None:
        """Take a file out of everything.

        Raises:
            MediaNotFound: there is no such file.
        """
        await self._submit(DeleteMedia(media_file_id=media_file_id, at=self._clock()), idempotency)

    async def vote(
        self,
        caller: Principal,
        media_file_id: int,
        vote_type: VoteType | None,
        idempotency: Idempotency | None = None,
    ) -> VoteStatus:
        """Cast or change the caller's vote, or take it back with None."""
        await self.limit("vote", caller)
        by, at = self._actors.voting(caller, media_file_id), self._clock()
        command: Command
        if vote_type is None:
            command = RemoveVote(media_file_id=media_file_id, by=by, at=at)
        else:
            command = CastVote(media_file_id=media_file_id, vote_type=vote_type, by=by, at=at)
        answer: VoteStatus = await self._submit(command, idempotency)
        return answer

    async def play(
        self,
        caller: Principal,
        media_file_id: int,
        *,
        play_duration: float | None = None,
        occurred_at: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Recorded:
        """Record a play."""
        answer: Recorded = await self._record(
            "play",
            RecordPlay,
            caller,
            media_file_id,
            occurred_at,
            idempotency,
            play_duration=play_duration,
        )
        return answer

    async def download(
        self,
        caller: Principal,
        media_file_id: int,
        *,
        occurred_at: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Recorded:
        """Record a download."""
        answer: Recorded = await self._record(
            "download", RecordDownload, caller, media_file_id, occurred_at, idempotency
        )
        return answer

    async def view(
        self,
        caller: Principal,
        media_file_id: int,
        *,
        occurred_at: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Recorded:
        """Record a view."""
        answer: Recorded = await self._record(
            "view", RecordView, caller, media_file_id, occurred_at, idempotency
        )
        return answer

    async def comment(
        self,
        caller: Principal,
        media_file_id: int,
        body: str,
        idempotency: Idempotency | None = None,
    ) -> PostedComment | HeldComment:
        """Leave a comment, unless somebody has to look at it first.

        Raises:
            Invalid: it says nothing.
            ContentRejected: it may not be said here.
        """
        text = body.strip()
        if not text:
            raise Invalid.at("body", "Must not be empty")
        await self.limit("comment", caller)
        command = self._command(RecordComment, caller, media_file_id, None, body=text)
        held = await self._gate(
            Submission(
                kind="comment",
                text=text,
                author_id=caller.user_id,
                payload=msgspec.json.encode(command),
                attempt=None if idempotency is None else idempotency.key,
            )
        )
        if held is not None:
            return HeldComment(moderation_id=held)
        answer: PostedComment = await self._submit(command, idempotency)
        return answer

    async def release_comment(self, payload: bytes, attempt: str) -> None:
        """Leave a comment that was held and is approved now: as of now, and once."""
        held = msgspec.json.decode(payload, type=RecordComment)
        command = msgspec.structs.replace(held, at=self._clock(), occurred_at=None)
        await self._submit(command, Idempotency("released", attempt, ""))

    async def _record(
        self,
        action: str,
        command: type[Record],
        caller: Principal,
        media_file_id: int,
        occurred_at: int | None,
        idempotency: Idempotency | None,
        **details: Any,
    ) -> Any:
        """Count one action of the caller against its limit, and have it recorded."""
        await self.limit(action, caller)
        recorded = self._command(command, caller, media_file_id, occurred_at, **details)
        return await self._submit(recorded, idempotency)

    def _command(
        self,
        command: type[R],
        caller: Principal,
        media_file_id: int,
        occurred_at: int | None,
        **details: Any,
    ) -> R:
        at = self._clock()
        return command(
            media_file_id=media_file_id,
            by=self._actors.of(caller),
            at=at,
            occurred_at=_reported(occurred_at, at),
            **details,
        )


def _reported(occurred_at: int | None, now: int) -> int | None:
    """The time of an event reported late; a clock that is ahead is not believed.

    Raises:
        Invalid: it is too long ago.
    """
    if occurred_at is None or occurred_at > now + CLOCK_TOLERANCE:
        return None
    if occurred_at <= now - LATEST_REPORT:
        raise Invalid.at("occurredAt", "Must lie within the last 30 days")
    # A report from within the last minute is live: it needs no search through the logs.
    return None if occurred_at > now - MINUTE else occurred_at
