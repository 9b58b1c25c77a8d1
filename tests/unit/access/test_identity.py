"""What may name a user, and what a scope looks like."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.identity import (
    SCOPE_PATTERN,
    USER_ID_PATTERN,
    is_user_id,
    valid_scopes,
    valid_user_id,
)
from groundswell.contract.errors import Invalid


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_letters_digits_dashes_and_underscores_name_a_user(text: str) -> None:
    assert valid_user_id(text) == text
    assert re.search(USER_ID_PATTERN, text)


@pytest.mark.parametrize("text", ["", "a.b", "a b", "ä", "a\n", "a:b", "x" * 65, "a/b", "\x00"])
def test_nothing_else_does(text: str) -> None:
    assert not is_user_id(text)
    with pytest.raises(Invalid) as caught:
        valid_user_id(text)
    assert caught.value.errors[0].field == "userId"


def test_scopes() -> None:
    assert valid_scopes(["moderate", "boards:write", "moderate"]) == {"moderate", "boards:write"}
    for bad in ("", "Moderate", "a b", "x" * 65, "a\n", "1a"):
        with pytest.raises(Invalid):
            valid_scopes([bad])
    with pytest.raises(Invalid):
        valid_scopes([f"s{number}" for number in range(33)])


def test_the_patterns_are_ones_the_body_decoder_knows() -> None:
    for pattern in (USER_ID_PATTERN, SCOPE_PATTERN):
        assert msgspec.Meta(pattern=pattern).pattern == pattern
