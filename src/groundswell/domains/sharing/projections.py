"""Shares as the log alone tells them: their states, what was counted, who answered them."""

from __future__ import annotations

from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import sharing as events
from groundswell.log.projections import Fold, Projection, Rows, Table
from groundswell.store import BIGINT, TEXT

SHARES: Final = Table(
    "shares",
    {"share_id": TEXT},
    {
        **dict.fromkeys(("user_id", "content_type", "content_id", "platform"), TEXT),
        **dict.fromkeys(("share_format", "visibility", "state", "reason"), TEXT),
        "external_id": TEXT,
        **dict.fromkeys(("created_at", "changed_at"), BIGINT),
        **dict.fromkeys(("clicks", "views", "engagements"), BIGINT),
    },
    fill={"metadata": TEXT},
)
ENGAGEMENTS: Final = Table(
    "share_engagements",
    {"share_id": TEXT, "platform_event_id": TEXT},
    {"engagement_type": TEXT, "engager": TEXT, "recorded_at": BIGINT},
    fill={"at": BIGINT},
)

_encode = msgspec.json.Encoder().encode


class Share(msgspec.Struct):
    """A share; the fields stand in the order of the columns."""

    user_id: str
    content_type: str
    content_id: str
    platform: str
    share_format: str
    visibility: str
    state: str
    reason: str | None
    external_id: str | None
    created_at: int
    changed_at: int
    clicks: int
    views: int
    engagements: int
    metadata: str


class SharingFold(Fold):
    """All shares, and what platforms told of them."""

    takes = (
        *(events.ShareCreated, events.SharePublished, events.ShareFailed, events.ShareDeleted),
        *(events.ShareFollowed, events.ShareEngaged),
    )

    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    engagements: dict[tuple[str, str], tuple[str, str, int, int]] = msgspec.field(
        default_factory=dict
    )

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        match logged.event:
            case events.ShareCreated() as event:
                self.shares[event.share_id] = _created(event, logged.at)
            case events.SharePublished() as event:
                share = self.shares[event.share_id]
                share.state, share.external_id = "published", event.external_id
                share.changed_at = logged.at
            case events.ShareFailed() | events.ShareDeleted() as event:
                share = self.shares[event.share_id]
                share.state = "failed" if isinstance(event, events.ShareFailed) else "deleted"
                share.reason, share.changed_at = event.reason, logged.at
            case events.ShareFollowed() as event:
                share = self.shares[event.share_id]
                share.views += 1
                share.clicks += event.counted
            case events.ShareEngaged() as event:
                self._engage(event, logged.at)

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        shares = {(name,): msgspec.structs.astuple(one) for name, one in self.shares.items()}
        return {SHARES.name: shares, ENGAGEMENTS.name: self.engagements}

    def _engage(self, event: events.ShareEngaged, at: int) -> None:
        self.shares[event.share_id].engagements += 1
        engager = _encode(event.engager_info).decode()
        key = (event.share_id, event.platform_event_id)
        self.engagements[key] = (event.engagement_type, engager, at, at)


def _created(event: events.ShareCreated, at: int) -> Share:
    return Share(
        event.user_id,
        event.content_type,
        event.content_id,
        event.platform,
        event.share_format,
        event.visibility,
        event.state,
        reason=None,
        external_id=None,
        created_at=at,
        changed_at=at,
        clicks=0,
        views=0,
        engagements=0,
        metadata=_encode(event.metadata).decode(),
    )


SHARING_PROJECTION: Final = Projection("sharing", 1, SharingFold, (SHARES, ENGAGEMENTS))
"""When an engagement happened on its platform is not in its event: where a row was lost, the
instant at which it was recorded takes its place. How a share's link looks is not compared: of those
who were forgotten the log keeps none of it."""
