"""What subscribers are told of presence."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from groundswell.realtime.messages import Message
from groundswell.realtime.presence.base import MemberPage
from groundswell.realtime.presence.members import SHOWN, Difference, Member


class PresenceState(Message, tag="PRESENCE_STATE", kw_only=True):
    """Who is present, or in a large scope only how many, unless asked for page by page."""

    topic: str
    count: int
    members: list[Member] | UnsetType = UNSET
    cursor: str | UnsetType = UNSET
    ref: str | UnsetType = UNSET


class PresenceDiff(Message, tag="PRESENCE_DIFF", kw_only=True):
    """What changed since the last message about presence; in a large scope only the number."""

    topic: str
    count: int
    joins: list[Member] | UnsetType = UNSET
    leaves: list[str] | UnsetType = UNSET
    updates: list[Member] | UnsetType = UNSET


def state_message(topic: str, page: MemberPage, *, paged: bool = False) -> PresenceState:
    """The state of a scope; ``paged`` if the client asked for this page."""
    if page.count > SHOWN and not paged:
        return PresenceState(topic=topic, count=page.count)
    cursor = UNSET if page.cursor is None else page.cursor
    return PresenceState(topic=topic, count=page.count, members=page.members, cursor=cursor)


def diff_message(topic: str, count: int, change: Difference | None) -> PresenceDiff:
    """The change of a scope; None if it is too large to tell who."""
    if change is None:
        return PresenceDiff(topic=topic, count=count)
    return PresenceDiff(
        topic=topic,
        count=count,
        joins=change.joins,
        leaves=change.leaves,
        updates=change.updates,
    )
