"""What clients report in one go, plays and votes among them, each once under its key."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from groundswell.access.principal import Principal
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.bodies import CommentText, PlayedSeconds
from groundswell.domains.engagement.views import HeldComment, Recorded, VoteType
from groundswell.http.decoding import decode_json
from groundswell.slices import Perform, Report
from groundswell.store.commands import Idempotency


class About(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which file it is about."""

    media_file_id: int


class ReportedPlay(About, frozen=True, kw_only=True):
    """A play; `playDuration` in seconds."""

    play_duration: PlayedSeconds | None = None


class ReportedVote(About, frozen=True, kw_only=True):
    """A vote, or with null that it is taken back."""

    vote_type: VoteType | None


class ReportedComment(About, frozen=True, kw_only=True):
    """A comment in plain text."""

    body: CommentText


class Record(Protocol):
    """Records that something happened to a file."""

    def __call__(
        self,
        caller: Principal,
        media_file_id: int,
        *,
        occurred_at: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Awaitable[Recorded]:
        """Record it."""
        ...


class Reports:
    """Does what is reported, by the name of the action; answers the id of what came of it."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self.performs: dict[str, Perform] = {
            "play": self._play,
            "download": self._download,
            "view": self._view,
            "vote": self._vote,
            "comment": self._comment,
        }

    async def _play(self, report: Report) -> str | None:
        play: ReportedPlay = decode_json(report.data, ReportedPlay)
        await self._actions.play(
            report.by,
            play.media_file_id,
            play_duration=play.play_duration,
            occurred_at=report.occurred_at,
            idempotency=report.attempt,
        )
        return None

    async def _download(self, report: Report) -> str | None:
        await self._occurred(report, self._actions.download)
        return None

    async def _view(self, report: Report) -> str | None:
        await self._occurred(report, self._actions.view)
        return None

    async def _vote(self, report: Report) -> str | None:
        vote: ReportedVote = decode_json(report.data, ReportedVote)
        await self._actions.vote(report.by, vote.media_file_id, vote.vote_type, report.attempt)
        return None

    async def _comment(self, report: Report) -> str | None:
        said: ReportedComment = decode_json(report.data, ReportedComment)
        posted = await self._actions.comment(
            report.by, said.media_file_id, said.body, report.attempt
        )
        if isinstance(posted, HeldComment):
            return posted.moderation_id
        return posted.comment.comment_id

    async def _occurred(self, report: Report, action: Record) -> None:
        about: About = decode_json(report.data, About)
        await action(
            report.by,
            about.media_file_id,
            occurred_at=report.occurred_at,
            idempotency=report.attempt,
        )
