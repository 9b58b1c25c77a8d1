"""R8, R12 and the order of things, for the rule that decides who referred somebody."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import DAY
from groundswell.domains.referrals.attribution import STRENGTH, Touch, attribute
from groundswell.domains.referrals.codes import normalised
from groundswell.domains.referrals.rules import Windows
from groundswell.domains.referrals.tokens import Carried, ReferralTokens
from groundswell.http.visits import Visit, machine

NOW = 1_760_000_400_000_123
WINDOWS = Windows(attribution_days=3, click_days=1, code_days=2)
MODELS = st.sampled_from(["first_touch", "last_touch"])
KINDS = st.sampled_from(sorted(STRENGTH))

# Near the ends of windows, and of each other.
ages = st.one_of(
    st.integers(-2, 2),
    *(st.integers(days * DAY - 2, days * DAY + 2) for days in (1, 2, 3)),
    st.integers(-DAY, 4 * DAY),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Touch]:
    count = draw(st.integers(0, 8))
    return [
        Touch(
            touch_id=f"t{number}",
            program_id="p",
            referrer_id=draw(st.sampled_from("abc")),
            kind=draw(KINDS),
            at=NOW - draw(ages),
            referral_id=f"r{number}",
            valid=draw(st.booleans()) or draw(st.booleans()),
        )
        for number in range(count)
    ]


def fits(touch: Touch, barred: set[str]) -> bool:
    inside = touch.at <= NOW < touch.at + WINDOWS.of(touch.kind)
    return touch.valid and inside and touch.referrer_id not in barred


@given(histories(), MODELS, st.sets(st.sampled_from("abc")))
def test_the_winner_is_that_of_a_plain_search(
    touches: list[Touch], model: str, barred: set[str]
) -> None:
    reasons = dict.fromkeys(barred, "self_referral")
    found = attribute(touches, NOW, model, WINDOWS, reasons)  # type: ignore[arg-type]
    fit = [one for one in touches if fits(one, barred)]
    best = [one for one in fit if STRENGTH[one.kind] == min(STRENGTH[x.kind] for x in fit)]
    if model == "first_touch":
        wanted = sorted(best, key=lambda one: (one.at, one.touch_id))
    else:
        wanted = sorted(best, key=lambda one: (-one.at, one.touch_id))
    assert found.winner == (wanted[0] if wanted else None)
    assert len(found.trace) == len(touches)
    winners = [one.touch_id for one in found.trace if one.lost is None]
    assert winners == ([found.winner.touch_id] if found.winner else [])


@given(histories(), MODELS, st.randoms(use_true_random=False))
def test_r9_the_order_in_which_touches_are_known_does_not_matter(
    touches: list[Touch], model: str, order: random.Random
) -> None:
    shuffled = touches + order.choices(touches, k=2) if touches else []
    order.shuffle(shuffled)
    one = attribute(touches, NOW, model, WINDOWS)  # type: ignore[arg-type]
    assert attribute(shuffled, NOW, model, WINDOWS) == one  # type: ignore[arg-type]


@given(KINDS, MODELS, st.integers(-3, 3))
def test_r8_the_end_of_the_window_is_outside_and_a_microsecond_before_it_inside(
    kind: str, model: str, shift: int
) -> None:
    end = WINDOWS.of(kind)  # type: ignore[arg-type]
    touch = Touch(
        touch_id="t",
        program_id="p",
        referrer_id="a",
        kind=kind,  # type: ignore[arg-type]
        at=NOW - end - shift,
        referral_id="r",
    )
    found = attribute([touch], NOW, model, WINDOWS)  # type: ignore[arg-type]
    assert (found.winner is not None) == (shift < 0)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(min_size=32, max_size=32))
def test_what_was_not_signed_is_never_read(text: str, other: str, secret: bytes) -> None:
    tokens = ReferralTokens(secret)
    assert tokens.carried(text) is None
    assert tokens.click_of(f"{text}.{other}") is None
    carried = Carried("visitor-1", "click-1")
    assert tokens.carried(tokens.cookie(carried)) == carried


@given(st.text(max_size=30))
def test_reading_a_code_twice_changes_nothing(code: str) -> None:
    assert normalised(normalised(code)) == normalised(code)


agents = st.sampled_from(["", "Googlebot/2.1", "WhatsApp/2.2", "Mozilla/5.0 Firefox/130.0"])


@given(st.sampled_from(["GET", "HEAD"]), agents, st.sampled_from(["", "prefetch", "navigate"]))
def test_r11_only_a_person_who_goes_somewhere_can_make_a_touch(
    method: str, agent: str, purpose: str
) -> None:
    visit = Visit(method=method, headers={"user-agent": agent, "sec-purpose": purpose})
    person = method == "GET" and "Firefox" in agent and purpose != "prefetch"
    assert (machine(visit) is None) == person
