"""What callers may do with referral programs, the same for every door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import TypeVar

from msgspec import UNSET

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.errors import Conflict, Forbidden, Invalid, RateLimited
from groundswell.contract.money import to_minor
from groundswell.contract.times import Clock
from groundswell.domains.referrals import bodies
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.bodies import instant, ordered
from groundswell.domains.referrals.clicks import Discard, agent_family
from groundswell.domains.referrals.links import LATE
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.programs import check_rules
from groundswell.domains.referrals.refusals import refusal
from groundswell.domains.referrals.tokens import ReferralTokens
from groundswell.domains.referrals.views import (
    CaseState,
    CodeView,
    ConversionView,
    Done,
    Followed,
    ProgramView,
    Redemption,
    Touched,
)
from groundswell.http.callers import require_user
from groundswell.http.visits import Visit, machine
from groundswell.log.reactions import Submit
from groundswell.store.commands import Command, Idempotency

LONGEST_QUERY = 1024
LONGEST_SOURCE = 512

T = TypeVar("T")
_Key = Idempotency | None
Seen = Callable[[Redemption], Awaitable[Redemption]]
"""A redemption as the person who was referred sees it."""


class ReferralActions:
    """Turns what callers ask for into commands.

    Args:
        submit: the writer's.
        tokens: signs and reads what visitors carry.
        hasher: makes names of addresses.
        limits: how often somebody may type codes and follow links.
        clock: the time.
        seen_by_referee: leaves out what the person who was referred may not know.
    """

    def __init__(
        self,
        submit: Submit,
        tokens: ReferralTokens,
        hasher: AddressHasher,
        limits: RateLimits,
        clock: Clock,
        seen_by_referee: Seen,
    ) -> None:
        self._seen_by_referee = seen_by_referee
        self._submit = submit
        self.tokens = tokens
        self._hasher = hasher
        self._limits = limits
        self._clock = clock

    async def create_program(self, body: bodies.NewProgram, key: _Key) -> ProgramView:
        """Make a program.

        Raises:
            Invalid: the rules contradict themselves.
            Conflict: the id is taken.
        """
        check_rules(body.rules)
        starts, ends = instant(body.starts_at, "startsAt"), instant(body.ends_at, "endsAt")
        ordered(starts, ends, "endsAt")
        command = wishes.CreateProgram(
            at=self._clock(),
            program_id=body.program_id or new_id("program"),
            name=body.name,
            rules=body.rules,
            state=body.state,
            starts_at=starts,
            ends_at=ends,
        )
        return await self._answer(ProgramView, command, key)

    async def change_program(
        self, program_id: str, body: bodies.ProgramChanges, key: _Key
    ) -> ProgramView:
        """Change a program: a new version, if anything is different."""
        given = {
            "name": body.name,
            "state": body.state,
            "starts_at": instant(body.starts_at, "startsAt"),
            "ends_at": instant(body.ends_at, "endsAt"),
        }
        command = wishes.ChangeProgram(
            at=self._clock(),
            program_id=program_id,
            changes={name: value for name, value in given.items() if value is not UNSET},
            rules={} if body.rules is UNSET else body.rules,
        )
        return await self._answer(ProgramView, command, key)

    async def make_code(
        self, program_id: str, body: bodies.NewCode, caller: Principal, key: _Key
    ) -> CodeView:
        """A user's code; limits are for the host to set.

        Raises:
            Forbidden: a user asks for somebody else's, or for limits.
        """
        limits = (body.starts_at, body.expires_at, body.max_uses, body.recipient_id)
        if caller.kind != "host":
            user = require_user(caller)
            if body.user_id not in (None, user) or any(one is not None for one in limits):
                raise Forbidden("Only the host application may do this.")
            await self._limits.hit("code", rate_key(caller, self._hasher))
        else:
            user = body.user_id or caller.user_id or ""
            if not user:
                raise Invalid.at("userId", "Missing required field")
        starts, ends = instant(body.starts_at, "startsAt"), instant(body.expires_at, "expiresAt")
        ordered(starts, ends, "expiresAt")
        command = wishes.MakeCode(
            at=self._clock(),
            program_id=program_id,
            user_id=user,
            wanted=body.code,
            starts_at=starts,
            expires_at=ends,
            max_uses=body.max_uses,
            recipient_id=body.recipient_id,
        )
        return await self._answer(CodeView, command, key)

    async def revoke_code(
        self, program_id: str, code_id: str, caller: Principal, key: _Key = None
    ) -> CodeView:
        """Take a code back: the host any, users their own."""
        owner = None if caller.kind == "host" else require_user(caller)
        command = wishes.RevokeCode(
            at=self._clock(), program_id=program_id, code_id=code_id, reason="revoked", owner=owner
        )
        return await self._answer(CodeView, command, key)

    async def follow(
        self, code: str, caller: Principal, visit: Visit, cookie: str | None, query: str
    ) -> Followed:
        """Somebody, or something, follows a link."""
        discard: Discard | None = machine(visit)
        if discard is None and await self._too_often(caller):
            discard = "rate_limited"
        said = blake2b(f"{caller.address}\n{visit.agent}".encode(), digest_size=32).hexdigest()
        command = wishes.FollowLink(
            at=self._clock(),
            code=code,
            # Hashed once more under a key: the digest alone could be found by trying.
            identity=self._hasher.hash("referral", said),
            address=self._hasher.hash("referral", caller.address),
            family=agent_family(visit.agent, discard),
            carried=self.tokens.carried(cookie),
            discard=discard,
            source=visit.headers.get("referer", "")[:LONGEST_SOURCE] or None,
            query=query[:LONGEST_QUERY],
        )
        answer: Followed = await self._submit(command)
        return answer

    async def _too_often(self, caller: Principal) -> bool:
        """Whoever follows so many links arrives all the same, but is not counted."""
        try:
            await self._limits.hit("click", rate_key(caller, self._hasher))
        except RateLimited:
            return True
        return False

    async def redeem(
        self, program_id: str, body: bodies.NewRedemption, caller: Principal, key: _Key
    ) -> Redemption:
        """A typed code: users for themselves, the host for anybody.

        Raises:
            Conflict: the claim was rejected, for one of the closed list of reasons.
            NotFound: nobody has this code, or there is no such program.
        """
        if caller.kind != "host":
            if require_user(caller) != body.user_id:
                raise Forbidden("Only the host application may do this.")
            await self._limits.hit("redeem", rate_key(caller, self._hasher))
        command = wishes.RedeemCode(
            at=self._clock(),
            program_id=program_id,
            code=body.code,
            user_id=body.user_id,
            anonymous=body.anonymous,
        )
        accepted = _accepted(await self._answer(Redemption, command, key))
        return accepted if caller.kind == "host" else await self._seen_by_referee(accepted)

    async def report_touch(self, program_id: str, body: bodies.NewTouch, key: _Key) -> Touched:
        """A click that was counted elsewhere, up to 30 days ago."""
        now, at = self._clock(), instant(body.at, "at")
        if not now - LATE <= at <= now:
            raise Invalid.at("at", "Must lie within the last 30 days")
        carried = self.tokens.carried(body.cookie)
        if body.cookie is not None and carried is None:
            raise Invalid.at("cookie", "Is none of ours")
        if carried is None and body.user_id is None:
            raise Invalid.at("userId", "Either it or a cookie is needed")
        command = wishes.ReportTouch(
            at=now,
            program_id=program_id,
            code=body.code,
            touched_at=at,
            visitor_id=carried.visitor_id if carried else None,
            user_id=body.user_id,
        )
        return await self._answer(Touched, command, key)

    async def set_referrer(
        self, program_id: str, body: bodies.NewReferrer, key: _Key
    ) -> Redemption:
        """The host decides who referred somebody."""
        command = wishes.SetReferrer(
            at=self._clock(),
            program_id=program_id,
            user_id=body.user_id,
            referrer_id=body.referrer_id,
            reason=body.reason,
        )
        return _accepted(await self._answer(Redemption, command, key))

    async def report_conversion(
        self, program_id: str, body: bodies.NewConversion, key: _Key
    ) -> Done:
        """Something a user did, that this program alone may count."""
        now = self._clock()
        at = instant(body.occurred_at, "occurredAt")
        amount = body.amount
        command = wishes.RecordActivity(
            at=now,
            user_id=body.user_id,
            parts=("user",),
            event_type=body.type,
            external_id=f"{program_id}#{body.external_event_id}",
            program_id=program_id,
            occurred_at=now if at is None else min(at, now),
            amount_minor=None if amount is None else to_minor(amount),
            currency=None if amount is None else amount.currency,
            facts=body.data,
        )
        return await self._answer(Done, command, key)

    async def reverse(self, conversion_id: str, body: bodies.Reversal, key: _Key) -> ConversionView:
        """Undo a conversion, or note a refund of part of it."""
        refunded = None if body.refunded is None else to_minor(body.refunded, "refunded.amount")
        command = wishes.ReverseConversion(
            at=self._clock(),
            conversion_id=conversion_id,
            reason=body.reason,
            refunded_minor=refunded,
            currency=None if body.refunded is None else body.refunded.currency,
        )
        return await self._answer(ConversionView, command, key)

    async def suspend(
        self, program_id: str, user_id: str, suspended: bool, key: _Key = None
    ) -> Done:
        """End a referrer's part, or let them take part again."""
        command = wishes.SuspendReferrer(
            at=self._clock(), program_id=program_id, user_id=user_id, suspended=suspended
        )
        return await self._answer(Done, command, key)

    async def resolve(
        self, case_id: str, resolution: CaseState, note: str | None, key: _Key = None
    ) -> Done:
        """Decide a case."""
        command = wishes.ResolveCase(
            at=self._clock(), case_id=case_id, resolution=resolution, by="host", note=note
        )
        return await self._answer(Done, command, key)

    async def _answer(self, _: type[T], command: Command, key: _Key = None) -> T:
        answer: T = await self._submit(command, key)
        return answer


def _accepted(answer: Redemption) -> Redemption:
    """The referral.

    Raises:
        GroundswellError: the claim was rejected. That is durable, and seen by the operator.
    """
    if answer.rejected is not None:
        raise refusal(answer.rejected)
    if answer.referral_id is None:
        raise Conflict("condition_failed", "There is nothing to attribute.")
    return answer


def lower_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
