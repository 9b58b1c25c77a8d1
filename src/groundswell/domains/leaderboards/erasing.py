"""Where leaderboards name people. Positions stay, archives too, under the tombstone."""

from __future__ import annotations

from groundswell.log.naming import Naming
from groundswell.store.persons import Eraser

_NAMING = Naming(
    names={
        "board_events": ("user_id",),
        "board_entries": ("user_id",),
        "board_hidden": ("user_id",),
        "board_archive_rows": ("user_id",),
    },
    documents={"board_states": ("told",)},
)

LEADERBOARD_ERASER = Eraser("leaderboards", _NAMING.forget)
