"""The pass that lets a session see the operators' page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import SECOND
from groundswell.web.operators import LASTS_SECONDS, OperatorPasses

START = 1_773_585_040_000_000
KEY = b"k" * 32


def passes(at: int = START, key: bytes = KEY) -> OperatorPasses:
    return OperatorPasses(key, lambda: at)


def test_a_pass_is_good_for_its_session_for_an_hour() -> None:
    issued = passes().issue("one")
    assert passes().admits("one", issued)
    assert passes(START + (LASTS_SECONDS - 1) * SECOND).admits("one", issued)
    assert not passes(START + LASTS_SECONDS * SECOND).admits("one", issued)


def test_a_pass_is_worth_nothing_elsewhere() -> None:
    issued = passes().issue("one")
    assert not passes().admits("other", issued)
    assert not passes().admits(None, issued)
    assert not passes(key=b"x" * 32).admits("one", issued)


def test_a_pass_cannot_be_made_to_last_longer() -> None:
    ends, seal = passes().issue("one").split(".")
    assert not passes().admits("one", f"{int(ends) + 1}.{seal}")


@pytest.mark.parametrize("shown", [None, "", ".", "1.", "x.y", "٣.a", "9" * 400 + ".a", "-1.a"])
def test_what_is_no_pass_is_refused(shown: str | None) -> None:
    assert not passes().admits("one", shown)


@given(st.text(max_size=100))
def test_nothing_made_up_is_a_pass(shown: str) -> None:
    assert not passes().admits("one", shown)
