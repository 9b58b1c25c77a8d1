"""What the host application reports: events of other domains, as they came in.

Each comes from a CloudEvent, known by its ``source`` and ``source_id``. What the host says beyond
the fields named here is in ``data``. Addresses, e-mails, payment instruments and devices are kept
as keyed hashes only.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from groundswell.contract.events.base import Event
from groundswell.contract.units import Minor


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """By what two accounts can be told to be one person's: keyed hashes, and the mail's domain."""

    email: str | None = None
    """Of the normalised address: lower case, no ``+tag``, no dots at Gmail."""
    email_domain: str | None = None
    address: str | None = None
    payment: str | None = None
    device: str | None = None
    cookie: str | None = None


class ReferralHints(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a new user brought along: a typed code, a click's token from the URL, the cookie.

    ``program_id`` says which program a code is meant for, if several know it. ``anonymous`` hides
    from the referrer who was referred.
    """

    code: str | None = None
    click_token: str | None = None
    cookie: str | None = None
    program_id: str | None = None
    anonymous: bool = False


class HostEvent(Event, frozen=True, kw_only=True):
    """An event of the host application."""

    source: str
    source_id: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def external_id(self) -> str:
        """What the host knows it by: equal for the same event only."""
        return f"{self.source}#{self.source_id}"


class OfUser(HostEvent, frozen=True, kw_only=True):
    """Something about one user."""

    user_id: str

    @property
    def partition_key(self) -> str:
        """What one user does stays in order."""
        return f"user.{self.user_id}"


class UserRegistered(OfUser, frozen=True, kw_only=True):
    """Somebody has an account now."""

    event_type: ClassVar[str] = "user.registered"
    display_name: str | None = None
    identity: Identity = Identity()
    referral: ReferralHints = ReferralHints()


class UserProfileUpdated(OfUser, frozen=True, kw_only=True):
    """A user's profile changed; what changed is in ``data``.

    ``connected`` and ``disconnected`` are the users to whom connections were made or ended.
    """

    event_type: ClassVar[str] = "user.profile.updated"
    display_name: str | None = None
    identity: Identity = Identity()
    connected: tuple[str, ...] = ()
    disconnected: tuple[str, ...] = ()


class ProjectCreated(OfUser, frozen=True, kw_only=True):
    """A user, its owner, has a new project."""

    event_type: ClassVar[str] = "project.created"
    project_id: str
    title: str | None = None
    amount_minor: Minor | None = None
    currency: str | None = None


class ProjectCompleted(OfUser, frozen=True, kw_only=True):
    """A user's project is done; ``contractor_id`` did it."""

    event_type: ClassVar[str] = "project.completed"
    project_id: str
    contractor_id: str | None = None
    title: str | None = None
    amount_minor: Minor | None = None
    currency: str | None = None


class BidAwarded(OfUser, frozen=True, kw_only=True):
    """The bid of ``user_id`` won; ``owner_id`` owns the project."""

    event_type: ClassVar[str] = "bid.awarded"
    bid_id: str
    project_id: str
    owner_id: str
    title: str | None = None
    amount_minor: Minor | None = None
    currency: str | None = None


class MessageSentSocial(OfUser, frozen=True, kw_only=True):
    """A user, the sender, wrote to others in a social context. The text is not kept."""

    event_type: ClassVar[str] = "message.sent.social"
    message_id: str
    recipient_ids: tuple[str, ...] = ()
    context_type: str | None = None
    context_id: str | None = None


EVENTS: tuple[type[Event], ...] = (
    UserRegistered,
    UserProfileUpdated,
    ProjectCreated,
    ProjectCompleted,
    BidAwarded,
    MessageSentSocial,
)
