"""What the tests of sharing say."""

from __future__ import annotations

from typing import Any

from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.commands import (
    CreateShare,
    Engagement,
    FollowLink,
    RecordEngagements,
)
from groundswell.domains.sharing.views import Taken
from tests.support.core import Core

SHARE = "share-" + "1" * 32


def create(core: Core, share_id: str = SHARE, **more: Any) -> CreateShare:
    details: dict[str, Any] = {
        "user_id": "mia",
        "content_type": "media",
        "content_id": "7",
        "platform": "acme",
        "share_format": "link",
        "visibility": "public",
        "metadata": {},
    }
    return CreateShare(at=core.clock(), share_id=share_id, **{**details, **more})


def engagement(event: str, reference: str = SHARE, **more: Any) -> Engagement:
    details: dict[str, Any] = {"engagement_type": "like", "engager": Engager(id="bob"), "at": 5}
    return Engagement(reference=reference, platform_event_id=event, **{**details, **more})


async def engage(core: Core, *told: Engagement, platform: str | None = "acme") -> Taken:
    answer: Taken = await core.submit(
        RecordEngagements(at=core.clock(), platform=platform, engagements=told)
    )
    return answer


def follow(
    core: Core, visitor: str = "v", reason: str | None = None, share_id: str = SHARE
) -> FollowLink:
    return FollowLink(at=core.clock(), share_id=share_id, visitor=visitor, discard_reason=reason)
