"""Which topics an event reaches, and what is told there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.contract.times import DAY, MINUTE, to_rfc3339
from groundswell.delivery.routing import publications

NOW = 20_000 * DAY
COUNTERS = events.CounterValues(
    play_count=9,
    qualified_play_count=8,
    download_count=7,
    view_count=6,
    comment_count=5,
    upvotes=4,
    downvotes=3,
)
WHAT: dict[str, Any] = {"media_file_id": 7, "media_title": "Harvest", "counters": COUNTERS}
TIME = to_rfc3339(NOW)


def _logged(event: Event, *, late_by: int = 0, seq: int = 12) -> LoggedEvent:
    return LoggedEvent(seq, "msg-1", NOW, NOW + late_by, event)


def _told(event: Event, *, late_by: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """Topic, type and data of everything told about the event."""
    told = publications(_logged(event, late_by=late_by))
    assert all((one.seq, one.id, one.at, one.state) == (12, "msg-1", NOW, False) for one in told)
    return [(one.topic, one.event_type, msgspec.json.decode(one.data)) for one in told]


def _created(kind: str, location: str | None = None) -> tuple[str, str, dict[str, Any]]:
    name = "engagement.activity.created"
    data = {
        "eventType": name,
        "mediaFileId": 7,
        "activityId": 12,
        "type": kind,
        "mediaTitle": "Harvest",
        "location": location,
        "timestamp": TIME,
    }
    return "activity", name, data


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (events.PlayRecorded(qualified=True, play_duration=30, in_feed=True, **WHAT), "play"),
        (events.PlayRecorded(qualified=False, in_feed=True, **WHAT), "play"),
        (events.DownloadRecorded(qualified=True, in_feed=True, **WHAT), "download"),
        (events.CommentRecorded(in_feed=True, **WHAT), "comment"),
    ],
)
def test_what_enters_the_feed_is_told_to_those_who_watch_it(event: Event, kind: str) -> None:
    assert _told(event) == [_created(kind)]


def test_the_place_is_told_with_the_item() -> None:
    event = events.CommentRecorded(in_feed=True, location="Portugal", **WHAT)
    assert _told(event) == [_created("comment", "Portugal")]


@pytest.mark.parametrize(
    ("event", "vote", "previous"),
    [
        (events.VoteCast(vote_type="up", in_feed=True, **WHAT), "up", None),
        (
            events.VoteChanged(vote_type="down", previous_vote_type="up", in_feed=True, **WHAT),
            "down",
            "up",
        ),
        (events.VoteRemoved(previous_vote_type="down", **WHAT), None, "down"),
    ],
)
def test_votes_are_told_to_those_who_watch_the_file(
    event: events.Interaction, vote: str | None, previous: str | None
) -> None:
    data = {
        "eventType": event.event_type,
        "mediaFileId": 7,
        "voteType": vote,
        "previousVoteType": previous,
        "upvotes": 4,
        "downvotes": 3,
        "timestamp": TIME,
    }
    feed = [_created("vote")] if event.in_feed else []
    assert _told(event) == [("media.7", event.event_type, data), *feed]


def test_views_are_told_to_nobody() -> None:
    assert _told(events.ViewRecorded(qualified=True, **WHAT)) == []


@pytest.mark.parametrize("in_feed", [True, False])
def test_an_upload_is_told_if_it_is_in_the_feed(*, in_feed: bool) -> None:
    event = events.MediaRegistered(
        media_file_id=7, title="Harvest", state="published", in_feed=in_feed
    )
    assert _told(event) == ([_created("upload")] if in_feed else [])


def test_what_happened_long_before_it_was_stored_is_no_news() -> None:
    play = events.PlayRecorded(qualified=True, in_feed=True, **WHAT)
    vote = events.VoteCast(vote_type="up", in_feed=True, **WHAT)
    upload = events.MediaRegistered(
        media_file_id=7, title="Harvest", state="published", in_feed=True
    )
    for event in (play, vote, upload):
        assert _told(event, late_by=5 * MINUTE)
        assert _told(event, late_by=5 * MINUTE + 1) == []


def test_what_is_not_in_the_feed_is_not_told_there() -> None:
    assert _told(events.PlayRecorded(qualified=True, **WHAT)) == []


def test_a_changed_file_is_told_as_it_is_now() -> None:
    event = events.MediaUpdated(
        media_file_id=7, title="Old Man", artist="Neil", owner_id="neil", state="published"
    )
    data = {
        "eventType": "engagement.media.updated",
        "mediaFileId": 7,
        "state": "published",
        "title": "Old Man",
        "artist": "Neil",
        "ownerId": "neil",
        "durationSec": None,
        "timestamp": TIME,
    }
    assert _told(event) == [("media.7", "engagement.media.updated", data)]


@pytest.mark.parametrize("state", ["hidden", "draft", "deleted"])
def test_a_file_that_is_no_longer_public_is_retracted_and_nothing_of_it_told(state: str) -> None:
    event = events.MediaUpdated(media_file_id=7, title="Secret", artist="Secret", state=state)
    (topic, _, data), retraction = _told(event)
    assert (topic, data["state"]) == ("media.7", state)
    assert "Secret" not in str(data)
    assert retraction == _retracted()


def test_a_deleted_file_is_retracted() -> None:
    told = _told(events.MediaDeleted(media_file_id=7))
    name = "engagement.media.deleted"
    data = {"eventType": name, "mediaFileId": 7, "timestamp": TIME}
    assert told == [("media.7", name, data), _retracted()]


def test_a_retraction_is_told_however_late() -> None:
    assert len(_told(events.MediaDeleted(media_file_id=7), late_by=DAY)) == 2


def _retracted() -> tuple[str, str, dict[str, Any]]:
    name = "engagement.activity.retracted"
    return "activity", name, {"eventType": name, "mediaFileId": 7, "timestamp": TIME}


def test_every_event_of_the_catalogue_is_routed() -> None:
    """A new event that nobody thought of would fail here, not in production."""
    values: dict[str, Any] = {
        "media_file_id": 7,
        "title": "Harvest",
        "media_title": "Harvest",
        "state": "published",
        "counters": COUNTERS,
        "vote_type": "up",
        "previous_vote_type": "down",
        "qualified": True,
        "activity_ids": [7],
        "case_id": "case-1",
        "signal": "pace",
        "severity": "high",
        "count": 1,
        "vote_ids": (3,),
    }
    nobodys = {
        events.ViewRecorded,
        events.AnomalyDetected,
        events.VotesQuarantined,
        events.VotesReleased,
    }
    never_in_feed = {events.ViewRecorded, events.VoteRemoved, events.MediaUpdated}
    for kind in events.EVENTS:
        values["in_feed"] = kind not in never_in_feed
        fields = {name: values[name] for name in kind.__struct_fields__ if name in values}
        told = publications(_logged(kind(**fields)))
        assert bool(told) is (kind not in nobodys), kind


def test_the_owner_of_a_file_is_who_uploaded_it_and_what_to_filter_by() -> None:
    described = {"media_file_id": 7, "title": "Harvest", "owner_id": "u-1", "artist": "Ann"}
    new = events.MediaRegistered(state="published", in_feed=True, **described)
    (told,) = publications(_logged(new))
    assert (told.actor, told.tags) == ("u-1", {"ownerId": "u-1", "artist": "Ann"})
    changed = events.MediaUpdated(state="published", **described)
    (told,) = publications(_logged(changed))
    assert (told.actor, told.tags) == (None, {"ownerId": "u-1", "artist": "Ann"})
    shown = events.MediaUpdated(state="published", in_feed=True, **described)
    assert {one.actor for one in publications(_logged(shown))} == {"u-1"}
    hidden = events.MediaUpdated(state="hidden", **described)
    assert [(one.actor, one.tags) for one in publications(_logged(hidden))] == [(None, {})] * 2


def test_nobody_is_named_as_who_played_voted_or_wrote() -> None:
    played = events.PlayRecorded(qualified=True, in_feed=True, **WHAT)
    voted = events.VoteCast(vote_type="up", in_feed=True, **WHAT)
    written = events.CommentRecorded(owner_id="u-1", in_feed=True, **WHAT)
    told = [one for event in (played, voted, written) for one in publications(_logged(event))]
    assert len(told) == 4
    assert {(one.actor, len(one.tags)) for one in told} == {(None, 0)}
