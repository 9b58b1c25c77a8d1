"""A batch of an import as a command: stored as a whole and once, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec

from groundswell.contract.errors import Conflict
from groundswell.domains.engagement.commands import (
    RecordDownload,
    RecordPlay,
    RecordView,
    RegisterMedia,
)
from groundswell.store.commands import Command

EngagementCommand = RegisterMedia | RecordPlay | RecordDownload | RecordView


class BatchOutcome(msgspec.Struct, frozen=True):
    """Where the import stands afterwards, and what each command of the batch was answered.

    ``applied`` is false, and ``answers`` empty, if the import did not stand where expected.
    A command that was refused is answered by its error; its neighbours are stored.
    """

    position: int
    applied: bool
    answers: tuple[object, ...] = ()


class ImportBatch(Command, frozen=True, kw_only=True):
    """Commands to be executed in one transaction with the import's move to ``new_position``.

    They are executed only if the import stands at ``expected_position``. Equal positions move
    nothing: such a batch may be repeated, and holds only commands that may be, too.
    """

    answer: ClassVar[type] = BatchOutcome
    import_id: str
    expected_position: int
    new_position: int
    commands: tuple[EngagementCommand, ...]


Submit = Callable[[ImportBatch], Awaitable[BatchOutcome]]


class ImportMoved(Conflict):
    """Another process imports the same file at this moment."""

    def __init__(self) -> None:
        super().__init__("import_moved", "This file is being imported by another process.")
