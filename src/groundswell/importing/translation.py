"""From the steps of a file to the commands that store them."""

from __future__ import annotations

from groundswell.contract.times import DAY
from groundswell.domains.engagement.commands import (
    RecordDownload,
    RecordPlay,
    RecordView,
    RegisterMedia,
)
from groundswell.importing.batch import EngagementCommand
from groundswell.importing.entries import Listen, Media, Visit
from groundswell.importing.steps import Carried, Listed, Step
from groundswell.importing.visitors import Visitors

UNDATED_AGE = 31 * DAY
"""What is counted without a time is filed just outside every period, so it counts in ``all``."""

MediaStep = Visit | Listen | Carried | Listed
EventStep = Visit | Listen | Carried


def media_of(step: Step) -> Media | None:
    """The file a step is about, if any."""
    return step.media if isinstance(step, Visit | Listen | Carried | Listed) else None


def registration(step: MediaStep, source: str, shift: int, now: int) -> RegisterMedia:
    """Make the step's file known; one without a date counts as published when first heard of."""
    media = step.media
    first_heard = step.at + shift if isinstance(step, Visit | Listen) else None
    return RegisterMedia(
        at=now,
        title=media.title,
        artist=media.artist,
        duration_seconds=media.duration_seconds,
        url=media.url,
        published_at=first_heard if media.published_at is None else media.published_at,
        source=source,
        external_id=media.external_id,
        play_count=step.plays if isinstance(step, Listed) else 0,
    )


def record(
    step: EventStep, media_file_id: int, visitors: Visitors, shift: int, now: int
) -> EngagementCommand:
    """Record what the step tells of, at its own time moved by ``shift`` (µs)."""
    if isinstance(step, Listen):
        return RecordPlay(
            at=now,
            media_file_id=media_file_id,
            by=visitors.named(step.listener),
            occurred_at=step.at + shift,
            play_duration=step.seconds,
        )
    wanted = RecordDownload if step.kind == "download" else RecordView
    if isinstance(step, Visit):
        by, at = visitors.at(step.address), step.at + shift
    else:
        by, at = visitors.named(None), now - UNDATED_AGE
    return wanted(at=now, media_file_id=media_file_id, by=by, occurred_at=at)
