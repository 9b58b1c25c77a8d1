"""Forms: their tokens, their bodies and where they lead back to."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Invalid
from groundswell.web.csrf import FormExpired, FormTokens
from groundswell.web.forms import LONGEST_COMMENT, comment_problem, form_of, local_path


def test_a_token_belongs_to_one_session_and_one_key() -> None:
    tokens = FormTokens(b"key")
    token = tokens.token("one")
    tokens.check("one", token)
    for session, other in [("two", tokens), ("one", FormTokens(b"other")), (None, tokens)]:
        with pytest.raises(FormExpired):
            other.check(session, token)


@pytest.mark.parametrize("token", ["", "0" * 64, "\N{SNOWMAN}"])
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(FormExpired):
        FormTokens(b"key").check("one", token)


def test_a_form_is_decoded_and_the_last_of_a_name_counts() -> None:
    assert form_of(b"a=1&b=%C3%A4+%26&a=2&c=") == {"a": "2", "b": "ä &", "c": ""}


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * 17)])
def test_a_body_that_is_no_small_utf8_form_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        form_of(body)


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/", "/"),
        ("/media/5?chart=7d", "/media/5?chart=7d"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
        ("", "/"),
    ],
)
def test_a_form_leads_back_to_this_site_only(wanted: str, path: str) -> None:
    assert local_path(wanted) == path


def test_a_comment_says_something_of_bounded_length() -> None:
    assert comment_problem("x" * LONGEST_COMMENT) is None
    assert (
        comment_problem("x" * (LONGEST_COMMENT + 1))
        == "That is 2,001 characters; 2,000 is the most."
    )
    assert comment_problem(" \n\t") == "Write something first."
    assert comment_problem("a\0b") is not None
