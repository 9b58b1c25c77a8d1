"""What is behind the page of a signed-in user."""

from __future__ import annotations

from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal
from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.contract.errors import Unauthenticated
from groundswell.contract.inbox import ReadState
from groundswell.domains.inbox.offering import InboxActions
from groundswell.domains.network.rows import are_friends
from groundswell.domains.privacy.offering import PrivacyActions
from groundswell.domains.privacy.wishes import wishes_of
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.queries import ReferralQueries
from groundswell.domains.rewards.queries import RewardQueries
from groundswell.http.callers import require_user
from groundswell.web.me import Shown, Verify
from groundswell.web.mine import Mine


def mine_of(core: Core, inbox: InboxActions, limits: RateLimits) -> Mine:
    """The parts that the page asks; it neither exports nor erases."""
    store, clock = core.store, times.now
    public_url = core.settings.public_url.rstrip("/")
    names = Names(wishes_of, are_friends)

    async def mark(caller: Principal, message_id: str, state: ReadState) -> None:
        await inbox.limit(caller)
        await inbox.inbox.read(require_user(caller), None, state, ids=(message_id,))

    return Mine(
        referrals=ReferralQueries(store, clock, public_url, names),
        rewards=RewardQueries(store, clock),
        messages=inbox.queries,
        privacy=PrivacyActions(store, core.writer.submit, core.hasher, limits, clock, {}, ()),
        mark=mark,
    )


def verifying(access: Access) -> Verify:
    """What checks the token of a browser's user."""

    async def verify(token: str, address: str) -> Shown:
        found = await access.verify(token, address)
        if found.user_id is None:
            raise Unauthenticated("This needs a user's access token.")
        return Shown(found.principal, found.expires_at)

    return verify
