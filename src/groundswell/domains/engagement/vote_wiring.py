"""What the review of votes offers."""

from __future__ import annotations

from groundswell.domains.engagement.vote_routes import VoteReview, vote_router
from groundswell.domains.engagement.vote_watch import VoteWatch
from groundswell.slices import Slice, Tools


def vote_review_slice(tools: Tools) -> Slice:
    """The queue, and the job that fills it unless nothing is to be looked at."""
    watch = VoteWatch(tools.store, tools.submit, tools.clock)
    review = VoteReview(tools.submit, tools.clock)
    return Slice(
        "votes",
        routes=(vote_router(watch, review),),
        jobs=(watch.run,) if tools.vote_quarantine else (),
        statistics=watch.statistics,
    )
