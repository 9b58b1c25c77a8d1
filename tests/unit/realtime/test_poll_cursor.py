"""Cursors survive the way to the client and back; anything else is refused."""

from __future__ import annotations

import base64

import msgspec
import pytest

from groundswell.contract.errors import Invalid
from groundswell.realtime.doors.polling.cursor import LONGEST, Cursor, Place, decode
from groundswell.realtime.recovery import LogPosition


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def test_a_cursor_says_again_what_it_was_made_of() -> None:
    places = {
        "activity": Place("k3Tz", 41),
        "hot": Place("k3Tz", 2**62),
        "media.7": None,
        "user.1.inbox": Place("other", 0),
    }
    cursor = Cursor(LogPosition("log", 90_211), places)
    assert decode(cursor.encode()) == cursor


def test_the_largest_cursor_fits_in_an_address() -> None:
    places = {f"user.{n:064d}.inbox": Place(f"epoch-{n:026d}", 2**63 - 1) for n in range(129)}
    cursor = Cursor(LogPosition("log", 2**63 - 1), places)
    assert len(cursor.encode()) < LONGEST
    assert decode(cursor.encode()) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "é",
        "abc",
        "activity",
        encoded(None),
        encoded([]),
        encoded({}),
        encoded([1, "log", 5, []]),
        encoded([2, "log", 5, [], {}]),
        encoded([1, "log", -1, [], {}]),
        encoded([1, "log", "5", [], {}]),
        encoded([1, "log", 2**63, [], {}]),
        encoded([1, "x" * 65, 5, [], {}]),
        encoded([1, "log", 5, [], {"activity": [0, 5]}]),
        encoded([1, "log", 5, ["e"], {"activity": [-2, 5]}]),
        encoded([1, "log", 5, ["e"], {"activity": [0, -5]}]),
        encoded([1, "log", 5, ["e"], {"x" * 256: [0, 5]}]),
        "W" * 40_000,
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode(text)
    assert refusal.value.errors[0].field == "cursor"
