"""Where sharing names people. Shares stay counted, without what was said with them."""

from __future__ import annotations

from groundswell.log.naming import Naming
from groundswell.store.persons import Eraser

_NAMING = Naming(
    names={"shares": ("user_id",)},
    parts={("shares", "user_id = :name"): ("content_id", "external_id", "metadata")},
    documents={
        "shares": ("metadata",),
        "share_engagements": ("engager",),
        "parked_engagements": ("engager",),
    },
    gone={"suggestions": ("user_id", "subject_id")},
)

SHARING_ERASER = Eraser("sharing", _NAMING.forget)
