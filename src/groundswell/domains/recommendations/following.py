"""Following the log: portions of events become commands, and what is old is forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.contract.times import DAY, Clock
from groundswell.domains.recommendations.commands import ForgetTastes, Learnt, LearnTastes
from groundswell.log.reactions import Submit
from groundswell.store.deeds import DeedVerb, Told
from groundswell.store.repeating import repeat

TOGETHER: Final = 25
"""Events of one command: the transaction it is part of waits for them, and so do others in it."""

_EVERY_SECONDS: Final = 600.0
_VERBS: Final[Mapping[type[events.Interaction], DeedVerb]] = {
    events.ViewRecorded: "view",
    events.PlayRecorded: "play",
    events.DownloadRecorded: "download",
    events.CommentRecorded: "comment",
    events.VoteCast: "vote",
    events.VoteChanged: "vote",
}


def told_by(logged: LoggedEvent) -> Told | None:
    """The deed an event tells of, if it may count."""
    event = logged.event
    if not isinstance(event, events.Interaction) or not getattr(event, "qualified", True):
        return None
    verb = _VERBS.get(type(event))
    return None if verb is None else Told(verb, logged.seq, event.media_file_id, logged.at)


def unvoted_by(logged: LoggedEvent) -> int | None:
    """The file from which an event took a vote that somebody had."""
    event = logged.event
    if isinstance(event, events.VoteRemoved | events.VoteChanged):
        return event.media_file_id
    return None


def commands_for(portion: Sequence[LoggedEvent], at: int) -> list[LearnTastes]:
    """What is to be learnt from a portion of the log, a little at a time."""
    found: list[LearnTastes] = []
    for start in range(0, len(portion), TOGETHER):
        some = portion[start : start + TOGETHER]
        told = tuple(one for one in map(told_by, some) if one is not None)
        unvoted = {one for one in map(unvoted_by, some) if one is not None}
        if told or unvoted:
            found.append(LearnTastes(at=at, told=told, unvoted=tuple(sorted(unvoted))))
    return found


class Following:
    """Submits what the log tells, and leaves the writer to others most of the time.

    Args:
        submit: the writer's.
        clock: the time.
        hash_days: how long the logs know persons; so long they are known here.
        share: the part of the time that may pass in waiting for the writer.
        timer: seconds from any origin.
    """

    def __init__(
        self,
        submit: Submit,
        clock: Clock,
        *,
        hash_days: int,
        share: float = 0.2,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._submit = submit
        self._clock = clock
        self._life = hash_days * DAY
        self._rest = (1.0 - share) / share
        self._timer = timer
        self._persons = self._commands = self._forgotten = 0

    async def consume(self, portion: Sequence[LoggedEvent]) -> None:
        """Learn from a portion of the log; durable when this returns."""
        for command in commands_for(portion, self._clock()):
            started = self._timer()
            learnt: Learnt = await self._submit(command)
            self._commands += 1
            self._persons += learnt.persons
            await asyncio.sleep((self._timer() - started) * self._rest)

    async def run(self) -> None:
        """Forget every ten minutes, until cancelled."""
        await repeat(self.forget, _EVERY_SECONDS, postponed="forgetting tastes postponed")

    async def forget(self) -> None:
        """Forget everything that is due now."""
        before = self._clock() - self._life
        while True:
            wish = ForgetTastes(at=self._clock(), before=before, rows=TOGETHER)
            learnt: Learnt = await self._submit(wish)
            if not learnt.persons:
                return
            self._forgotten += learnt.persons

    def statistics(self) -> Mapping[str, float]:
        """What was done since the start."""
        return {
            "commands_total": float(self._commands),
            "persons_learnt_total": float(self._persons),
            "persons_forgotten_total": float(self._forgotten),
        }
