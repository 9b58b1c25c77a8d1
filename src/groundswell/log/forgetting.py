"""Taking a person out of the event log: order, ids and times of the events stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.store import BIGINT, TEXT, Row, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

# Searched once from the first event to the last, outside of the writer; then only what is newer.
FIND = Statement(
    """
    SELECT seq FROM event_log
    WHERE seq > :after AND (payload LIKE :pattern ESCAPE '!' OR partition_key = :partition)
    """
)
READ = Statement(
    """
    SELECT e.seq, e.event_type, e.partition_key, e.payload
    FROM {rows} r JOIN event_log e ON e.seq = r.seq
    """,
    rows={"seq": BIGINT},
)
REWRITE = Statement(
    """
    UPDATE event_log SET payload = r.payload, partition_key = r.partition_key
    FROM {rows} r WHERE event_log.seq = r.seq
    """,
    rows={"seq": BIGINT, "partition_key": TEXT, "payload": TEXT},
)
FIND_ANSWERS = Statement(
    """
    SELECT scope, idempotency_key, answer FROM idempotency_keys
    WHERE answer LIKE :pattern ESCAPE '!'
    """
)
SET_ANSWERS = Statement(
    """
    UPDATE idempotency_keys SET answer = r.answer FROM {rows} r
    WHERE idempotency_keys.scope = r.scope
      AND idempotency_keys.idempotency_key = r.idempotency_key
    """,
    rows={"scope": TEXT, "idempotency_key": TEXT, "answer": TEXT},
)

_encode = msgspec.json.Encoder().encode
_PORTION = 1_000


def pattern(needle: str) -> str:
    """What LIKE finds a whole text by that stands in JSON."""
    written = _encode(needle).decode()
    for special in "!%_":
        written = written.replace(special, f"!{special}")
    return f"%{written}%"


def contained(needle: str) -> str:
    """What LIKE finds a part of a text by."""
    for special in "!%_":
        needle = needle.replace(special, f"!{special}")
    return f"%{needle}%"


async def find_events(tx: Transaction, erasure: Erasure, after: int) -> Trail:
    """The events that may name somebody; there may be some too many."""
    found: set[int] = set()
    for needle in erasure.needles:
        rows = await tx.fetch(
            FIND, after=after, pattern=pattern(needle), partition=f"user.{needle}"
        )
        found.update(row[0] for row in rows)
    return {"event_log": sorted(found)}


async def forget_events(tx: Transaction, erasure: Erasure, trail: Trail, _: EventTail) -> int:
    """Rewrite the events that name somebody, and the answers that are kept for repeats."""
    seqs = trail.get("event_log", ())
    rewritten = 0
    for start in range(0, len(seqs), _PORTION):
        portion = [(seq,) for seq in seqs[start : start + _PORTION]]
        rewritten += await _rewrite(tx, erasure, await tx.fetch(READ, rows=portion))
    return rewritten + await _forget_answers(tx, erasure)


async def _rewrite(tx: Transaction, erasure: Erasure, rows: Sequence[Row]) -> int:
    forgetting = erasure.forgetting
    changed: list[tuple[Any, ...]] = []
    for seq, _, partition, payload in rows:
        before = msgspec.json.decode(payload)
        after, key = forgetting.of_event(before), forgetting.of_partition(partition)
        if after != before or key != partition:
            changed.append((seq, key, _encode(after).decode()))
    if changed:
        await tx.fetch(REWRITE, rows=changed)
    return len(changed)


async def _forget_answers(tx: Transaction, erasure: Erasure) -> int:
    changed: dict[tuple[str, str], str] = {}
    for needle in erasure.needles:
        for scope, key, answer in await tx.fetch(FIND_ANSWERS, pattern=pattern(needle)):
            before = msgspec.json.decode(answer)
            after = _without_text(erasure.forgetting.of_data(before), erasure.tombstone)
            if after != before:
                changed[scope, key] = _encode(after).decode()
    if changed:
        await tx.fetch(SET_ANSWERS, rows=[(*key, text) for key, text in changed.items()])
    return len(changed)


def _without_text(value: Any, tombstone: str) -> Any:
    """What somebody wrote leaves with them."""
    match value:
        case dict():
            own = value.get("authorId") == tombstone
            return {
                key: "" if own and key == "body" else _without_text(one, tombstone)
                for key, one in value.items()
            }
        case list():
            return [_without_text(one, tombstone) for one in value]
        case _:
            return value


LOG_ERASER = Eraser("log", forget_events, find_events)
