"""Taking in what the host reports, the same for every door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.contract.events.intake import HostEvent
from groundswell.contract.moderation import ContentRejected, Gate, Submission, open_gate
from groundswell.contract.times import Clock
from groundswell.domains.intake.bodies import CloudEvent
from groundswell.domains.intake.reading import Reader, placed, when
from groundswell.domains.intake.taking import TakeIn, TakenIn
from groundswell.log.reactions import Submit
from groundswell.store.commands import Idempotency

SHOWN: Final = {"display_name": "profile_name", "title": "project_title"}
"""What users of the host wrote and others may read, and as what it is looked at."""


class Intake:
    """Takes in events of the host.

    Args:
        reader: understands them.
        submit: the writer's.
        clock: when they arrive.
        gate: what users wrote goes through it before anybody else reads it.
    """

    def __init__(
        self, reader: Reader, submit: Submit, clock: Clock, gate: Gate = open_gate
    ) -> None:
        self._reader = reader
        self._submit = submit
        self._clock = clock
        self._gate = gate

    async def take_in(self, sent: Sequence[CloudEvent], key: Idempotency | None = None) -> TakenIn:
        """Durable when this returns: all of them, or none if one cannot be understood.

        Raises:
            Invalid: with the place of the event among several.
        """
        now = self._clock()
        read = tuple(self._read(event, now, len(sent), place) for place, event in enumerate(sent))
        fit = tuple([(await self._without_unfit(event), at) for event, at in read])
        answer: TakenIn = await self._submit(TakeIn(at=now, events=fit), key)
        return answer

    async def _without_unfit(self, event: HostEvent) -> HostEvent:
        """The event with only those texts that may be shown: it counts, whatever it is called."""
        unfit = [
            field
            for field, kind in SHOWN.items()
            if (text := getattr(event, field, None)) and not await self._passes(kind, text)
        ]
        return msgspec.structs.replace(event, **dict.fromkeys(unfit)) if unfit else event

    async def _passes(self, kind: str, text: str) -> bool:
        submission = Submission(kind=kind, text=text, author_id=None, when_held="refuse")
        try:
            await self._gate(submission)
        except ContentRejected:
            return False
        return True

    def _read(self, event: CloudEvent, now: int, among: int, place: int) -> tuple[HostEvent, int]:
        try:
            return self._reader.read(event), when(event, now)
        except Invalid as error:
            raise (error if among == 1 else placed(error, place)) from error
