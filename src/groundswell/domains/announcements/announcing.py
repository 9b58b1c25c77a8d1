"""The one command of announcements, and how it is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from groundswell.contract.events.announcements import AnnouncementMade
from groundswell.contract.moderation import Gate, Submission, open_gate, texts_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.log.reactions import Submit
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler, Idempotency


class Announced(msgspec.Struct, frozen=True, rename="camel"):
    """An announcement is in the log at ``seq``, and is told to the connections it is for."""

    seq: int
    announced_at: str


class Announce(Command, frozen=True, kw_only=True):
    """Tell everybody, or those users of everybody."""

    answer: ClassVar[type] = Announced
    event_type: str
    data: dict[str, Any]
    recipient_ids: list[str] | None = None


async def announce(
    _: Transaction, commands: Sequence[Announce], tail: EventTail
) -> Sequence[object]:
    """Execute a batch: an announcement is nothing but its event."""
    return [
        Announced(
            tail.append(_event(one), one.at),
            to_rfc3339(one.at),
        )
        for one in commands
    ]


def _event(command: Announce) -> AnnouncementMade:
    return AnnouncementMade(
        message_type=command.event_type, data=command.data, recipient_ids=command.recipient_ids
    )


class Announcements:
    """Tells everybody what the host says.

    Args:
        submit: the writer's.
        clock: the time.
        gate: refuses what nobody may say here; the host need not ask itself about the rest.
    """

    def __init__(self, submit: Submit, clock: Clock, gate: Gate = open_gate) -> None:
        self._submit = submit
        self._clock = clock
        self._gate = gate

    async def announce(
        self,
        event_type: str,
        data: dict[str, Any],
        idempotency: Idempotency | None,
        audience: list[str] | None = None,
    ) -> Announced:
        """Durable when this returns. ``audience``: the only users it is for; None: everybody.

        Raises:
            ContentRejected: it may not be said here.
        """
        if text := texts_of(data):
            await self._gate(
                Submission(kind="announcement", text=text, author_id=None, when_held="pass")
            )
        command = Announce(
            at=self._clock(), event_type=event_type, data=data, recipient_ids=audience
        )
        answer: Announced = await self._submit(command, idempotency)
        return answer


def announcement_handler() -> Handler:
    """The handler of announcements."""
    return Handler((Announce,), announce)
