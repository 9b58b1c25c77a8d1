"""One run of an import from file to summary, without a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TextIO

import msgspec

from groundswell.contract.times import Clock
from groundswell.importing.batch import Submit
from groundswell.importing.entries import BadLine, Entry
from groundswell.importing.formats import History, last_event, read_history
from groundswell.importing.importer import BATCH_STEPS, Importer
from groundswell.importing.progress import begin, standing
from groundswell.importing.source import BytesRead
from groundswell.importing.steps import steps
from groundswell.importing.summary import Summary
from groundswell.importing.visitors import HashAddress, Visitors
from groundswell.store import Store


def nowhere(_address: str) -> str | None:
    """The place of every address when no places are known."""
    return None


class ImportServices(msgspec.Struct, frozen=True, kw_only=True):
    """What an import needs of the running service."""

    store: Store
    submit: Submit
    hash_for_log: HashAddress
    clock: Clock
    locate: Callable[[str], str | None] = nowhere


async def run_import(
    history: History,
    services: ImportServices,
    *,
    shift_to_now: bool = False,
    errors_to: TextIO | None = None,
    on_bytes: BytesRead = lambda _: None,
    on_batch: Callable[[Summary], None] = lambda _: None,
    batch_steps: int = BATCH_STEPS,
) -> Summary:
    """Import what of the file is not imported yet.

    Raises:
        Invalid: the mapping or the header does not fit the format.
        ImportMoved: another process imports the same file.
        Unavailable: nothing can be stored now; run it again to continue.
        OSError: the file cannot be read.
    """
    now, import_id = services.clock(), history.identity()
    stands = await standing(services.store, import_id)
    if stands is None:
        shift = _shift(history, now) if shift_to_now else 0
        stands = await begin(services.store, import_id, shift, now)
    importer = Importer(
        import_id,
        services.submit,
        Visitors(services.hash_for_log, history.source, services.locate),
        history.source,
        services.clock,
        batch_steps=batch_steps,
        on_batch=on_batch,
    )
    entries = read_history(history, now=now, on_bytes=on_bytes)
    return await importer.run(stands, steps(_reporting(entries, errors_to)))


def _shift(history: History, now: int) -> int:
    """By how much to move all times so that the last event happens now."""
    last = last_event(read_history(history, now=now))
    return 0 if last is None else now - last


def _reporting(entries: Iterator[Entry], errors_to: TextIO | None) -> Iterator[Entry]:
    """The same entries; bad lines are written down as they pass."""
    for entry in entries:
        if errors_to is not None and isinstance(entry, BadLine):
            errors_to.write(f"{entry.number}: {entry.reason}\n")
        yield entry
