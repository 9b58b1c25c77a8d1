"""What the engagement slice should do, said again in the plainest way: lists, dicts, and sums.

Nothing is added up in advance: counters, windows and lists are counted from everything that ever
happened, each time they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from groundswell.contract.errors import Conflict, GroundswellError, MediaNotFound
from groundswell.contract.times import DAY, HOUR, to_rfc3339
from groundswell.domains.engagement import commands as asked
from groundswell.domains.engagement import ranking, views
from groundswell.store.commands import Command, Idempotency
from tests.support.core import FEED_DAYS

Request = tuple[Command, Idempotency | None]

_KINDS = {
    asked.RecordPlay: "play",
    asked.RecordDownload: "download",
    asked.RecordView: "view",
    asked.RecordComment: "comment",
}
_REPEAT = {"play": HOUR, "download": DAY, "view": HOUR}
_CHANGEABLE = ("title", "artist", "owner_id", "duration_seconds", "url", "published_at", "state")
_LENGTHS = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "all": 2**62}


class Event(NamedTuple):
    """A play, download, view or comment; a vote that stands is one as well."""

    id: int
    kind: str
    actor: str
    at: int
    qualified: bool
    author: str | None = None
    body: str = ""


class Item(NamedTuple):
    """An item of the activity feed."""

    id: int
    kind: str
    media: int
    location: str | None
    at: int


@dataclass
class Media:
    """A file with everything that happened to it."""

    id: int
    title: str
    artist: str | None
    owner_id: str | None
    url: str | None
    duration_seconds: int | None
    state: str
    created_at: int
    published_at: int | None
    initial_plays: int
    external: tuple[str, str] | None
    trendable: bool = True
    events: list[Event] = field(default_factory=list)
    votes: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """By voter: the vote, the actor, and when it was last cast."""

    def is_open(self, at: int) -> bool:
        return (
            self.state == "published" and self.published_at is not None and self.published_at <= at
        )

    def count(self, kind: str, *, qualified: bool = False) -> int:
        return sum(one.kind == kind and one.qualified >= qualified for one in self.events)

    def counters(self) -> dict[str, int]:
        votes = [vote for vote, _, _ in self.votes.values()]
        return {
            "play_count": self.initial_plays + self.count("play"),
            "qualified_play_count": self.count("play", qualified=True),
            "download_count": self.count("download"),
            "view_count": self.count("view"),
            "comment_count": self.count("comment"),
            "upvotes": votes.count("up"),
            "downvotes": votes.count("down"),
        }

    def view(self) -> views.MediaFile:
        return views.MediaFile(
            media_file_id=self.id,
            title=self.title,
            artist=self.artist,
            owner_id=self.owner_id,
            duration_seconds=self.duration_seconds,
            url=self.url,
            state=self.state,  # type: ignore[arg-type]
            created_at=to_rfc3339(self.created_at),
            published_at=None if self.published_at is None else to_rfc3339(self.published_at),
            hotness_score=0,
            last_hotness_update=None,
            **self.counters(),
        )

    def signals(self, now: int, length: int) -> tuple[int, int, int, int]:
        """Qualified plays, net votes, comments and qualified downloads of the window."""
        kinds = [one.kind for one in self.events if one.qualified and now - length < one.at <= now]
        net = sum(
            1 if vote == "up" else -1
            for vote, _, at in self.votes.values()
            if now - length < at <= now
        )
        return kinds.count("play"), net, kinds.count("comment"), kinds.count("download")

    def plays(self, now: int, length: int) -> int:
        return sum(one.kind == "play" and now - length < one.at <= now for one in self.events)

    def actors(self, now: int, length: int) -> int:
        """Distinct actors of what moves a ranking; views do not."""
        moved = [(one.actor, one.at) for one in self.events if one.qualified and one.kind != "view"]
        moved += [(actor, at) for _, actor, at in self.votes.values()]
        return len({actor for actor, at in moved if now - length < at <= now})

    def last_event_at(self) -> int | None:
        moved = [one.at for one in self.events if one.qualified and one.kind != "view"]
        return max([*moved, *(at for _, _, at in self.votes.values())], default=None)


class Model:
    """All files, the feed, and the answers that are kept for repeated requests."""

    def __init__(self) -> None:
        self.files: dict[int, Media] = {}
        self.items: list[Item] = []
        self.seq = 0
        self._answers: dict[tuple[str, str], tuple[str, object]] = {}

    def execute(self, requests: Sequence[Request]) -> list[object]:
        """The outcomes of requests made at the same time; a refusal is a value."""
        outcomes: dict[int, object] = {}
        waiting = list(enumerate(requests))
        while waiting:
            batch, waiting = _first_uses(waiting)
            fresh: list[tuple[int, Request]] = []
            for place, (command, key) in batch:
                known = self._answers.get((key.scope, key.key)) if key else None
                if known is None:
                    fresh.append((place, (command, key)))
                elif known[0] == key.fingerprint:  # type: ignore[union-attr]
                    outcomes[place] = known[1]
                else:
                    outcomes[place] = Conflict("idempotency_key_reused", "")
            answers = self._batch([command for _, (command, _) in fresh])
            for (place, (_, key)), answer in zip(fresh, answers, strict=True):
                outcomes[place] = answer
                if key is not None and not isinstance(answer, GroundswellError):
                    self._answers[key.scope, key.key] = (key.fingerprint, answer)
        return [outcomes[place] for place in range(len(requests))]

    def _batch(self, commands: Sequence[Command]) -> list[object]:
        """The host's commands first, then the rest; what happens now is judged before the past."""
        outcomes: dict[int, object] = {}
        rest: list[tuple[int, Any]] = []
        for place, command in enumerate(commands):
            if isinstance(command, asked.Interact):
                rest.append((place, command))
            else:
                outcomes[place] = self._lifecycle(command)
        accepted = [(place, one) for place, one in rest if self._open(one) is not None]
        qualified = self._qualified(accepted)
        for place, command in rest:
            media = self._open(command)
            outcomes[place] = (
                MediaNotFound()
                if media is None
                else self._interact(command, media, qualified=place in qualified)
            )
        return [outcomes[place] for place in range(len(commands))]

    def _open(self, command: asked.Interact) -> Media | None:
        media = self.files.get(command.media_file_id)
        return media if media is not None and media.is_open(command.at) else None

    # The host

    def _lifecycle(self, command: Any) -> object:
        if isinstance(command, asked.RegisterMedia):
            return self._register(command)
        media = self.files.get(command.media_file_id)
        if media is None or media.state == "deleted":
            return MediaNotFound()
        unpublished = media.published_at is None
        if isinstance(command, asked.DeleteMedia):
            media.state = "deleted"
        else:
            for name in _CHANGEABLE:
                value = getattr(command, name)
                if value is not msgspec.UNSET:
                    setattr(media, name, value)
            if command.trendable is not msgspec.UNSET:
                media.trendable = command.trendable
            if media.state == "published" and media.published_at is None:
                media.published_at = command.at
        if media.state == "deleted":
            self.items = [one for one in self.items if one.media != media.id]
        self.seq += 1
        if unpublished and media.is_open(command.at):
            self.items.append(Item(self.seq, "upload", media.id, None, command.at))
        return media.view()

    def _register(self, command: asked.RegisterMedia) -> object:
        external = None
        if command.source is not None and command.external_id is not None:
            external = (command.source, command.external_id)
            known = [one for one in self.files.values() if one.external == external]
            if known:
                return known[0].view()
        wanted = command.media_file_id
        if wanted in self.files:
            return Conflict("media_exists", "")
        published = command.at if command.published_at is None else command.published_at
        media = Media(
            id=max(self.files, default=0) + 1 if wanted is None else wanted,
            title=command.title,
            artist=command.artist,
            owner_id=command.owner_id,
            url=command.url,
            duration_seconds=command.duration_seconds,
            state="draft" if command.draft else "published",
            created_at=command.at if command.draft else min(published, command.at),
            published_at=None if command.draft else published,
            initial_plays=command.play_count,
            external=external,
        )
        self.files[media.id] = media
        self.seq += 1
        if media.is_open(command.at) and media.created_at > command.at - FEED_DAYS * DAY:
            self.items.append(Item(self.seq, "upload", media.id, None, media.created_at))
        return media.view()

    # Everybody

    def _qualified(self, accepted: Iterable[tuple[int, asked.Interact]]) -> set[int]:
        candidates = [(place, one) for place, one in accepted if self._may_qualify(one)]
        granted: dict[tuple[str, int, str], list[int]] = {}
        places: set[int] = set()
        for late in (False, True):
            for place, one in candidates:
                if (one.occurred_at is not None) is not late:  # type: ignore[attr-defined]
                    continue
                kind, at = _KINDS[type(one)], _moment(one)  # type: ignore[index]
                times = [
                    event.at
                    for event in self.files[one.media_file_id].events
                    if event.kind == kind and event.actor == one.by.actor and event.qualified
                ]
                new = granted.setdefault((kind, one.media_file_id, one.by.actor), [])
                if all(abs(at - other) >= _REPEAT[kind] for other in [*times, *new]):
                    new.append(at)
                    places.add(place)
        return places

    def _may_qualify(self, command: asked.Interact) -> bool:
        media = self.files[command.media_file_id]
        own = media.owner_id is not None and media.owner_id == command.by.user_id
        if isinstance(command, asked.RecordPlay):
            length = media.duration_seconds
            enough = 30 if length is None else min(30, length / 2)
            played = command.play_duration
            return not own and (played is None or played >= enough)
        if isinstance(command, asked.RecordDownload):
            return not own
        return isinstance(command, asked.RecordView)

    def _interact(self, command: asked.Interact, media: Media, *, qualified: bool) -> object:
        if isinstance(command, asked.CastVote):
            return self._vote(command, media, command.vote_type)
        if isinstance(command, asked.RemoveVote):
            return self._vote(command, media, None)
        self.seq += 1
        kind, at = _KINDS[type(command)], _moment(command)  # type: ignore[index]
        qualified = qualified or kind == "comment"
        body = command.body if isinstance(command, asked.RecordComment) else ""
        by = command.by
        media.events.append(Event(self.seq, kind, by.actor, at, qualified, by.user_id, body))
        if kind != "view":
            self._feed(kind, command, at)
        answer = {"media_file_id": media.id, "qualified": qualified, **media.counters()}
        if kind != "comment":
            return views.Recorded(**answer)
        comment = views.Comment(
            comment_id=f"comment-{self.seq}",
            media_file_id=media.id,
            author_id=by.user_id,
            body=body,
            created_at=to_rfc3339(at),
        )
        return views.PostedComment(comment=comment, **answer)

    def _vote(self, command: asked.Interact, media: Media, wanted: str | None) -> views.VoteStatus:
        voter = command.by.voter
        previous = media.votes[voter][0] if voter in media.votes else None
        if wanted != previous:
            self.seq += 1
            if wanted is None:
                del media.votes[voter]
            else:
                media.votes[voter] = (wanted, command.by.actor, command.at)
                self._feed("vote", command, command.at)
        return self.vote_status(media.id, voter)

    def _feed(self, kind: str, command: asked.Interact, at: int) -> None:
        if at > command.at - FEED_DAYS * DAY:
            place = command.by.location
            self.items.append(Item(self.seq, kind, command.media_file_id, place, at))

    # What can be asked

    def vote_status(self, media_file_id: int, voter: str) -> views.VoteStatus:
        media = self.files[media_file_id]
        counters = media.counters()
        return views.VoteStatus(
            media_file_id=media_file_id,
            vote_type=media.votes[voter][0] if voter in media.votes else None,  # type: ignore[arg-type]
            upvotes=counters["upvotes"],
            downvotes=counters["downvotes"],
        )

    def stats(self, media_file_id: int, now: int) -> views.Stats:
        media = self.files[media_file_id]
        return views.Stats(
            media_file_id=media_file_id,
            unique_listeners=len({one.actor for one in media.events if one.kind == "play"}),
            hotness_score=0,
            last_hotness_update=None,
            plays=views.PlaysPerPeriod(
                last_24h=media.plays(now, DAY),
                last_7d=media.plays(now, 7 * DAY),
                last_30d=media.plays(now, 30 * DAY),
                all_time=media.initial_plays + media.count("play"),
            ),
            as_of=to_rfc3339(now),
            **media.counters(),
        )

    def feed(self, now: int) -> list[views.ActivityItem]:
        """Every item that may be seen, newest first."""
        seen = [one for one in self.items if self.files[one.media].is_open(now)]
        return [
            views.ActivityItem(
                id=one.id,
                type=one.kind,  # type: ignore[arg-type]
                media_file_id=one.media,
                media_title=self.files[one.media].title,
                location=one.location,
                timestamp=to_rfc3339(one.at),
            )
            for one in sorted(seen, key=lambda one: (one.at, one.id), reverse=True)
        ]

    def comments(self, media_file_id: int) -> list[str]:
        """The ids of a file's comments, newest first."""
        those = [one for one in self.files[media_file_id].events if one.kind == "comment"]
        ordered = sorted(those, key=lambda one: (one.at, one.id), reverse=True)
        return [f"comment-{one.id}" for one in ordered]

    def ranking(self, name: str, period: str, now: int) -> list[tuple[int, float]]:
        """Ids and scores of a list, in order."""
        open_files = [one for one in self.files.values() if one.trendable and one.is_open(now)]
        scored = [(one, self._score(name, period, one, now)) for one in open_files]
        listed = [(one, found) for one, found in scored if found is not None]
        listed.sort(key=lambda pair: pair[1][1], reverse=True)
        if name in {"trending", "hot", "rising"}:
            listed = ranking.diversify(listed, lambda pair: pair[0].owner_id)
        return [(one.id, score) for one, (score, _) in listed]

    def _score(
        self, name: str, period: str, media: Media, now: int
    ) -> tuple[float, tuple[Any, ...]] | None:
        """Score and place in the order, or None for a file that is not in the list."""
        length = _LENGTHS[period]
        last = media.last_event_at() if media.last_event_at() is not None else -(2**63)
        up, down = media.counters()["upvotes"], media.counters()["downvotes"]
        if name == "hot":
            age = (now - (media.published_at or 0)) / HOUR
            hot = ranking.hotness(*media.signals(now, DAY), age)
            return hot.score, (hot.unrounded, last, media.created_at, media.id)
        if name == "popular":
            plays = media.counters()["play_count"] if period == "all" else media.plays(now, length)
            return (plays, (plays, last, media.id)) if plays else None
        if name == "trending":
            velocity = ranking.velocity(*media.signals(now, length), length / HOUR)
            moving = velocity > 0 and media.actors(now, length) >= 3
            return (velocity, (velocity, last, media.id)) if moving else None
        assert name == "top-rated"
        score = ranking.wilson_lower_bound(up, down)
        return (score, (score, up + down, last, media.id)) if up + down else None


def _moment(command: Any) -> int:
    late = command.occurred_at
    return command.at if late is None else min(late, command.at)


def _first_uses(
    waiting: list[tuple[int, Request]],
) -> tuple[list[tuple[int, Request]], list[tuple[int, Request]]]:
    """A key used twice at the same time waits for the answer of its first use."""
    first: list[tuple[int, Request]] = []
    later: list[tuple[int, Request]] = []
    keys: set[tuple[str, str]] = set()
    for place, request in waiting:
        key = request[1]
        if key is not None and (key.scope, key.key) in keys:
            later.append((place, request))
            continue
        if key is not None:
            keys.add((key.scope, key.key))
        first.append((place, request))
    return first, later
