"""Stored folds: a replay that finds one need not begin with the first event.

A snapshot is only ever a shortcut. One that cannot be trusted is refused, and the replay begins
further back: its checksum is wrong, it was made by other code or from another log, or somebody was
forgotten since, so that the events it was made of are not the ones in the log any more.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
import structlog

from groundswell.contract.events.privacy import PrivacyErasureCompleted
from groundswell.log.projections import Fold, Projection
from groundswell.store import BIGINT, TEXT, Row, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

_log = structlog.get_logger(__name__)

PART_BYTES: Final = 768 * 1024
"""Bytes per part before Base64 makes a third more of them."""

FIND = Statement(
    """
    SELECT seq, log_id, shape, parts, checksum FROM projection_snapshots
    WHERE projection = :projection AND seq <= :head ORDER BY seq DESC
    """
)
PARTS = Statement(
    """
    SELECT part, content FROM projection_snapshot_parts
    WHERE projection = :projection AND seq = :seq ORDER BY part
    """
)
ADD = Statement(
    """
    INSERT INTO projection_snapshots (projection, seq, log_id, shape, parts, checksum, taken_at)
    VALUES (:projection, :seq, :log_id, :shape, :parts, :checksum, :taken_at)
    """
)
ADD_PARTS = Statement(
    "INSERT INTO projection_snapshot_parts (projection, seq, part, content) {values}",
    rows={"projection": TEXT, "seq": BIGINT, "part": BIGINT, "content": TEXT},
)
REMOVE = Statement(
    "DELETE FROM projection_snapshots WHERE projection = :projection AND (seq = :seq OR seq < :old)"
)
REMOVE_PARTS = Statement(
    """
    DELETE FROM projection_snapshot_parts
    WHERE projection = :projection AND (seq = :seq OR seq < :old)
    """
)
KEPT = Statement(
    """
    SELECT seq FROM projection_snapshots WHERE projection = :projection AND seq <> :seq
    ORDER BY seq DESC LIMIT :others
    """
)
REMOVE_ALL = Statement("DELETE FROM projection_snapshots")
REMOVE_ALL_PARTS = Statement("DELETE FROM projection_snapshot_parts")
FORGOTTEN_SINCE = Statement(
    "SELECT 1 FROM event_log WHERE seq > :seq AND event_type = :event_type LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A fold as it is stored."""

    projection: Projection
    seq: int
    log_id: str
    parts: tuple[str, ...]
    checksum: str


def pack(projection: Projection, fold: Fold, seq: int, log_id: str) -> Packed:
    """Make a fold ready to be stored; this takes its time, and touches nothing else."""
    dumped = fold.dump()
    compressed = zlib.compress(dumped, 1)
    parts = tuple(
        b64encode(compressed[start : start + PART_BYTES]).decode()
        for start in range(0, len(compressed), PART_BYTES)
    )
    checksum = _checksum(projection.name, seq, log_id, projection.shape, dumped)
    return Packed(projection, seq, log_id, parts, checksum)


async def save(tx: Transaction, packed: Packed, keep: int, now: int) -> None:
    """Store a snapshot and leave only the ``keep`` newest of its projection."""
    name, seq = packed.projection.name, packed.seq
    others = await tx.fetch(KEPT, projection=name, seq=seq, others=max(keep - 1, 0))
    old = others[-1][0] if others and keep > 1 else seq
    await tx.fetch(REMOVE, projection=name, seq=seq, old=old)
    await tx.fetch(REMOVE_PARTS, projection=name, seq=seq, old=old)
    rows = [(name, seq, place, content) for place, content in enumerate(packed.parts)]
    await tx.fetch(ADD_PARTS, rows=rows)
    await tx.fetch(
        ADD,
        projection=name,
        seq=seq,
        log_id=packed.log_id,
        shape=packed.projection.shape,
        parts=len(packed.parts),
        checksum=packed.checksum,
        taken_at=now,
    )


async def newest(
    tx: Transaction, projection: Projection, head: int, log_id: str
) -> tuple[Fold, int]:
    """The fold of the newest snapshot that can be used, and its place in the log; an empty one
    and 0 if there is none."""
    for row in await tx.fetch(FIND, projection=projection.name, head=head):
        problem, fold = await _load(tx, projection, row, log_id)
        if fold is not None:
            return fold, row[0]
        _log.warning("snapshot refused", projection=projection.name, seq=row[0], problem=problem)
    return projection.fold(), 0


async def forgotten_since(tx: Transaction, seq: int) -> bool:
    """Whether events up to ``seq`` may have been rewritten after it, because somebody left."""
    kind = PrivacyErasureCompleted.event_type
    return bool(await tx.fetch(FORGOTTEN_SINCE, seq=seq, event_type=kind))


async def _load(
    tx: Transaction, projection: Projection, row: Row, log_id: str
) -> tuple[str, Fold | None]:
    seq, its_log, shape, count, checksum = row
    if its_log != log_id:
        return "of another log", None
    if shape != projection.shape:
        return "made by another version", None
    if await forgotten_since(tx, seq):
        return "somebody was forgotten since", None
    parts = await tx.fetch(PARTS, projection=projection.name, seq=seq)
    try:
        compressed = b"".join(b64decode(part[1], validate=True) for part in parts)
        dumped = zlib.decompress(compressed)
        whole = len(parts) == count
        if not whole or _checksum(projection.name, seq, log_id, shape, dumped) != checksum:
            return "wrong checksum", None
        return "", projection.fold.revive(dumped)
    except (ValueError, zlib.error, msgspec.DecodeError) as error:
        return f"not readable: {error}", None


def _checksum(name: str, seq: int, log_id: str, shape: str, dumped: bytes) -> str:
    return sha256(f"{name}\n{seq}\n{log_id}\n{shape}\n".encode() + dumped).hexdigest()


async def _forget(tx: Transaction, _: Erasure, __: Trail, ___: EventTail) -> int:
    """No snapshot outlives somebody it may name; none of it is a record of theirs."""
    await tx.fetch(REMOVE_ALL)
    await tx.fetch(REMOVE_ALL_PARTS)
    return 0


SNAPSHOT_ERASER = Eraser("snapshots", _forget)
