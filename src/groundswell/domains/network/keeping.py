"""How long suggestions are kept that nobody took up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from groundswell.contract.times import DAY
from groundswell.store.forgetting import Kept, always, deleted

AFTERWARDS: Final = 30 * DAY
"""How long after its end a suggestion is kept, so that it is not made again at once."""

# Read at a reader's leisure: there is no index for what is asked every ten minutes.
UNTAKEN: Final = "state = 'open' AND expires_at <= :before"


def old_suggestions() -> Sequence[Kept]:
    """Those that were dismissed stay: they are not to be made again."""
    return (deleted("people_suggestions", "suggestion_id", UNTAKEN, always(AFTERWARDS)),)
