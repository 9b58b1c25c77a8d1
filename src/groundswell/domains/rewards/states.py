"""The states of a reward, and which way leads from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from groundswell.contract.errors import Conflict
from groundswell.contract.events.rewards import RewardStatus

Action = Literal[
    "mature", "approve", "pay", "hold", "release", "reject", "cancel", "expire", "reverse"
]

TRANSITIONS: Final[Mapping[tuple[RewardStatus, Action], RewardStatus]] = MappingProxyType(
    {
        ("pending", "mature"): "eligible",
        ("eligible", "approve"): "approved",
        ("approved", "pay"): "paid",
        ("pending", "hold"): "held",
        ("eligible", "hold"): "held",
        ("approved", "hold"): "held",
        ("held", "reject"): "rejected",
        ("pending", "cancel"): "cancelled",
        ("eligible", "cancel"): "cancelled",
        ("approved", "cancel"): "cancelled",
        ("approved", "expire"): "expired",
        ("paid", "reverse"): "reversed",
    }
)
"""All but ``release``, which leads back to the state that was left."""

LIVE: Final[frozenset[RewardStatus]] = frozenset(
    {"pending", "eligible", "approved", "held", "paid"}
)
"""Rewards that are, or will be, somebody's."""

_WITHDRAWALS: Final[Mapping[RewardStatus, Action]] = MappingProxyType(
    {
        "pending": "cancel",
        "eligible": "cancel",
        "approved": "cancel",
        "held": "reject",
        "paid": "reverse",
    }
)


def following(
    status: RewardStatus, action: Action, held_from: RewardStatus | None = None
) -> RewardStatus | None:
    """The state after an action; None if it is not legal. ``held_from`` is what a hold left."""
    if action == "release":
        return held_from if status == "held" else None
    return TRANSITIONS.get((status, action))


def withdrawal(status: RewardStatus) -> Action | None:
    """By which action a reward in this state is taken back as a whole; None if it is over."""
    return _WITHDRAWALS.get(status)


def refusal(status: RewardStatus, action: Action) -> Conflict:
    """Why an action is not legal in a state."""
    if status == "held":
        return Conflict("reward_held", "The reward is held. Release it first.")
    if action in ("approve", "pay") and status == "pending":
        return Conflict("reward_not_eligible", "The reward's hold period is not over.")
    if action == "pay" and status == "eligible":
        return Conflict("approval_needed", "The reward has to be approved first.")
    return Conflict("illegal_transition", f"A reward that is {status} knows no {action}.")
