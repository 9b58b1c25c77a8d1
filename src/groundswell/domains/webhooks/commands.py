"""What can be asked of webhooks."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.events.base import Privacy
from groundswell.domains.webhooks.views import Changed, Replayed
from groundswell.store.commands import Command


class Nothing(msgspec.Struct, frozen=True):
    """The answer to what nobody waits for."""


class CreateEndpoint(Command, frozen=True, kw_only=True):
    """Send events to an address from now on."""

    answer: ClassVar[type] = Changed
    endpoint_id: str
    url: str
    description: str | None
    patterns: tuple[str, ...]
    privacy: Privacy


class ChangeEndpoint(Command, frozen=True, kw_only=True):
    """Change what is given."""

    answer: ClassVar[type] = Changed
    endpoint_id: str
    url: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    patterns: tuple[str, ...] | UnsetType = UNSET
    privacy: Privacy | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class RotateSecret(Command, frozen=True, kw_only=True):
    """Sign with a new secret, and until ``old_until`` with the one before, too."""

    answer: ClassVar[type] = Changed
    endpoint_id: str
    old_until: int


class DeleteEndpoint(Command, frozen=True, kw_only=True):
    """Send nothing any more, and forget what waits."""

    answer: ClassVar[type] = Changed
    endpoint_id: str


class TestEndpoint(Command, frozen=True, kw_only=True):
    """Send an event that says nothing."""

    __test__: ClassVar[bool] = False
    answer: ClassVar[type] = Changed
    endpoint_id: str


class ReplayEvents(Command, frozen=True, kw_only=True):
    """Send these events again, whatever became of them before."""

    answer: ClassVar[type] = Replayed
    endpoint_id: str
    event_ids: tuple[str, ...]


class ReplayRange(Command, frozen=True, kw_only=True):
    """Send again what was stored in a time: failures alone, or all events of these types.

    Goes through the log from ``from_seq`` on and takes ``limit`` events at once.
    """

    answer: ClassVar[type] = Replayed
    endpoint_id: str
    start: int
    end: int
    event_types: tuple[str, ...] | None
    from_seq: int
    limit: int


class QueueEvents(Command, frozen=True, kw_only=True):
    """Events up to ``to`` were looked at; those at ``seqs`` are for the endpoint."""

    answer: ClassVar[type] = Nothing
    endpoint_id: str
    seqs: tuple[int, ...]
    to: int


class Due(msgspec.Struct, frozen=True):
    """An event to be sent, and how often that was tried."""

    seq: int
    attempts: int


class ClaimDeliveries(Command, frozen=True, kw_only=True):
    """Take what is due. What is never settled comes again after ``lease``."""

    answer: ClassVar[type] = list
    endpoint_id: str
    limit: int
    lease: int


class Tried(msgspec.Struct, frozen=True):
    """What became of a sending. ``again_at`` is None when it is not to be tried again."""

    seq: int
    verdict: Literal["taken", "failed", "gone", "pointless"]
    status: int | None = None
    error: str | None = None
    again_at: int | None = None


class SettleDeliveries(Command, frozen=True, kw_only=True):
    """Keep what became of sendings, in the order in which they ended."""

    answer: ClassVar[type] = Nothing
    endpoint_id: str
    tried: tuple[Tried, ...]


class ForgetFailures(Command, frozen=True, kw_only=True):
    """Forget events that were given up before an instant."""

    answer: ClassVar[type] = Nothing
    before: int


COMMANDS: tuple[type[Command], ...] = (
    CreateEndpoint,
    ChangeEndpoint,
    RotateSecret,
    DeleteEndpoint,
    TestEndpoint,
    ReplayEvents,
    ReplayRange,
    QueueEvents,
    ClaimDeliveries,
    SettleDeliveries,
    ForgetFailures,
)
