"""How long suggestions are kept that nobody took up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from groundswell.contract.times import DAY
from groundswell.store import TEXT, Statement
from groundswell.store.forgetting import Kept, always

AFTERWARDS: Final = 30 * DAY
"""How long after its end a suggestion is kept, so that it is not made again at once."""

# Read at a reader's leisure: there is no index for what is asked every ten minutes.
FIND: Final = Statement(
    """
    SELECT suggestion_id FROM people_suggestions
    WHERE state = 'open' AND expires_at <= :before LIMIT :portion
    """
)
FORGET: Final = Statement(
    """
    DELETE FROM people_suggestions WHERE suggestion_id IN (SELECT r.suggestion_id FROM {rows} r)
    """,
    rows={"suggestion_id": TEXT},
)


def old_suggestions() -> Sequence[Kept]:
    """Those that were dismissed stay: they are not to be made again."""
    return (Kept(FIND, FORGET, always(AFTERWARDS)),)
