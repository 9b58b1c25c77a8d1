"""What can be read in a JSON value, and what becomes of it where there is no queue."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.moderation import texts_of


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, ""),
        (None, ""),
        (7, ""),
        ("a", "a"),
        ({"title": "a", "n": 1, "tags": ["b", {"c": "d"}]}, "a\nb\nd"),
        ({"url": "https://a.example", "image": "https://b.example", "title": "t"}, "t"),
        ({"title": "", "message": "m"}, "m"),
    ],
)
def test_all_text_is_found_and_addresses_are_none(data: Any, text: str) -> None:
    assert texts_of(data) == text
