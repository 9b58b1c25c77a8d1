"""A batch of interactions, added up in memory before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from groundswell.contract.events.engagement import (
    CommentRecorded,
    DownloadRecorded,
    PlayRecorded,
    ViewRecorded,
    VoteCast,
    VoteChanged,
    VoteRemoved,
)
from groundswell.contract.privacy import OPEN, Discretion
from groundswell.contract.times import HOUR, to_rfc3339
from groundswell.domains.engagement import statements as sql
from groundswell.domains.engagement.commands import (
    Actor,
    CastVote,
    Interact,
    Nobody,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RemoveVote,
)
from groundswell.domains.engagement.files import File
from groundswell.domains.engagement.qualification import Disqualified, happened_at
from groundswell.domains.engagement.views import (
    ActivityType,
    Comment,
    PostedComment,
    Recorded,
    VoteStatus,
    VoteType,
)
from groundswell.domains.engagement.voting import counter_change, sign
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

_VERBS: dict[type[Interact], str] = {
    CastVote: "vote",
    RemoveVote: "vote",
    RecordPlay: "play",
    RecordDownload: "download",
    RecordView: "view",
    RecordComment: "comment",
}
_NOBODY = Nobody()

_PLAYS, _QUALIFIED_PLAYS, _DOWNLOADS, _VIEWS, _COMMENTS, _NET_VOTES = range(6)


@dataclass(slots=True)
class _Vote:
    id: int
    vote_type: VoteType | None
    created_at: int
    updated_at: int
    by: Actor | Nobody | None
    stored: bool
    weighs: bool = True


class Fold:
    """Applies interactions one by one to the loaded files, and collects what is to be written.

    Args:
        tail: the end of the event log.
        feed_retention: events older than this, in microseconds, make no item in the feed.
        votes: standing votes of the voters in the batch, as answered by ``FIND_VOTES``.
        wishes: what signed-in people wish to be known of what they do.
    """

    def __init__(
        self,
        tail: EventTail,
        feed_retention: int,
        votes: Sequence[tuple[int, str, Any, int, int, int, str | None]],
        wishes: Mapping[str, Discretion],
    ) -> None:
        self._wishes = wishes
        self._tail = tail
        self._feed_retention = feed_retention
        self._votes = {
            (media, voter): _Vote(id_, kind, created, updated, None, True, case is None)
            for media, voter, kind, id_, created, updated, case in votes
        }
        self._files: dict[int, File] = {}
        self._hours: dict[tuple[int, int], list[int]] = {}
        self._rows: dict[Statement, list[tuple[Any, ...]]] = {}
        self._last_event_undone: set[int] = set()

    def vote(
        self, command: CastVote | RemoveVote, file: File, wanted: VoteType | None
    ) -> VoteStatus:
        """Bring the voter's vote to what is wanted."""
        key = (file.media_file_id, command.by.voter)
        vote = self._votes.get(key)
        previous = vote.vote_type if vote is not None else None
        if wanted == previous:
            return file.vote_status(wanted)
        up, down = counter_change(previous, wanted)
        file.upvotes += up
        file.downvotes += down
        if vote is not None and previous is None:
            vote.weighs = True  # it is another one than that which was taken back
        weighs = vote is None or vote.weighs
        if vote is not None and previous is not None and weighs:
            self._count(file, vote.updated_at, _NET_VOTES, -sign(previous))
            if wanted is None and vote.updated_at == file.last_event_at:
                self._last_event_undone.add(file.media_file_id)
        if wanted is not None and weighs:
            self._count(file, command.at, _NET_VOTES, sign(wanted))
            file.qualifies_at(command.at)
        self._files[file.media_file_id] = file
        seq = self._vote_event(command, file, previous, wanted)
        by = self._logged(command)
        if vote is None:
            self._votes[key] = _Vote(seq, wanted, command.at, command.at, by, stored=False)
        else:
            if previous is None:
                vote.id, vote.created_at = seq, command.at
            vote.vote_type, vote.updated_at, vote.by = wanted, command.at, by
        return file.vote_status(wanted)

    def _vote_event(
        self, command: Interact, file: File, previous: VoteType | None, wanted: VoteType | None
    ) -> int:
        common = self._common(command, file, command.at)
        if wanted is None:
            assert previous is not None  # noqa: S101 - no-ops were answered before
            common["in_feed"] = False
            return self._tail.append(VoteRemoved(previous_vote_type=previous, **common), command.at)
        if previous is None:
            seq = self._tail.append(VoteCast(vote_type=wanted, **common), command.at)
        else:
            changed = VoteChanged(vote_type=wanted, previous_vote_type=previous, **common)
            seq = self._tail.append(changed, command.at)
        self._feed(seq, "vote", command, file, command.at, {"voteType": wanted})
        return seq

    def play(self, command: RecordPlay, file: File, reason: Disqualified | None) -> Recorded:
        """Count a play."""
        at = happened_at(command.at, command.occurred_at)
        qualified = reason is None
        seconds = None if command.play_duration is None else int(command.play_duration)
        file.play_count += 1
        self._count(file, at, _PLAYS, 1)
        if qualified:
            file.qualified_play_count += 1
            file.qualifies_at(at)
            self._count(file, at, _QUALIFIED_PLAYS, 1)
        seq = self._tail.append(
            PlayRecorded(
                owner_id=file.owner_id,
                play_duration=seconds,
                qualified=qualified,
                **self._common(command, file, at),
            ),
            at,
        )
        by = self._logged(command)
        self._add(
            sql.LOG_PLAYS,
            seq,
            file.media_file_id,
            by.ip_hash,
            by.actor,
            by.session_id,
            seconds,
            int(qualified),
            reason,
            at,
        )
        self._feed(seq, "play", command, file, at)
        return file.recorded(qualified=qualified)

    def download(
        self, command: RecordDownload, file: File, reason: Disqualified | None
    ) -> Recorded:
        """Count a download."""
        at = happened_at(command.at, command.occurred_at)
        qualified = reason is None
        file.download_count += 1
        if qualified:
            file.qualifies_at(at)
        self._count(file, at, _DOWNLOADS, int(qualified))
        event = DownloadRecorded(qualified=qualified, **self._common(command, file, at))
        seq = self._tail.append(event, at)
        self._log(sql.LOG_DOWNLOADS, seq, command, file, reason, at)
        self._feed(seq, "download", command, file, at)
        return file.recorded(qualified=qualified)

    def view(self, command: RecordView, file: File, reason: Disqualified | None) -> Recorded:
        """Count a view; the feed does not show views."""
        at = happened_at(command.at, command.occurred_at)
        qualified = reason is None
        file.view_count += 1
        self._count(file, at, _VIEWS, 1)
        common = self._common(command, file, at)
        common["in_feed"] = False
        seq = self._tail.append(ViewRecorded(qualified=qualified, **common), at)
        self._log(sql.LOG_VIEWS, seq, command, file, reason, at)
        return file.recorded(qualified=qualified)

    def comment(self, command: RecordComment, file: File) -> PostedComment:
        """Keep a comment and count it."""
        at = happened_at(command.at, command.occurred_at)
        file.comment_count += 1
        file.qualifies_at(at)
        self._count(file, at, _COMMENTS, 1)
        by = command.by
        event = CommentRecorded(
            **self._common(command, file, at),
            owner_id=file.owner_id,
            by_owner=file.owner_id is not None and file.owner_id == by.user_id,
        )
        seq = self._tail.append(event, at)
        self._add(
            sql.ADD_COMMENTS,
            seq,
            file.media_file_id,
            by.user_id,
            by.ip_hash,
            by.actor,
            by.session_id,
            command.body,
            at,
        )
        self._feed(seq, "comment", command, file, at)
        comment = Comment(
            comment_id=comment_id(seq),
            media_file_id=file.media_file_id,
            author_id=by.user_id,
            body=command.body,
            created_at=to_rfc3339(at),
        )
        return file.posted(comment)

    def _discretion(self, command: Interact) -> Discretion:
        return self._wishes.get(command.by.user_id, OPEN) if command.by.user_id else OPEN

    def _logged(self, command: Interact) -> Actor | Nobody:
        """Whom the logs name: nobody, if it was done incognito."""
        return _NOBODY if self._discretion(command).incognito else command.by

    def _common(self, command: Interact, file: File, at: int) -> dict[str, Any]:
        shown = self._discretion(command).is_public(_VERBS[type(command)])
        return {
            "media_file_id": file.media_file_id,
            "media_title": file.title,
            "counters": file.counters(),
            "location": command.by.location if shown else None,
            "in_feed": shown and at > command.at - self._feed_retention,
        }

    def _count(self, file: File, at: int, column: int, change: int) -> None:
        self._files[file.media_file_id] = file
        key = (file.media_file_id, at - at % HOUR)
        sums = self._hours.get(key)
        if sums is None:
            sums = self._hours[key] = [0, 0, 0, 0, 0, 0]
        sums[column] += change

    def _add(self, statement: Statement, *values: Any) -> None:
        self._rows.setdefault(statement, []).append(values)

    def _log(
        self,
        statement: Statement,
        seq: int,
        command: Interact,
        file: File,
        reason: Disqualified | None,
        at: int,
    ) -> None:
        by = self._logged(command)
        self._add(
            statement,
            seq,
            file.media_file_id,
            by.ip_hash,
            by.actor,
            by.session_id,
            int(reason is None),
            reason,
            at,
        )

    def _feed(
        self,
        seq: int,
        kind: ActivityType,
        command: Interact,
        file: File,
        at: int,
        details: dict[str, str] | None = None,
    ) -> None:
        if at <= command.at - self._feed_retention or not self._discretion(command).is_public(kind):
            return
        self._add(
            sql.ADD_ACTIVITY,
            seq,
            kind,
            file.media_file_id,
            file.title,
            command.by.user_id,
            command.by.ip_hash,
            command.by.location,
            None if details is None else msgspec.json.encode(details).decode(),
            at,
        )

    async def write(self, transaction: Transaction) -> None:
        """Write everything that was collected, one statement per table."""
        for statement, rows in self._rows.items():
            await transaction.write(statement, rows=rows)
        await self._write_votes(transaction)
        if self._hours:
            rows = [(*key, *sums) for key, sums in sorted(self._hours.items())]
            await transaction.write(sql.ADD_TO_HOURS, rows=rows)
        if self._files:
            files = [self._files[media].counter_row() for media in sorted(self._files)]
            await transaction.write(sql.SET_COUNTERS, rows=files)
        if self._last_event_undone:
            undone = [(media,) for media in sorted(self._last_event_undone)]
            await transaction.fetch(sql.RECALL_LAST_EVENT, rows=undone)

    async def _write_votes(self, transaction: Transaction) -> None:
        put: list[tuple[Any, ...]] = []
        deleted: list[tuple[int, str]] = []
        for (media, voter), vote in self._votes.items():
            if vote.by is None:
                continue  # read, but not touched
            if vote.vote_type is not None:
                put.append(
                    (
                        vote.id,
                        media,
                        voter,
                        vote.by.actor,
                        vote.by.ip_hash,
                        vote.by.session_id,
                        vote.vote_type,
                        vote.created_at,
                        vote.updated_at,
                        vote.by.network,
                        int(vote.by.hosted),
                    )
                )
            elif vote.stored:
                deleted.append((media, voter))
        if put:
            await transaction.write(sql.PUT_VOTES, rows=put)
        if deleted:
            await transaction.write(sql.DELETE_VOTES, rows=deleted)


def comment_id(seq: int) -> str:
    """The public id of the comment whose event has this sequence number."""
    return f"comment-{seq}"
