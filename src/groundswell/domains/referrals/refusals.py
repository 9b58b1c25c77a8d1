"""What stands in the way of a referral, in words."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, GroundswellError, NotFound
from groundswell.contract.events.referrals import RejectionReason

WORDS: dict[RejectionReason, str] = {
    "code_not_found": "Nobody has this code.",
    "code_expired": "The time of this code is over.",
    "code_not_started": "This code cannot be used yet.",
    "code_exhausted": "This code has been used as often as it may be.",
    "program_inactive": "The program is not active.",
    "program_limit_reached": "The program has as many referrals as it may have.",
    "referrer_limit_reached": "The referrer has as many referrals as they may have.",
    "referrer_not_eligible": "The referrer may not refer anybody.",
    "self_referral": "Nobody can refer themselves.",
    "already_referred": "This user was referred by somebody else before.",
    "existing_user": "The program is for new users only.",
    "recipient_mismatch": "This code is meant for somebody else.",
    "condition_failed": "What happened does not fulfil the program's conditions.",
    "budget_exhausted": "The program pays for no more conversions.",
    "attribution_window_elapsed": "The time between the link and the registration was too long.",
    "qualification_window_elapsed": "The time to qualify is over.",
    "fraud_confirmed": "The referral was found to be fraudulent.",
    "circular_referral": "These users refer each other in a circle.",
}


class CodeNotFound(NotFound):
    """Nobody has this code."""

    code = "code_not_found"

    def __init__(self) -> None:
        super().__init__(WORDS["code_not_found"])


def refusal(reason: RejectionReason) -> GroundswellError:
    """The error for a caller whose claim was rejected."""
    return CodeNotFound() if reason == "code_not_found" else Conflict(reason, WORDS[reason])
