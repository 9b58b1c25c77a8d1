from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.errors import Invalid
from groundswell.http.decoding import decode_json
from groundswell.http.parameters import decode_cursor, encode_cursor

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
