"""Executing the commands of privacy, after all others of the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundswell.contract.events.privacy import (
    PrivacyErasureCompleted,
    PrivacyExportReady,
    PrivacySettingsUpdated,
)
from groundswell.contract.privacy import OPEN
from groundswell.contract.times import to_rfc3339
from groundswell.domains.privacy.changing import changed, differences
from groundswell.domains.privacy.commands import ChangeSettings, Erase, NoteExport
from groundswell.domains.privacy.views import Erased, PrivacySettings, settings_of
from groundswell.domains.privacy.wishes import DELETE, put_wishes, wishes_of
from groundswell.store import Transaction
from groundswell.store.commands import EventTail, Handler
from groundswell.store.persons import Eraser, Erasure, Trail, Withdraw


class Privacy:
    """Executes batches of the slice's commands.

    Args:
        erasers: how each part forgets somebody.
        withdraw: takes what somebody did out of public.
    """

    def __init__(self, erasers: Sequence[Eraser], withdraw: Withdraw) -> None:
        self._erasers = (*erasers, Eraser("privacy", forget_wishes))
        self._withdraw = withdraw

    async def handle(
        self, transaction: Transaction, commands: Sequence[Any], tail: EventTail
    ) -> list[object]:
        """Execute the commands in order."""
        return [await self._one(transaction, command, tail) for command in commands]

    async def _one(self, transaction: Transaction, command: Any, tail: EventTail) -> object:
        match command:
            case ChangeSettings():
                return await self._change(transaction, command, tail)
            case NoteExport():
                tail.append(PrivacyExportReady(user_id=command.user_id), command.at)
                return None
            case Erase():
                return await self._erase(transaction, command, tail)
            case _:
                raise TypeError(f"no handler for {type(command).__name__}")

    async def _change(
        self, transaction: Transaction, command: ChangeSettings, tail: EventTail
    ) -> PrivacySettings:
        found = await wishes_of(transaction, [command.user_id])
        before = found.get(command.user_id, OPEN)
        after = changed(before, command)
        names = differences(before, after)
        if not names:
            return settings_of(after)
        await put_wishes(transaction, command.user_id, after, command.at)
        tail.append(PrivacySettingsUpdated(user_id=command.user_id, changed=names), command.at)
        hidden = after.hidden()
        if hidden is None or hidden:
            await tail.flush(transaction)  # what was told in this very transaction leaves as well
            await self._withdraw(transaction, command.user_id, hidden, tail, command.at)
        return settings_of(after)

    async def _erase(self, transaction: Transaction, command: Erase, tail: EventTail) -> Erased:
        erasure = Erasure(
            command.tombstone,
            command.user_id,
            frozenset(command.actors),
            frozenset(command.voters),
            command.at,
        )
        await tail.flush(transaction)  # events of this very transaction are forgotten as well
        records = 0
        for eraser in self._erasers:
            trail = await _trail(transaction, eraser, erasure, command)
            records += await eraser.erase(transaction, erasure, trail, tail)
        if records:
            tail.append(PrivacyErasureCompleted(tombstone=command.tombstone), command.at)
        return Erased(
            erased_at=to_rfc3339(command.at),
            records=records,
            tombstone=command.tombstone if records else None,
        )


async def _trail(
    transaction: Transaction, eraser: Eraser, erasure: Erasure, command: Erase
) -> Trail:
    """What was found before, and what has come since."""
    if eraser.find is None:
        return {}
    known = command.found.get(eraser.name, {})
    newer = await eraser.find(transaction, erasure, command.searched)
    return {
        table: sorted({*known.get(table, ()), *newer.get(table, ())}) for table in {*known, *newer}
    }


async def forget_wishes(tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
    """Forget what somebody wished."""
    if erasure.user_id is None:
        return 0
    return len(await tx.fetch(DELETE, user_id=erasure.user_id))


def privacy_handler(erasers: Sequence[Eraser], withdraw: Withdraw) -> Handler:
    """The handler of the slice; it has to be the last of all."""
    return Handler((ChangeSettings, NoteExport, Erase), Privacy(erasers, withdraw).handle)
