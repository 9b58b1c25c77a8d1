"""Stores the steps of a file batch by batch; can be stopped anywhere and continued."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.engagement.commands import RegisterMedia
from groundswell.domains.engagement.views import MediaFile
from groundswell.importing.batch import EngagementCommand, ImportBatch, ImportMoved, Submit
from groundswell.importing.entries import Listen, Visit
from groundswell.importing.progress import Standing
from groundswell.importing.steps import Carried, Listed, Step
from groundswell.importing.summary import Summary
from groundswell.importing.translation import media_of, record, registration
from groundswell.importing.visitors import Visitors

BATCH_STEPS = 1_000

Known = int | GroundswellError
"""The id of a registered file, or why it was refused."""


class Importer:
    """Turns steps into commands and submits them, each batch with its move of the position.

    Args:
        import_id: which import this is.
        submit: stores a batch as one transaction.
        visitors: who acts in the file.
        source: the name under which the media are known.
        clock: the present.
        batch_steps: how many steps one transaction stores.
        on_batch: called after each stored batch, to show how far it is.
    """

    def __init__(
        self,
        import_id: str,
        submit: Submit,
        visitors: Visitors,
        source: str,
        clock: Clock,
        *,
        batch_steps: int = BATCH_STEPS,
        on_batch: Callable[[Summary], None] = lambda _: None,
    ) -> None:
        self._import_id = import_id
        self._submit = submit
        self._visitors = visitors
        self._source = source
        self._clock = clock
        self._batch_steps = batch_steps
        self._on_batch = on_batch
        self._known: dict[str, Known] = {}

    async def run(self, standing: Standing, steps: Iterable[Step]) -> Summary:
        """Store all steps that come after the standing's position.

        Raises:
            ImportMoved: another process stores steps of the same file.
            Unavailable: nothing can be stored now. What was stored stays; run it again.
        """
        position, shift = standing.position, standing.shift
        summary = Summary(resumed_at=position)
        for batch in _batches(islice(steps, position, None), self._batch_steps):
            await self._register(position, shift, batch)
            await self._store(position, shift, batch, summary)
            position += len(batch)
            summary.media = len(self._known)
            self._on_batch(summary)
        return summary

    async def _register(self, position: int, shift: int, batch: Sequence[Step]) -> None:
        """Learn the ids of the batch's media. Registering again finds the same file."""
        new: dict[str, RegisterMedia] = {}
        for step in batch:
            if isinstance(step, Visit | Listen | Carried | Listed):
                external_id = step.media.external_id
                if external_id not in self._known and external_id not in new:
                    new[external_id] = registration(step, self._source, shift, self._clock())
        if not new:
            return
        answers = await self._submitted(position, position, list(new.values()))
        for external_id, answer in zip(new, answers, strict=True):
            if isinstance(answer, MediaFile):
                self._known[external_id] = answer.media_file_id
            elif isinstance(answer, GroundswellError):
                self._known[external_id] = answer

    async def _store(
        self, position: int, shift: int, batch: Sequence[Step], summary: Summary
    ) -> None:
        """Store what the batch counts, move the position, then count what came of each step."""
        recorded: list[Step] = []
        commands: list[EngagementCommand] = []
        settled: list[tuple[Step, object]] = []
        for step in batch:
            media = media_of(step)
            known = None if media is None else self._known[media.external_id]
            if isinstance(known, int) and isinstance(step, Visit | Listen | Carried):
                recorded.append(step)
                commands.append(record(step, known, self._visitors, shift, self._clock()))
            else:
                settled.append((step, known))
        answers = await self._submitted(position, position + len(batch), commands)
        for step, answer in (*settled, *zip(recorded, answers, strict=True)):
            if isinstance(answer, GroundswellError):
                summary.refuse(answer.code)
            else:
                summary.count(step)

    async def _submitted(
        self, expected: int, new: int, commands: Sequence[EngagementCommand]
    ) -> tuple[object, ...]:
        outcome = await self._submit(
            ImportBatch(
                at=self._clock(),
                import_id=self._import_id,
                expected_position=expected,
                new_position=new,
                commands=tuple(commands),
            )
        )
        if not outcome.applied:
            raise ImportMoved
        return outcome.answers


def _batches(steps: Iterable[Step], size: int) -> Iterator[list[Step]]:
    source = iter(steps)
    while batch := list(islice(source, size)):
        yield batch
