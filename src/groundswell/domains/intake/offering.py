"""Taking in what the host reports, the same for every door."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.errors import Invalid
from groundswell.contract.events.intake import HostEvent
from groundswell.contract.times import Clock
from groundswell.domains.intake.bodies import CloudEvent
from groundswell.domains.intake.reading import Reader, placed, when
from groundswell.domains.intake.taking import TakeIn, TakenIn
from groundswell.log.reactions import Submit


class Intake:
    """Takes in events of the host.

    Args:
        reader: understands them.
        submit: the writer's.
        clock: when they arrive.
    """

    def __init__(self, reader: Reader, submit: Submit, clock: Clock) -> None:
        self._reader = reader
        self._submit = submit
        self._clock = clock

    async def take_in(self, sent: Sequence[CloudEvent]) -> TakenIn:
        """Durable when this returns: all of them, or none if one cannot be understood.

        Raises:
            Invalid: with the place of the event among several.
        """
        now = self._clock()
        read = tuple(self._read(event, now, len(sent), place) for place, event in enumerate(sent))
        answer: TakenIn = await self._submit(TakeIn(at=now, events=read))
        return answer

    def _read(self, event: CloudEvent, now: int, among: int, place: int) -> tuple[HostEvent, int]:
        try:
            return self._reader.read(event), when(event, now)
        except Invalid as error:
            raise (error if among == 1 else placed(error, place)) from error
