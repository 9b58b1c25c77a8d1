"""All commands about referral programs as one family, executed one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from groundswell.contract.times import Clock
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals import ending, redeeming, registering, resolving
from groundswell.domains.referrals.codes_handling import Codes
from groundswell.domains.referrals.discretion import DiscreetTail, Names
from groundswell.domains.referrals.links import follow_link, report_touch
from groundswell.domains.referrals.programs import change_program, create_program
from groundswell.domains.referrals.tokens import ReferralTokens
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

_FOLLOWING = (
    wishes.RegisterReferee,
    wishes.UpdateIdentity,
    wishes.RecordActivity,
    wishes.EndReferrer,
)

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]


class ReferralCommands:
    """Executes batches of commands.

    Args:
        tokens: reads what new users carried.
        link_base: what links begin with.
        clock: when things are decided that follow from events: those may be old by then.
        names: who may be named to whom.
    """

    def __init__(self, tokens: ReferralTokens, link_base: str, clock: Clock, names: Names) -> None:
        self._clock = clock
        self._names = names
        registrations, codes = registering.Registrations(tokens), Codes(link_base)
        self._execute: dict[type[Command], Execute] = {
            wishes.CreateProgram: create_program,
            wishes.ChangeProgram: change_program,
            wishes.MakeCode: codes.make,
            wishes.RevokeCode: codes.revoke,
            wishes.FollowLink: follow_link,
            wishes.ReportTouch: report_touch,
            wishes.RedeemCode: redeeming.redeem,
            wishes.RegisterReferee: registrations.register,
            wishes.UpdateIdentity: registering.update,
            wishes.RecordActivity: registering.record,
            wishes.SetReferrer: redeeming.set_referrer,
            wishes.ReverseConversion: ending.reverse_conversion,
            wishes.SuspendReferrer: resolving.suspend_referrer,
            wishes.EndReferrer: resolving.end_referrer,
            wishes.ResolveCase: resolving.resolve_case,
            wishes.SweepReferrals: ending.sweep,
        }

    async def handle(
        self, transaction: Transaction, commands: Sequence[Any], tail: EventTail
    ) -> list[object]:
        """Execute the batch; the outcomes stand in the order of the commands."""
        now = self._clock()
        return [await self._one(transaction, one, tail, now) for one in commands]

    async def _one(
        self, transaction: Transaction, command: Command, tail: EventTail, now: int
    ) -> object:
        if isinstance(command, _FOLLOWING):
            command = msgspec.structs.replace(command, at=max(command.at, now))
        discreet = DiscreetTail(tail, self._names)
        outcome = await self._execute[type(command)](transaction, command, discreet)
        await discreet.settle(transaction)
        return outcome


def referral_handler(
    secret: bytes, link_base: str, clock: Clock, names: Names | None = None
) -> Handler:
    """The handler of all commands about referral programs."""
    commands = ReferralCommands(ReferralTokens(secret), link_base, clock, names or Names())
    return Handler(wishes.COMMANDS, commands.handle)
