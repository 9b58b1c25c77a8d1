"""What a user's inbox is to those who carry its messages: its values, and ``InboxPort``.

Critical messages are told until each device has acknowledged them. The inbox keeps what was told
to whom; a gateway asks it what a device still has to get, tells it what it sent, and passes on
what the device answers. Instants are in microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

Delivery = Literal["critical", "normal"]
"""``critical`` is told until it is acknowledged; ``normal`` is told once and kept to be read."""

AckPolicy = Literal["each", "any"]
"""Whether each device acknowledges for itself, or the first one for all."""

ReadState = Literal["unread", "read", "dismissed"]


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message of one user.

    ``id`` is that of the event it tells of, and the key for dropping repeats. ``seq`` counts the
    user's messages from 1 without a gap; ``log_seq`` is the message's place in the event log.
    """

    id: str
    user_id: str
    seq: int
    log_seq: int
    event_type: str
    data: dict[str, Any]
    at: int
    delivery: Delivery
    policy: AckPolicy
    expires_at: int | None = None

    @property
    def topic(self) -> str:
        """Where it is told live."""
        return inbox_topic(self.user_id)


class PendingMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that one device has not acknowledged.

    ``attempts`` counts how often it was sent since the device connected; ``redeliver_at`` says
    when to send it again: None before it was sent, and once it was sent often enough.
    """

    message: InboxMessage
    attempts: int
    redeliver_at: int | None


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Up to where a device has acknowledged everything, and how much it has not yet."""

    acked_to: int
    pending: int


class ReadEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """The state of one message, when it was set (RFC 3339) and by which device."""

    id: str
    seq: int
    state: ReadState
    at: str
    by: str | None = None


class ReadStates(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Which messages changed their state, what is unread now, and the user's version vector."""

    entries: list[ReadEntry]
    unread: int
    vv: dict[str, int]


class SavedSubscription(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Topics that a user wants to hear on every device, with the options of their SUBSCRIBE."""

    topics: list[str]
    options: dict[str, Any]


class InboxDigest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What is no longer kept in full: how many messages of which type, and their range."""

    from_: str = msgspec.field(name="from")
    to: str
    from_seq: int
    to_seq: int
    count: int
    by_type: dict[str, int]


class Untold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Messages that a device was not told, counted by type.

    When the first and the last of them happened, and their places in the event log.
    """

    by_type: dict[str, int]
    from_at: int
    to_at: int
    from_seq: int
    to_seq: int

    @property
    def count(self) -> int:
        """How many they are."""
        return sum(self.by_type.values())


class Absence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a device missed that can no longer be told in full.

    ``summed``: what is kept in summary; ``forgotten``: what is not kept even so. ``more``: there
    were messages before of which nothing is known any more.
    """

    summed: Untold | None = None
    forgotten: Untold | None = None
    more: bool = False


class InboxPort(Protocol):
    """The inbox, as a gateway uses it. Everything it changes is durable when the call returns."""

    async def connected(self, user_id: str, client_id: str) -> None:
        """A device is here: it is registered, and its attempts are counted anew."""
        ...

    async def left(self, user_id: str, client_id: str, heard_at: int) -> None:
        """A device listens no longer; ``heard_at`` was its last sign of life."""
        ...

    async def absence(self, user_id: str, client_id: str) -> Absence:
        """What a device missed since it last listened; ask before it is ``connected``."""
        ...

    async def pending(
        self, user_id: str, client_id: str, after: int = 0, limit: int = 300
    ) -> list[PendingMessage]:
        """The critical messages a device has not acknowledged, by ``seq``, from ``after`` on."""
        ...

    async def sent(
        self, user_id: str, client_id: str, ids: Sequence[str]
    ) -> Mapping[str, int | None]:
        """These were sent to a device. By id: when to send it again, None for never."""
        ...

    async def ack(
        self, user_id: str, client_id: str, *, up_to: int | None = None, ids: Sequence[str] = ()
    ) -> Acknowledged:
        """A device took everything up to ``up_to`` (a ``seq``), or the messages of these ids."""
        ...

    async def read(
        self,
        user_id: str,
        client_id: str | None,
        state: ReadState,
        *,
        ids: Sequence[str] = (),
        up_to: int | None = None,
        at: int | None = None,
        vv: Mapping[str, int] | None = None,
    ) -> ReadStates:
        """Set the state of messages on behalf of a device; the change is told on the topic too."""
        ...

    async def saved(self, user_id: str) -> list[SavedSubscription]:
        """The subscriptions that the user saved."""
        ...


def inbox_topic(user_id: str) -> str:
    """The topic on which a user's inbox is told live."""
    return f"user.{user_id}.inbox"
