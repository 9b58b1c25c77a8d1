from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.errors import Invalid
from groundswell.contract.paging import decode_cursor, encode_cursor, page_of, place_of
from groundswell.http.decoding import decode_json

Position = tuple[int, str]


@given(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text()))
def test_a_position_survives_its_cursor(position: Position) -> None:
    token = encode_cursor(position)
    assert decode_cursor(token, Position) == position
    assert token.isascii()
    assert not set(token) & set("+/= ")


@given(st.text())
def test_any_other_text_is_refused_as_invalid_or_is_a_position(token: str) -> None:
    try:
        assert isinstance(decode_cursor(token, Position), tuple)
    except Invalid as refused:
        assert refused.errors[0].field == "cursor"


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    words: list[str] = []


@given(st.binary(max_size=200))
def test_decoding_any_bytes_answers_or_is_invalid(body: bytes) -> None:
    try:
        assert isinstance(decode_json(body, Shape), Shape)
    except Invalid as refused:
        assert str(refused)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_without_end_is_invalid(opening: bytes) -> None:
    with pytest.raises(Invalid):
        decode_json(opening * 20_000, object)


@given(st.integers(0, 30), st.integers(1, 7))
def test_pages_follow_each_other_and_leave_nothing_out(there_are: int, limit: int) -> None:
    numbers = list(range(there_are))
    told: list[int] = []
    after = -1
    while True:
        found = [one for one in numbers if one > after][: limit + 1]
        page = page_of(found, limit, "now", show=lambda one: one, place=lambda one: (one, ""))
        told += page.items
        if page.next_cursor is None:
            break
        assert len(page.items) == limit
        after, _ = place_of(page.next_cursor)
    assert told == numbers


@pytest.mark.parametrize("place", [(2**63, "a"), (-(2**63), "a"), (1, "a\x00"), (1, "a" * 257)])
def test_a_place_that_no_database_could_look_for_is_no_place(place: Position) -> None:
    with pytest.raises(Invalid):
        place_of(encode_cursor(place))
