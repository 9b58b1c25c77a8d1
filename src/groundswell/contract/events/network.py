"""What happens between people: connections, friends who join, blocks, collaborations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from groundswell.contract.events.base import Event, Notice, Privacy, Tag

Via = Literal["manual", "referral", "profile"]
"""How two came together: by hand, one referred the other, or the host says so."""


def network_topic(user_id: str) -> str:
    """Where a user hears of the people they know."""
    return f"user.{user_id}.network"


class OfPair(Event, frozen=True, kw_only=True):
    """Something between two users; ``user_id`` is the one who did it, if one did.

    ``quiet``: the other one is not to hear of it.
    """

    privacy: ClassVar[Privacy] = "personal"
    user_id: str
    friend_id: str
    via: Via
    quiet: bool = False

    @property
    def partition_key(self) -> str:
        """What happens between two stays in order, whoever does it."""
        return f"user.{min(self.user_id, self.friend_id)}"

    def told(self) -> dict[str, Any]:
        """Who, with whom, and how they came together."""
        return {"userId": self.user_id, "friendId": self.friend_id, "via": self.via}

    def topics(self) -> Sequence[str]:
        """Both, or only the one who did it."""
        other = () if self.quiet else (network_topic(self.friend_id),)
        return (network_topic(self.user_id), *other)

    def tags(self) -> dict[str, Tag]:
        """By how they came together."""
        return {"via": self.via}


class ConnectionRequested(OfPair, frozen=True, kw_only=True):
    """``user_id`` wants to be friends with ``friend_id``."""

    event_type: ClassVar[str] = "social.connection.requested"


class ConnectionEstablished(OfPair, frozen=True, kw_only=True):
    """Two are friends now."""

    event_type: ClassVar[str] = "social.connection.established"


class ConnectionRemoved(OfPair, frozen=True, kw_only=True):
    """Two are not friends any more, or will not be: a request was taken back or declined."""

    event_type: ClassVar[str] = "social.connection.removed"
    changes_rights: ClassVar[bool] = True


class FriendJoined(OfPair, frozen=True, kw_only=True):
    """Somebody whom ``user_id`` referred is here, and their friend now."""

    event_type: ClassVar[str] = "social.friend.joined"
    critical: ClassVar[bool] = True

    def topics(self) -> Sequence[str]:
        """Who referred them."""
        return (network_topic(self.user_id),)

    def notices(self) -> Sequence[Notice]:
        """Who referred them is to find it whenever they come."""
        return (Notice(user_id=self.user_id, data=self.told()),)


class _OfBlock(Event, frozen=True, kw_only=True):
    privacy: ClassVar[Privacy] = "personal"
    changes_rights: ClassVar[bool] = True
    user_id: str
    subject_id: str

    @property
    def partition_key(self) -> str:
        """What happens between two stays in order, whoever does it."""
        return f"user.{min(self.user_id, self.subject_id)}"

    def topics(self) -> Sequence[str]:
        """The other devices of who did it; never the other one."""
        return (network_topic(self.user_id),)


class UserBlocked(_OfBlock, frozen=True, kw_only=True):
    """``user_id`` and ``subject_id`` see nothing of each other from now on."""

    event_type: ClassVar[str] = "social.user.blocked"


class UserUnblocked(_OfBlock, frozen=True, kw_only=True):
    """They may again."""

    event_type: ClassVar[str] = "social.user.unblocked"


class CollaborationRecorded(Event, frozen=True, kw_only=True):
    """``user_id`` works on a project of ``owner_id``; ``referred`` if one brought the other."""

    event_type: ClassVar[str] = "social.collaboration.recorded"
    user_id: str
    owner_id: str
    project_id: str
    referred: bool

    @property
    def partition_key(self) -> str:
        """What somebody does stays in order."""
        return f"user.{self.user_id}"


EVENTS: tuple[type[Event], ...] = (
    ConnectionRequested,
    ConnectionEstablished,
    ConnectionRemoved,
    FriendJoined,
    UserBlocked,
    UserUnblocked,
    CollaborationRecorded,
)
