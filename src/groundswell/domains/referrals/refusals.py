"""What stands in the way of a referral, in words."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, GroundswellError, NotFound
from groundswell.contract.events.referrals import RejectionReason


class CodeNotFound(NotFound):
    """Nobody has this code."""

    code = "code_not_found"

    def __init__(self) -> None:
        super().__init__("Nobody has this code.")


class ProgramNotFound(NotFound):
    """No program has this id."""

    code = "program_not_found"

    def __init__(self) -> None:
        super().__init__("No program has this id.")


class ReferralNotFound(NotFound):
    """No referral has this id."""

    code = "referral_not_found"

    def __init__(self) -> None:
        super().__init__("No referral has this id.")


class CaseNotFound(NotFound):
    """No case of fraud has this id."""

    code = "case_not_found"

    def __init__(self) -> None:
        super().__init__("No case has this id.")


_CONFLICTS = (
    Conflict("code_expired", "The time of this code is over."),
    Conflict("code_not_started", "This code cannot be used yet."),
    Conflict("code_exhausted", "This code has been used as often as it may be."),
    Conflict("program_inactive", "The program is not active."),
    Conflict("program_limit_reached", "The program has as many referrals as it may have."),
    Conflict("referrer_limit_reached", "The referrer has as many referrals as they may have."),
    Conflict("referrer_not_eligible", "The referrer may not refer anybody."),
    Conflict("self_referral", "Nobody can refer themselves."),
    Conflict("already_referred", "This user was referred by another code before."),
    Conflict("existing_user", "The program is for new users only."),
    Conflict("recipient_mismatch", "This code is meant for somebody else."),
    Conflict("condition_failed", "What happened does not fulfil the program's conditions."),
    Conflict("budget_exhausted", "The program pays for no more conversions."),
    Conflict("attribution_window_elapsed", "Too much time passed since the link was followed."),
    Conflict("qualification_window_elapsed", "The time to qualify is over."),
    Conflict("fraud_confirmed", "The referral was found to be fraudulent."),
    Conflict("circular_referral", "These users would refer each other in a circle."),
)
_WORDS = {one.reason: str(one) for one in _CONFLICTS}


def refusal(reason: RejectionReason) -> GroundswellError:
    """The error for a caller whose claim was rejected."""
    return CodeNotFound() if reason == "code_not_found" else Conflict(reason, _WORDS[reason])
