"""Who referred somebody: one winner among the touches, and why each of the others lost.

A touch counts from its instant until its window ends, the end excluded. Of what counts, the
strongest kind decides: set by hand, then a code the person typed, then the signed token of a
click, then the cookie. Within the kind it is the first or the last one; touches of the same
instant are told apart by the smaller id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from groundswell.contract.events.referrals import AttributionModel
from groundswell.domains.referrals.rules import TouchKind, Windows

Loss = Literal[
    "not_valid",
    "after_the_event",
    "window_elapsed",
    "self_referral",
    "circular_referral",
    "referrer_not_eligible",
    "existing_user",
    "weaker_kind",
    "not_first",
    "not_last",
    "same_instant",
]

STRENGTH: Mapping[TouchKind, int] = {"manual": 0, "code": 1, "click": 2, "cookie": 3}
"""The smaller, the stronger."""


class Touch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A contact between a person and a referrer. ``kind`` says how it is known to be theirs."""

    touch_id: str
    program_id: str
    referrer_id: str
    kind: TouchKind
    at: int
    referral_id: str
    code_id: str | None = None
    valid: bool = True


class Considered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A touch that was looked at, and why it lost; None for the winner."""

    touch_id: str
    referrer_id: str
    kind: TouchKind
    at: int
    lost: Loss | None


class Decision(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The winner, if there is one, and everything that was considered, in order of time."""

    winner: Touch | None
    trace: tuple[Considered, ...]


def attribute(
    touches: Sequence[Touch],
    at: int,
    model: AttributionModel,
    windows: Windows,
    barred: Mapping[str, Loss] | None = None,
) -> Decision:
    """Decide who referred somebody who registered at ``at``.

    Args:
        touches: everything known, of one person in one program; order does not matter.
        at: when they registered; microseconds.
        model: which touch of the strongest kind wins.
        windows: how long touches count.
        barred: referrers who cannot have referred this person, and why.
    """
    barred = barred or {}
    known = list({touch.touch_id: touch for touch in sorted(touches, key=_weakest_first)}.values())
    lost: dict[str, Loss] = {}
    for touch in known:
        reason = _unfit(touch, at, windows) or barred.get(touch.referrer_id)
        if reason is not None:
            lost[touch.touch_id] = reason
    fit = [touch for touch in known if touch.touch_id not in lost]
    winner = min(fit, key=lambda touch: _rank(touch, model), default=None)
    if winner is not None:
        others = (touch for touch in fit if touch is not winner)
        lost.update({touch.touch_id: _beaten(touch, winner, model) for touch in others})
    in_order = sorted(known, key=lambda touch: (touch.at, touch.touch_id))
    return Decision(
        winner=winner,
        trace=tuple(
            Considered(
                touch_id=touch.touch_id,
                referrer_id=touch.referrer_id,
                kind=touch.kind,
                at=touch.at,
                lost=lost.get(touch.touch_id),
            )
            for touch in in_order
        ),
    )


def _weakest_first(touch: Touch) -> int:
    """What is known twice counts as what it is known best as."""
    return -STRENGTH[touch.kind]


def _unfit(touch: Touch, at: int, windows: Windows) -> Loss | None:
    if not touch.valid:
        return "not_valid"
    if touch.at > at:
        return "after_the_event"
    if at >= touch.at + windows.of(touch.kind):
        return "window_elapsed"
    return None


def _rank(touch: Touch, model: AttributionModel) -> tuple[int, int, str]:
    order = touch.at if model == "first_touch" else -touch.at
    return STRENGTH[touch.kind], order, touch.touch_id


def _beaten(touch: Touch, winner: Touch, model: AttributionModel) -> Loss:
    if touch.kind != winner.kind:
        return "weaker_kind"
    if touch.at == winner.at:
        return "same_instant"
    return "not_first" if model == "first_touch" else "not_last"
