"""However much is refused, a minute has few rows, and their counts are still the number of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.refusals import CallerKind, Refused
from groundswell.contract.times import MINUTE
from groundswell.ops.refusals.commands import Row
from groundswell.ops.refusals.gathering import Gatherer

START = 29_000_000 * MINUTE
CODES = ("forbidden", "code_expired", "webhook_stale")
SMALL = {"per_caller": 3, "known": 12, "strangers": 8}


def refused(at: int = START, **more: Any) -> Refused:
    known: dict[str, Any] = {
        "status": 409,
        "code": "code_expired",
        "route": "/v1/codes",
        "method": "POST",
        "caller": "user",
        "caller_id": "ada",
    }
    return Refused(at=at, **{**known, **more})


def gathered(*refusals: Refused, **bounds: int) -> list[Row]:
    gatherer = Gatherer(**bounds)
    for one in refusals:
        gatherer.add(one)
    return gatherer.waiting()


def test_what_is_alike_within_a_minute_is_one_row() -> None:
    (row,) = gathered(
        refused(request_id="a", detail="first"),
        refused(START + 7, request_id="b", detail="second"),
    )
    assert (row.times, row.began, row.last.at) == (2, START, START + 7)
    assert (row.last.request_id, row.last.detail) == ("b", "second")


def test_the_next_minute_begins_a_row_of_its_own() -> None:
    rows = gathered(refused(START + MINUTE - 1), refused(START + MINUTE))
    assert [row.times for row in rows] == [1, 1]


def test_other_callers_codes_places_and_things_are_rows_of_their_own() -> None:
    differing = (
        {},
        {"code": "self_referral"},
        {"status": 404},
        {"route": "/v1/other"},
        {"method": "PUT"},
        {"caller_id": "bob"},
        {"caller": "host"},
        {"subject_kind": "reward", "subject_id": "reward-1"},
        {"subject_kind": "reward", "subject_id": "reward-2"},
    )
    assert len(gathered(*(refused(**more) for more in differing))) == len(differing)


def test_whoever_tries_many_things_is_still_named_with_every_code() -> None:
    many = [refused(subject_kind="reward", subject_id=str(number)) for number in range(100)]
    many += [refused(code="self_referral", subject_id=str(number)) for number in range(100)]
    rows = gathered(*many, **SMALL)
    spread = [row for row in rows if row.last.route is not None]
    assert len(spread) == SMALL["per_caller"]
    rest = {row.last.code: row for row in rows if row.last.route is None}
    assert {code: row.times for code, row in rest.items()} == {
        "code_expired": 97,
        "self_referral": 100,
    }
    assert all(row.last.caller_id == "ada" for row in rest.values())
    assert all(row.last.subject_id is None for row in rest.values())


def test_a_flood_of_strangers_takes_no_room_from_those_who_are_known() -> None:
    flood = [refused(caller="visitor", caller_id=f"{number:064x}") for number in range(500)]
    rows = gathered(*flood, refused(), **SMALL)
    assert [row.times for row in rows if row.last.caller == "user"] == [1]
    assert sum(row.last.caller == "visitor" for row in rows) == SMALL["strangers"]
    (rest,) = [row for row in rows if row.last.caller == "many"]
    assert rest.times == 500 - SMALL["strangers"]
    assert (rest.last.caller_id, rest.last.route, rest.last.code) == (None, None, "code_expired")


def test_of_those_who_were_too_fast_only_the_number_is_kept() -> None:
    limited = [
        refused(status=429, code="rate_limited", caller="visitor", caller_id=str(number))
        for number in range(50)
    ]
    (row,) = gathered(*limited)
    assert (row.times, row.last.route, row.last.caller) == (50, "/v1/codes", "many")


def test_what_was_written_waits_no_longer_unless_there_is_more_of_it() -> None:
    gatherer = Gatherer()
    gatherer.add(refused())
    rows = gatherer.waiting()
    gatherer.add(refused())
    gatherer.written(rows)
    (row,) = gatherer.waiting()
    assert (row.times, row.refusal_id) == (2, rows[0].refusal_id)
    gatherer.written([row])
    assert gatherer.waiting() == []
    gatherer.add(refused())
    assert [one.times for one in gatherer.waiting()] == [3]


def test_while_the_database_is_away_no_more_waits_than_there_is_room_for() -> None:
    gatherer = Gatherer(waiting=5)
    for minute in range(20):
        gatherer.add(refused(START + minute * MINUTE))
    assert len(gatherer.waiting()) == 5
    assert (gatherer.noted, gatherer.lost) == (20, 15)


KINDS: tuple[CallerKind, ...] = ("visitor", "user", "user", "host")
REFUSALS = st.builds(
    refused,
    at=st.integers(START, START + 2 * MINUTE - 1),
    status=st.sampled_from((401, 409, 429)),
    code=st.sampled_from(CODES),
    route=st.sampled_from(("/a", "/b", "/c")),
    method=st.sampled_from(("POST", "PUT")),
    caller=st.sampled_from(KINDS),
    caller_id=st.sampled_from((None, "ada", "ada", "bob")),
    subject_id=st.sampled_from([None, *"123456789"]),
)


@given(st.lists(REFUSALS, min_size=60, max_size=120))
def test_nothing_is_lost_however_little_is_told_apart(refusals: list[Refused]) -> None:
    refusals.sort(key=lambda one: one.at)
    rows = gathered(*refusals, **SMALL)
    counted: Counter[Any] = Counter()
    for row in rows:
        counted[row.began // MINUTE, row.last.status, row.last.code] += row.times
    assert counted == Counter((one.at // MINUTE, one.status, one.code) for one in refusals)


@given(st.lists(REFUSALS, min_size=60, max_size=120))
def test_no_minute_has_more_rows_than_it_may(refusals: list[Refused]) -> None:
    refusals.sort(key=lambda one: one.at)
    rows = gathered(*refusals, **SMALL)
    named = [row for row in rows if row.last.caller != "many"]
    by_standing = Counter(
        (row.began // MINUTE, row.last.caller in ("user", "host")) for row in named
    )
    assert all(
        count <= SMALL["known" if known else "strangers"]
        for (_, known), count in by_standing.items()
    )
    spread = Counter(
        (row.began // MINUTE, row.last.caller, row.last.caller_id)
        for row in named
        if row.last.route is not None
    )
    assert all(count <= SMALL["per_caller"] for count in spread.values())
    ids = [row.refusal_id for row in rows]
    assert len(ids) == len(set(ids))
