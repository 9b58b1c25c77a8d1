"""What all events have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec

from groundswell.contract.inbox import AckPolicy, Delivery
from groundswell.contract.times import MINUTE

Privacy = Literal["public", "personal", "internal"]
Severity = Literal["low", "medium", "high"]
"""How much what looks wrong asks to be looked at."""

LATE = 5 * MINUTE
"""What happened longer before it was stored is history, not news: nobody is told of it."""


Tag = str | int | float | bool
"""What filters can compare."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What one user is to find in their inbox about an event, under the event's own id and type.

    ``lifetime`` (microseconds after the event) is for what is of no use later.
    """

    user_id: str
    data: dict[str, Any]
    delivery: Delivery = "critical"
    policy: AckPolicy = "each"
    lifetime: int | None = None


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
):
    """A fact. Its fields carry what readers need as it stood then, so that nobody looks back."""

    event_type: ClassVar[str]
    privacy: ClassVar[Privacy] = "internal"
    """Who may know of it: everybody, the people it concerns, or the operator alone."""
    critical: ClassVar[bool] = False
    """Whether those it is told to must not miss it."""
    is_state: ClassVar[bool] = False
    """Whether what its listeners are told is the whole state of the topic."""
    changes_rights: ClassVar[bool] = False
    """Whether somebody may hear less after it: what is decided is decided again before the next
    delivery."""
    rewrites_log: ClassVar[bool] = False
    """Whether earlier events were rewritten together with it: what is held of them is stale."""

    @property
    def partition_key(self) -> str:
        """Events with equal keys stay in order wherever the log is partitioned."""
        raise NotImplementedError

    @property
    def actor(self) -> str | None:
        """Who did it: a user whom everybody who hears of the event may know as the one who did.

        For most events nobody is named. It is never made of an address.
        """
        return None

    def tags(self) -> dict[str, Tag]:
        """What listeners can filter by beside what is plain in the data they are told."""
        return {}

    def told(self) -> dict[str, Any]:
        """What listeners on its topics get: all of its fields, unless some are not for them."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told

    def topics(self) -> Sequence[str]:
        """Where it is told live under its own type, all of its fields; most have a form of their
        own or are told nowhere."""
        return ()

    def notices(self) -> Sequence[Notice]:
        """Whom to tell of it by messages in their inboxes; most are nobody's in particular.

        It is filed after the event's commit, at least once and never twice.
        """
        return ()


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event at its place in the log. Instants are in microseconds."""

    seq: int
    event_id: str
    at: int
    recorded_at: int
    event: Event

    @property
    def is_news(self) -> bool:
        """Whether it was stored soon after it happened."""
        return self.recorded_at - self.at <= LATE
