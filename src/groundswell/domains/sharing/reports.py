"""Shares that clients report over the gateway, queued while they were offline."""

from __future__ import annotations

from groundswell.domains.sharing.bodies import NewShare
from groundswell.domains.sharing.offering import Sharing
from groundswell.domains.sharing.views import HeldShare
from groundswell.http.decoding import decode_json
from groundswell.slices import Perform, Report


def share_report(sharing: Sharing) -> Perform:
    """Shares what is reported, once under its key; answers the share's id, or under which id it
    waits for a review."""

    async def perform(report: Report) -> str | None:
        new: NewShare = decode_json(report.data, NewShare)
        shared = await sharing.share(report.by, new, report.attempt)
        return shared.moderation_id if isinstance(shared, HeldShare) else shared.share_id

    return perform
