"""What the network answers when asked."""

from __future__ import annotations

from typing import Literal

import msgspec

Standing = Literal["established", "outgoing", "incoming"]
"""Friends; the user asked; the user was asked."""


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all answers: camelCase names on the wire, times as RFC 3339."""


class FriendView(View, frozen=True, kw_only=True):
    """Somebody the caller knows, or would. ``presence`` is ``online`` or ``away`` for friends who
    are to be seen, else null."""

    user_id: str
    state: Standing
    via: str
    since: str
    presence: str | None = None


class BlockView(View, frozen=True, kw_only=True):
    """Somebody the caller wants to see nothing of."""

    user_id: str
    since: str


class PersonSuggestion(View, frozen=True, kw_only=True):
    """Somebody to know (``friend``) or to work with (``collaboration``), and why."""

    suggestion_id: str
    kind: str
    subject_id: str
    reason: str
    created_at: str
    expires_at: str
