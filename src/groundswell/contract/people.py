"""Where people stand in events and in other JSON, and how they are taken out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from groundswell.contract.ids import user_actor

PERSONAL: Final = frozenset(
    (
        *("userId", "ownerId", "authorId", "friendId", "subjectId", "by", "actor", "actorId"),
        *("referrerId", "refereeId", "previousReferrerId", "newUserId", "prospectId"),
        *("contractorId", "recipientIds", "connected", "disconnected", "sourceIp"),
        *("participantId", "memberId", "requesterId", "viewerId", "moderatorId", "sharerId"),
    )
)
"""The fields that name people, or addresses by their hashes."""

HOST_IDS: Final = frozenset(
    (
        *("source", "sourceId", "externalId", "platformEventId", "contentId", "contextId"),
        *("projectId", "bidId", "messageId"),
    )
)
"""The fields with what others call their own things by: somebody's id may be a part of it."""

SHORTEST_PART: Final = 4
"""User ids shorter than that are not looked for within other ids: too many would have them."""

_TOMBSTONE: Final = re.compile(r"erased-[0-9a-f]{32}\Z")

FREE: Final = frozenset(
    {"data", "metadata", "entries", "changes", "identity", "evidence", "engagerInfo"}
)
"""The fields with JSON of any form: whatever equals somebody's id in it names them."""

DETAILS: Final = frozenset({"displayName", "identity", "data", "metadata", "location"})
"""What an event tells of its own user, beyond who it is."""

OF_THEMSELVES: Final = frozenset({"name", "displayName", "url"})
"""What an object in free JSON whose ``id`` is somebody tells of them."""


def is_tombstone(name: str) -> bool:
    """Whether this stands in place of somebody who was forgotten."""
    return _TOMBSTONE.match(name) is not None


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Which texts name somebody, and what stands in their place afterwards."""

    replaced: Mapping[str, str | None]
    whole: tuple[str, str] | None = None
    """A user's id, and what stands in its place where it is a part of another id."""

    @classmethod
    def user(cls, user_id: str, tombstone: str) -> Forgetting:
        """Of a user: the id, and the key under which they act."""
        replaced = {user_id: tombstone, user_actor(user_id): user_actor(tombstone)}
        return cls(replaced, (user_id, tombstone))

    @classmethod
    def hashes(cls, hashes: frozenset[str]) -> Forgetting:
        """Of an address: its hashes, with nothing in their place."""
        return cls(dict.fromkeys(hashes))

    def of_event(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """An event's fields without the person."""
        own = payload.get("userId") in self.replaced
        return {
            key: {} if own and key == "vv" else self._value(key, value)
            for key, value in payload.items()
            if not (own and key in DETAILS)
        }

    def of_data(self, value: Any) -> Any:
        """Any JSON without the person."""
        match value:
            case str():
                return self.replaced[value] if value in self.replaced else self.of_id(value)
            case dict():
                theirs = isinstance(value.get("id"), str) and value["id"] in self.replaced
                return {
                    self.replaced.get(key) or key: self.of_data(one)
                    for key, one in value.items()
                    if not (theirs and key in OF_THEMSELVES)
                }
            case list():
                return [self.of_data(one) for one in value]
            case _:
                return value

    def of_id(self, text: str) -> str:
        """A text without the person's id, where that is a part of its own: no letter or digit
        stands beside it."""
        if self.whole is None or len(self.whole[0]) < SHORTEST_PART:
            return text
        name, tombstone = self.whole
        return re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", tombstone, text)

    def of_partition(self, key: str) -> str:
        """The key that keeps a person's events in order, without the person."""
        kind, dot, name = key.partition(".")
        if kind not in ("user", "referrer"):
            return key
        return f"{kind}{dot}{self.replaced.get(name) or name}"

    def _value(self, key: str, value: Any) -> Any:
        if key in PERSONAL or key in FREE:
            return self.of_data(value)
        return self.of_id(value) if key in HOST_IDS and isinstance(value, str) else value
