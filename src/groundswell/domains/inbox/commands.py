"""What can be done with inboxes."""

from __future__ import annotations

from typing import Any, ClassVar

from groundswell.contract.inbox import (
    Acknowledged,
    AckPolicy,
    Delivery,
    ReadState,
    ReadStates,
)
from groundswell.domains.inbox.views import (
    DuePush,
    FiledMessage,
    SavedSubscriptions,
    Trimmed,
)
from groundswell.store.commands import Command


class FileMessage(Command, frozen=True, kw_only=True):
    """Put a message into a user's inbox, once per ``event_id``.

    ``occurred_at`` is when that happened which it tells of, if not ``at``.
    """

    answer: ClassVar[type] = FiledMessage
    user_id: str
    event_id: str
    event_type: str
    data: dict[str, Any]
    delivery: Delivery = "critical"
    policy: AckPolicy = "each"
    occurred_at: int | None = None
    expires_at: int | None = None


class ConnectDevice(Command, frozen=True, kw_only=True):
    """A device is here: register it, and count its attempts anew."""

    answer: ClassVar[type] = Acknowledged
    user_id: str
    client_id: str


class LeaveDevice(Command, frozen=True, kw_only=True):
    """A device listens no longer; it was last heard at ``heard_at``."""

    answer: ClassVar[type] = type(None)
    user_id: str
    client_id: str
    heard_at: int


class MarkSent(Command, frozen=True, kw_only=True):
    """Messages were sent to a device. Answers when to send each again."""

    answer: ClassVar[type] = dict
    user_id: str
    client_id: str
    ids: tuple[str, ...]


class AcknowledgeMessages(Command, frozen=True, kw_only=True):
    """A device has taken all messages up to ``up_to``, and those of ``ids``."""

    answer: ClassVar[type] = Acknowledged
    user_id: str
    client_id: str
    up_to: int | None = None
    ids: tuple[str, ...] = ()


class SetReadState(Command, frozen=True, kw_only=True):
    """Set the state of the messages of ``ids``, or of all up to ``up_to``.

    ``said_at`` is when the user did it, ``vv`` what the device knew then.
    """

    answer: ClassVar[type] = ReadStates
    user_id: str
    client_id: str | None = None
    state: ReadState
    ids: tuple[str, ...] = ()
    up_to: int | None = None
    said_at: int | None = None
    vv: dict[str, int] | None = None


class SaveSubscriptions(Command, frozen=True, kw_only=True):
    """Replace the subscriptions a user saved. ``subscriptions`` is JSON that was checked."""

    answer: ClassVar[type] = SavedSubscriptions
    user_id: str
    subscriptions: str


class SavePushEndpoint(Command, frozen=True, kw_only=True):
    """Push the user's critical messages to this endpoint."""

    answer: ClassVar[type] = type(None)
    user_id: str
    endpoint: str
    p256dh: str
    auth: str
    expires_at: int | None = None


class RemovePushEndpoints(Command, frozen=True, kw_only=True):
    """Push no more to one endpoint of the user, or to any."""

    answer: ClassVar[type] = type(None)
    user_id: str
    endpoint: str | None = None


class ClaimPushes(Command, frozen=True, kw_only=True):
    """Take pushes that are due, for ``lease`` microseconds; nobody else gets them meanwhile."""

    answer: ClassVar[type] = list[DuePush]
    limit: int
    lease: int


class SettlePushes(Command, frozen=True, kw_only=True):
    """The outcome of pushes: done with, to be tried again at a time, or the endpoint is gone."""

    answer: ClassVar[type] = type(None)
    done: tuple[DuePush, ...] = ()
    again: tuple[tuple[DuePush, int], ...] = ()
    waiting: tuple[tuple[DuePush, int], ...] = ()
    """As ``again``, but it does not count as an attempt."""
    gone: tuple[str, ...] = ()


class TrimInboxes(Command, frozen=True, kw_only=True):
    """Forget what is old, a portion at a time."""

    answer: ClassVar[type] = Trimmed
    portion: int = 500


COMMANDS: tuple[type[Command], ...] = (
    FileMessage,
    ConnectDevice,
    LeaveDevice,
    MarkSent,
    AcknowledgeMessages,
    SetReadState,
    SaveSubscriptions,
    SavePushEndpoint,
    RemovePushEndpoints,
    ClaimPushes,
    SettlePushes,
    TrimInboxes,
)
