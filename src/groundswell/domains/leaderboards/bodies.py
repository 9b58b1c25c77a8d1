"""The bodies of requests about boards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.domains.leaderboards.prizes import PrizePolicy
from groundswell.domains.leaderboards.windows import Recurrence

Metric = Literal["referrals", "rewards", "shares", "plays", "custom"]
BoardId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
UserId = Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")]
EventId = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Points = Annotated[int, msgspec.Meta(ge=-(10**12), le=10**12)]
Places = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class NewBoard(Body, frozen=True, kw_only=True):
    """What is counted, in which windows.

    Without a `boardId` it gets one. `programId` counts only that program's referrals or rewards;
    rewards are counted in one `currency`, in its minor units. Before `startsAt`, by default the
    beginning of the present window, nothing counts.
    """

    board_id: BoardId | None = None
    name: Name
    metric: Metric
    window: Recurrence = "all_time"
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    program_id: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")] | None = None
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")] | None = None
    prize_places: Places = 0
    prize_policy: PrizePolicy = "earliest"
    starts_at: Moment | None = None


class BoardChanges(Body, frozen=True, kw_only=True):
    """What may change of a board. One that has `ended` counts no more, for good."""

    name: Name | None = None
    prize_places: Places | None = None
    prize_policy: PrizePolicy | None = None
    state: Literal["ended"] | None = None


class NewScore(Body, frozen=True, kw_only=True):
    """Points for a user, once per `eventId`. Negative ones are taken off.

    With `reverses` the event of that id counts no more, as if it had never been; `points` are then
    left out.
    """

    event_id: EventId
    user_id: UserId
    points: Points = 0
    occurred_at: Moment | None = None
    reverses: EventId | None = None


class Visibility(Body, frozen=True, kw_only=True):
    """Whether the caller wants to be shown."""

    visible: bool
