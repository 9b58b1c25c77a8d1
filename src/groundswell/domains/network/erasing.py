"""Where the network names people: with somebody who is gone nobody is connected."""

from __future__ import annotations

from groundswell.log.naming import Naming
from groundswell.store.persons import Eraser

_NAMING = Naming(
    names={"collaborations": ("partner_id", "owner_id")},
    parts={("collaborations", "(partner_id = :name OR owner_id = :name)"): ("project_id",)},
    gone={
        "connections": ("user_low", "user_high"),
        "blocks": ("user_id", "blocked_id"),
        "people_suggestions": ("user_id", "subject_id"),
    },
)

NETWORK_ERASER = Eraser("network", _NAMING.forget)
