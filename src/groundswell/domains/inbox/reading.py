"""Setting read states: what a device says is merged with what is known, and the change is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from groundswell.contract.events.inbox import ReadStateChanged
from groundswell.contract.inbox import ReadEntry, ReadStates
from groundswell.contract.times import to_rfc3339
from groundswell.domains.inbox.commands import SetReadState
from groundswell.domains.inbox.read_states import (
    SERVER,
    Reading,
    joined,
    merge,
    said_without_version,
)
from groundswell.domains.inbox.statements import UNREAD
from groundswell.store import BIGINT, TEXT, Row, Statement, Transaction
from groundswell.store.commands import EventTail

_READING = "m.seq, m.message_id, m.read_state, m.read_at, m.read_by, m.read_vv"
FIND_BY_IDS = Statement(
    f"""
    SELECT {_READING} FROM {{rows}} r
    JOIN inbox_messages m ON m.message_id = r.message_id AND m.user_id = :user_id
    ORDER BY m.seq
    """,  # noqa: S608 - column names are ours
    rows={"message_id": TEXT},
)
# To mark everything as read leaves alone what was dismissed.
FIND_UP_TO = Statement(
    f"""
    SELECT {_READING} FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.seq <= :up_to AND m.data IS NOT NULL
      AND m.read_state <> :state AND (m.read_state <> 'dismissed' OR :state <> 'read')
    ORDER BY m.seq
    """  # noqa: S608 - column names are ours
)
SET_READINGS = Statement(
    """
    UPDATE inbox_messages SET
      read_state = r.read_state, read_at = r.read_at, read_by = r.read_by, read_vv = r.read_vv
    FROM {rows} r WHERE inbox_messages.user_id = :user_id AND inbox_messages.seq = r.seq
    """,
    rows={
        "seq": BIGINT,
        "read_state": TEXT,
        "read_at": BIGINT,
        "read_by": TEXT,
        "read_vv": TEXT,
    },
)
FIND_VERSION = Statement("SELECT read_vv FROM inbox_users WHERE user_id = :user_id")
SET_VERSION = Statement("UPDATE inbox_users SET read_vv = :read_vv WHERE user_id = :user_id")

_Vector = dict[str, int]
_decode_vector = msgspec.json.Decoder(_Vector).decode


@dataclass(frozen=True, slots=True)
class _Change:
    seq: int
    message_id: str
    before: Reading
    reading: Reading


async def set_read_state(
    transaction: Transaction, command: SetReadState, tail: EventTail
) -> ReadStates:
    """Merge what was said into each message it is about; a changed state is answered and told."""
    found = await transaction.fetch(FIND_VERSION, user_id=command.user_id)
    version = _vector(found[0][0]) if found else {}
    # The service's own component moves once per call: it orders what came without a version.
    next_version = joined(version, {SERVER: version.get(SERVER, 0) + 1}, command.vv or {})
    changes = [
        _Change(row[0], row[1], before, reading)
        for row in await _about(transaction, command)
        if (reading := _merged(command, before := _reading(row), next_version[SERVER])) != before
    ]
    if changes:
        version = next_version
        await _write(transaction, command, changes, version)
    unread = await transaction.fetch(UNREAD, user_id=command.user_id, now=command.at)
    turned = [_entry(one) for one in changes if one.reading.state != one.before.state]
    states = ReadStates(entries=turned, unread=unread[0][0], vv=version)
    if turned:
        tail.append(_told(command.user_id, states), command.at)
    return states


def _merged(command: SetReadState, current: Reading, version: int) -> Reading:
    # A clock that is ahead must not win over all that is said until it is right.
    at = min(command.at if command.said_at is None else command.said_at, command.at)
    by = command.client_id or ""
    if command.vv is not None:
        return merge(current, Reading(command.state, at, by, command.vv))
    said = said_without_version(current, command.state, at, by)
    if merge(current, said) is current:
        return current
    return msgspec.structs.replace(said, vv=joined(current.vv, {SERVER: version}))


async def _about(transaction: Transaction, command: SetReadState) -> Sequence[Row]:
    if command.up_to is not None:
        return await transaction.fetch(
            FIND_UP_TO, user_id=command.user_id, up_to=command.up_to, state=command.state
        )
    ids = [(one,) for one in dict.fromkeys(command.ids)]
    return await transaction.fetch(FIND_BY_IDS, rows=ids, user_id=command.user_id)


async def _write(
    transaction: Transaction, command: SetReadState, changes: Sequence[_Change], version: _Vector
) -> None:
    rows = [
        (one.seq, one.reading.state, one.reading.at, one.reading.by, _text(one.reading.vv))
        for one in changes
    ]
    await transaction.fetch(SET_READINGS, rows=rows, user_id=command.user_id)
    await transaction.fetch(SET_VERSION, user_id=command.user_id, read_vv=_text(version))


def _reading(row: Row) -> Reading:
    _, _, state, at, by, vector = row
    return Reading(state, at, by or "", _vector(vector))


def _entry(change: _Change) -> ReadEntry:
    reading = change.reading
    return ReadEntry(
        id=change.message_id,
        seq=change.seq,
        state=reading.state,
        at=to_rfc3339(reading.at),
        by=reading.by or None,
    )


def _told(user_id: str, states: ReadStates) -> ReadStateChanged:
    return ReadStateChanged(
        user_id=user_id, entries=states.entries, unread=states.unread, vv=states.vv
    )


def _vector(text: str | None) -> _Vector:
    return {} if text is None else _decode_vector(text)


def _text(vector: _Vector) -> str:
    return msgspec.json.encode(vector).decode()
