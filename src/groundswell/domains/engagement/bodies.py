"""The bodies of requests: what the slice accepts as input."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.contract.times import from_datetime
from groundswell.domains.engagement.files import GREATEST_JSON_INTEGER
from groundswell.domains.engagement.views import VoteType
from groundswell.http.decoding import VISIBLE

LONGEST_DURATION = 7 * 24 * 3600
LONGEST_PLAY = 24 * 3600
LONGEST_COMMENT = 2000
_ADDRESS = r"^(https?://|/)[^\x00-\x20\x7f-\xa0\u2028\u2029<>\"]*$"

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=VISIBLE)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
OwnerId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
WebAddress = Annotated[str, msgspec.Meta(max_length=2048, pattern=_ADDRESS)]
CommentText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=LONGEST_COMMENT, pattern=VISIBLE)
]
Duration = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_DURATION)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
PlayedSeconds = (
    Annotated[int, msgspec.Meta(ge=0, le=LONGEST_PLAY)]
    | Annotated[float, msgspec.Meta(ge=0, le=LONGEST_PLAY)]
)


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class NewMedia(Body, frozen=True, kw_only=True):
    """A file to register. `source` and `externalId` together make registering repeatable."""

    title: Title
    artist: Name | None = None
    owner_id: OwnerId | None = None
    duration_seconds: Duration | None = None
    url: WebAddress | None = None
    published_at: Moment | None = None
    draft: bool = False
    media_file_id: Annotated[int, msgspec.Meta(ge=1, le=GREATEST_JSON_INTEGER)] | None = None
    source: Name | None = None
    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)] | None = None


class MediaChanges(Body, frozen=True, kw_only=True):
    """What to change; what is left out stays, null clears."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    artist: Name | msgspec.UnsetType | None = msgspec.UNSET
    owner_id: OwnerId | msgspec.UnsetType | None = msgspec.UNSET
    duration_seconds: Duration | msgspec.UnsetType | None = msgspec.UNSET
    url: WebAddress | msgspec.UnsetType | None = msgspec.UNSET
    published_at: Moment | msgspec.UnsetType | None = msgspec.UNSET
    state: Literal["draft", "published", "hidden"] | msgspec.UnsetType = msgspec.UNSET
    trendable: bool | msgspec.UnsetType = msgspec.UNSET


class Vote(Body, frozen=True, kw_only=True):
    """A thumb up or down."""

    vote_type: VoteType


class Occurrence(Body, frozen=True, kw_only=True):
    """Something that happened, perhaps reported late (at most 30 days)."""

    occurred_at: Moment | None = None


class Play(Occurrence, frozen=True, kw_only=True):
    """A play; `playDuration` in seconds."""

    play_duration: PlayedSeconds | None = None


class NewComment(Body, frozen=True, kw_only=True):
    """A comment in plain text."""

    body: CommentText


def instant(moment: Any, field: str) -> Any:
    """Microseconds of a time of the input, sent as ``field``; null and absent pass.

    Raises:
        Invalid: a year outside of what can be stored.
    """
    if not isinstance(moment, datetime):
        return moment
    if not 1970 <= moment.year <= 2200:
        raise Invalid.at(field, "Must lie between the years 1970 and 2200")
    return from_datetime(moment)
