"""What the slice of referrals offers."""

from __future__ import annotations

from groundswell.domains.referrals.audit import audit_referrals
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.keeping import hashes_of_clicks
from groundswell.domains.referrals.link_routes import link_router
from groundswell.domains.referrals.offering import ReferralActions
from groundswell.domains.referrals.program_lists import ProgramLists
from groundswell.domains.referrals.queries import ReferralQueries
from groundswell.domains.referrals.reactions import referral_attribution
from groundswell.domains.referrals.review_queries import ReviewQueries
from groundswell.domains.referrals.routes import referral_router
from groundswell.domains.referrals.sweeping import Sweeper
from groundswell.domains.referrals.tokens import ReferralTokens
from groundswell.slices import Slice, Tools
from groundswell.store.forgetting import OldRows


def referral_slice(tools: Tools) -> Slice:
    """Programs, codes, links, attribution, conversions and the review of suspicions."""
    names = Names(tools.discretions, tools.are_friends)
    queries = ReferralQueries(tools.store, tools.clock, tools.public_url, names)
    reviews = ReviewQueries(tools.store, tools.clock)
    lists = ProgramLists(tools.store, tools.clock, tools.public_url)
    actions = ReferralActions(
        tools.submit,
        ReferralTokens(tools.secret),
        tools.hasher,
        tools.limits,
        tools.clock,
        queries.seen_by_referee,
    )
    old = OldRows(tools.store, tools.clock, hashes_of_clicks(tools.store))

    async def audit() -> list[str]:
        return await audit_referrals(tools.store)

    return Slice(
        "referrals",
        routes=(referral_router(actions, queries, reviews, lists), link_router(actions)),
        react=referral_attribution,
        jobs=(Sweeper(tools.submit, tools.clock).run, old.run),
        statistics=old.statistics,
        audit=audit,
        export=queries.export,
        members=queries.is_member,
    )
