"""Who wins among touches, and why the others lose."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.times import DAY, HOUR
from groundswell.domains.referrals.attribution import Decision, Touch, attribute
from groundswell.domains.referrals.rules import Windows

NOW = 1_760_000_400_000_123
WINDOWS = Windows(attribution_days=30)


def touch(name: str, ago: int, kind: Any = "click", referrer: str | None = None) -> Touch:
    return Touch(
        touch_id=f"t-{name}",
        program_id="p",
        referrer_id=referrer or name,
        kind=kind,
        at=NOW - ago,
        referral_id=f"ref-{name}",
    )


def decide(*touches: Touch, model: Any = "last_touch", **more: Any) -> Decision:
    return attribute(touches, NOW, model, WINDOWS, **more)


def winner(*touches: Touch, **more: Any) -> str | None:
    found = decide(*touches, **more).winner
    return found.referrer_id if found else None


def test_without_touches_nobody_wins() -> None:
    assert decide() == Decision(winner=None, trace=())


@pytest.mark.parametrize(("model", "expected"), [("last_touch", "late"), ("first_touch", "early")])
def test_the_model_decides_within_a_kind(model: str, expected: str) -> None:
    assert winner(touch("early", 2 * DAY), touch("late", DAY), model=model) == expected


def test_stronger_kinds_win_however_old() -> None:
    touches = [
        touch("manual", 20 * DAY, "manual"),
        touch("code", 10 * DAY, "code"),
        touch("click", 5 * DAY, "click"),
        touch("cookie", HOUR, "cookie"),
    ]
    while touches:
        assert winner(*touches) == touches[0].referrer_id
        touches.pop(0)


def test_a_touch_is_expired_exactly_at_the_end_of_its_window() -> None:
    assert winner(touch("a", 30 * DAY)) is None
    assert winner(touch("a", 30 * DAY - 1)) == "a"


def test_a_touch_at_the_very_instant_counts_and_a_later_one_does_not() -> None:
    assert winner(touch("a", 0)) == "a"
    assert winner(touch("a", -1)) is None


def test_touches_of_one_instant_are_told_apart_by_the_smaller_id() -> None:
    for model in ("first_touch", "last_touch"):
        assert winner(touch("b", HOUR), touch("a", HOUR), model=model) == "a"


def test_kinds_may_have_windows_of_their_own() -> None:
    windows = Windows(attribution_days=30, click_days=1, code_days=60)
    old = [touch("click", DAY), touch("cookie", 30 * DAY - 1, "cookie")]
    found = attribute(old, NOW, "last_touch", windows)
    assert found.winner == old[1]
    code = touch("code", 60 * DAY - 1, "code")
    assert attribute([code], NOW, "last_touch", windows).winner == code


def test_every_touch_is_in_the_trace_with_why_it_lost() -> None:
    found = decide(
        touch("manual", 40 * DAY, "manual"),
        touch("own", DAY, "code"),
        touch("old", 3 * DAY),
        touch("z-won", 2 * DAY, referrer="won"),
        touch("zz-twin", 2 * DAY),
        touch("cookie", HOUR, "cookie"),
        touch("future", -HOUR),
        Touch(
            **{f: getattr(touch("void", HOUR), f) for f in Touch.__struct_fields__ if f != "valid"},
            valid=False,
        ),
        barred={"own": "self_referral"},
    )
    assert {one.touch_id: one.lost for one in found.trace} == {
        "t-manual": "window_elapsed",
        "t-own": "self_referral",
        "t-old": "not_last",
        "t-z-won": None,
        "t-zz-twin": "same_instant",
        "t-cookie": "weaker_kind",
        "t-future": "after_the_event",
        "t-void": "not_valid",
    }
    assert [one.at for one in found.trace] == sorted(one.at for one in found.trace)


def test_what_is_known_twice_counts_as_what_it_is_known_best_as() -> None:
    same = touch("a", DAY, "cookie"), touch("a", DAY, "click")
    other = touch("b", HOUR, "cookie")
    found = decide(*same, other)
    assert (found.winner, len(found.trace)) == (same[1], 2)
    assert decide(*reversed(same), other).winner == same[1]
