"""What can be done between people."""

from __future__ import annotations

from typing import ClassVar

from groundswell.domains.network.views import FriendView
from groundswell.store.commands import Command


class Befriend(Command, frozen=True, kw_only=True):
    """A user wants to be friends with another, or agrees to it."""

    answer: ClassVar[type] = FriendView
    user_id: str
    friend_id: str


class Unfriend(Command, frozen=True, kw_only=True):
    """A user ends a friendship, takes a request back, or declines one."""

    answer: ClassVar[type] = type(None)
    user_id: str
    friend_id: str


class Block(Command, frozen=True, kw_only=True):
    """A user wants to see nothing of another, nor be seen."""

    answer: ClassVar[type] = type(None)
    user_id: str
    blocked_id: str


class Unblock(Command, frozen=True, kw_only=True):
    """They may see each other again; friends they are not."""

    answer: ClassVar[type] = type(None)
    user_id: str
    blocked_id: str


class WelcomeReferred(Command, frozen=True, kw_only=True):
    """Somebody came through another: they are friends."""

    answer: ClassVar[type] = bool
    referrer_id: str
    user_id: str


class FollowProfile(Command, frozen=True, kw_only=True):
    """The host says whom a user is connected with now, and whom no more."""

    answer: ClassVar[type] = type(None)
    user_id: str
    connected: tuple[str, ...]
    disconnected: tuple[str, ...]


class TrackCollaboration(Command, frozen=True, kw_only=True):
    """Somebody works on another's project; suggest who may want to know whom."""

    answer: ClassVar[type] = bool
    owner_id: str
    partner_id: str
    project_id: str


class DismissPerson(Command, frozen=True, kw_only=True):
    """A user does not want to see a suggestion any more."""

    answer: ClassVar[type] = type(None)
    suggestion_id: str
    user_id: str
