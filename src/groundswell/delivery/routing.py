"""Which topics an event reaches, and in what form: a plain function of the logged event.

The same function serves live delivery and the replay of the log, so both tell the same.
"""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.contract.events.announcements import AnnouncementMade
from groundswell.contract.events.inbox import InboxEvent
from groundswell.contract.times import to_rfc3339
from groundswell.delivery.inbox_routing import inbox_publications
from groundswell.realtime.messages import Publication
from groundswell.realtime.topics import ACTIVITY, BROADCAST

ACTIVITY_CREATED = "engagement.activity.created"
ACTIVITY_RETRACTED = "engagement.activity.retracted"

_FEED_TYPES: dict[type[events.Interaction], str] = {
    events.PlayRecorded: "play",
    events.DownloadRecorded: "download",
    events.CommentRecorded: "comment",
    events.VoteCast: "vote",
    events.VoteChanged: "vote",
}
_encode = msgspec.json.Encoder().encode


def media_topic(media_file_id: int) -> str:
    """The topic of one file's votes and counters."""
    return f"media.{media_file_id}"


def publications(logged: LoggedEvent) -> list[Publication]:
    """What is to be published of an event, for each topic it reaches."""
    event = logged.event
    match event:
        case events.Interaction():
            return _of_interaction(logged, event) if logged.is_news else []
        case events.MediaRegistered():
            return [_uploaded(logged, event)] if event.in_feed and logged.is_news else []
        case events.MediaUpdated():
            told = _publication(logged, media_topic(event.media_file_id), _update(event))
            if event.state != "published":
                return [told, _retracted(logged)]
            return [told, _uploaded(logged, event)] if event.in_feed else [told]
        case events.MediaDeleted():
            told = _publication(logged, media_topic(event.media_file_id), {})
            return [msgspec.structs.replace(told, ends=True), _retracted(logged)]
        case InboxEvent():
            return inbox_publications(logged, event)
        case AnnouncementMade():
            return [_announcement(logged, event)] if logged.is_news else []
        case _:
            return _plain(logged) if logged.is_news else []


def _plain(logged: LoggedEvent) -> list[Publication]:
    """An event that is told as it is, the same on each of its topics."""
    event = logged.event
    topics = event.topics()
    if not topics:
        return []
    told = {
        "eventType": event.event_type,
        **event.told(),
        "timestamp": to_rfc3339(logged.at),
    }
    data = _encode(told)
    return [
        Publication(
            topic,
            event.event_type,
            logged.event_id,
            logged.at,
            data,
            logged.seq,
            state=event.is_state,
            critical=event.critical,
            tags=event.tags(),
            actor=event.actor,
        )
        for topic in topics
    ]


def _announcement(logged: LoggedEvent, event: AnnouncementMade) -> Publication:
    stated = {"eventType": event.message_type, "timestamp": to_rfc3339(logged.at)}
    data = _encode({**event.data, **stated})
    names = event.recipient_ids
    return Publication(
        BROADCAST,
        event.message_type,
        logged.event_id,
        logged.at,
        data,
        logged.seq,
        audience=None if names is None else frozenset(names),
    )


def _of_interaction(logged: LoggedEvent, event: events.Interaction) -> list[Publication]:
    told: list[Publication] = []
    if isinstance(event, events.VoteCast | events.VoteChanged | events.VoteRemoved):
        told.append(_publication(logged, media_topic(event.media_file_id), _vote(event)))
    if event.in_feed:
        told.append(_created(logged, event, _FEED_TYPES[type(event)], event.media_title))
    return told


def _vote(event: events.VoteCast | events.VoteChanged | events.VoteRemoved) -> dict[str, Any]:
    return {
        "voteType": None if isinstance(event, events.VoteRemoved) else event.vote_type,
        "previousVoteType": None
        if isinstance(event, events.VoteCast)
        else event.previous_vote_type,
        "upvotes": event.counters.upvotes,
        "downvotes": event.counters.downvotes,
    }


def _update(event: events.MediaUpdated) -> dict[str, Any]:
    if event.state != "published":
        return {"state": event.state}
    return {
        "state": event.state,
        "title": event.title,
        "artist": event.artist,
        "ownerId": event.owner_id,
        "durationSec": event.duration_sec,
    }


def _uploaded(
    logged: LoggedEvent, event: events.MediaRegistered | events.MediaUpdated
) -> Publication:
    return _created(logged, event, "upload", event.title)


def _created(logged: LoggedEvent, event: events.MediaEvent, kind: str, title: str) -> Publication:
    details = {
        "activityId": logged.seq,
        "type": kind,
        "mediaTitle": title,
        "location": getattr(event, "location", None),
    }
    return _publication(logged, ACTIVITY, details, ACTIVITY_CREATED)


def _retracted(logged: LoggedEvent) -> Publication:
    return _publication(logged, ACTIVITY, {}, ACTIVITY_RETRACTED)


def _publication(
    logged: LoggedEvent, topic: str, details: dict[str, Any], event_type: str | None = None
) -> Publication:
    event = logged.event
    assert isinstance(event, events.MediaEvent)  # noqa: S101 - all callers match on it
    name = event_type or event.event_type
    data = {
        "eventType": name,
        "mediaFileId": event.media_file_id,
        **details,
        "timestamp": to_rfc3339(logged.at),
    }
    return Publication(
        topic,
        name,
        logged.event_id,
        logged.at,
        _encode(data),
        logged.seq,
        tags=event.tags(),
        actor=event.actor,
    )
