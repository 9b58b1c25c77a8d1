"""The chain of a board's changes, for those who keep a copy of it.

Every transaction that changes a board gives its state a new stamp, a number that chance chooses,
and says what led there from the stamp before. Who has a copy of one of the stamps makes it one of
the newest by applying what follows; a stamp that nothing follows, such as one of a database that
was put back since, is never taken for another. Old changes are removed: who is behind them, or
finds that nothing leads on, copies the board anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from secrets import randbits
from typing import Final, NamedTuple

import msgspec

from groundswell.store import BIGINT, TEXT, Statement, Store, Transaction

KEPT: Final = 10_000
"""How many changes of a board are kept. A busy one has some 100 a second."""

_SAY = Statement(
    """
    INSERT INTO board_changes (board_id, version, follows, stamp, changed)
    SELECT s.board_id, s.version + 1, s.stamp, r.stamp, r.changed
    FROM {rows} r JOIN board_states s ON s.board_id = r.board_id
    """,
    rows={"board_id": TEXT, "stamp": BIGINT, "changed": TEXT},
)
_STAMP = Statement(
    """
    UPDATE board_states SET version = board_states.version + 1, stamp = r.stamp
    FROM {rows} r WHERE board_states.board_id = r.board_id
    """,
    rows={"board_id": TEXT, "stamp": BIGINT},
)
_BOARDS_OF = Statement(
    """
    SELECT board_id FROM board_events WHERE user_id = :user_id
    UNION SELECT board_id FROM board_hidden WHERE user_id = :user_id
    """
)
_ALL_BOARDS = Statement("SELECT board_id FROM board_states ORDER BY board_id")
_CUT = Statement(
    "DELETE FROM board_changes WHERE board_id IN (SELECT r.board_id FROM {rows} r)",
    rows={"board_id": TEXT},
)
TRIM = Statement(
    """
    DELETE FROM board_changes WHERE version <= (
        SELECT s.version - :kept FROM board_states s WHERE s.board_id = board_changes.board_id
    )
    """
)
SINCE = Statement(
    """
    SELECT c.board_id, c.version, c.follows, c.stamp, c.changed
    FROM {rows} r JOIN board_changes c ON c.board_id = r.board_id AND c.version > r.version
    ORDER BY c.board_id, c.version LIMIT :count
    """,
    rows={"board_id": TEXT, "version": BIGINT},
)


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changed on a board.

    Attributes:
        places: window, user, score and when it was reached; both are None off the board.
        shown: users who are shown from now on, or not.
        closed: windows that are closed.
    """

    places: Sequence[tuple[int, str, int | None, int | None]] = ()
    shown: Sequence[tuple[str, bool]] = ()
    closed: Sequence[int] = ()


class Step(NamedTuple):
    """One change of a board: from one stamp to the next."""

    board_id: str
    version: int
    follows: int
    stamp: int
    change: Change


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Change).decode


async def say(transaction: Transaction, changes: Mapping[str, Change]) -> None:
    """Boards changed in this transaction: listeners are to be told, copies to follow."""
    stamps = {board_id: _any_stamp() for board_id in sorted(changes)}
    said = [
        (board_id, stamp, _encode(changes[board_id]).decode()) for board_id, stamp in stamps.items()
    ]
    await transaction.write(_SAY, rows=said)
    await transaction.write(_STAMP, rows=list(stamps.items()))


async def boards_of(transaction: Transaction, user_id: str) -> list[str]:
    """The boards that know a user. All events are searched."""
    return sorted(row[0] for row in await transaction.fetch(_BOARDS_OF, user_id=user_id))


async def all_boards(transaction: Transaction) -> list[str]:
    """Every board."""
    return [row[0] for row in await transaction.fetch(_ALL_BOARDS)]


async def cut(transaction: Transaction, board_ids: Iterable[str]) -> None:
    """Boards changed otherwise than by steps: let all copies of them be made anew."""
    stamps = {board_id: _any_stamp() for board_id in board_ids}
    if stamps:
        await transaction.fetch(_CUT, rows=[(board_id,) for board_id in stamps])
        await transaction.fetch(_STAMP, rows=list(stamps.items()))


async def steps_since(
    store: Store, versions: Mapping[str, int], count: int
) -> dict[str, list[Step]]:
    """What followed these versions of boards, in order; at most so many steps in all."""
    rows = await store.fetch(SINCE, rows=sorted(versions.items()), count=count)
    steps: dict[str, list[Step]] = {}
    for board_id, version, follows, stamp, changed in rows:
        step = Step(board_id, version, follows, stamp, _decode(changed))
        steps.setdefault(board_id, []).append(step)
    return steps


def leads_on(stamp: int, steps: Sequence[Step]) -> bool:
    """Whether the steps are a chain that begins with ``stamp``."""
    for one in steps:
        if one.follows != stamp:
            return False
        stamp = one.stamp
    return True


def _any_stamp() -> int:
    """Never that of another state, and never 0, the stamp of a board that did not change yet."""
    return randbits(62) + 1
