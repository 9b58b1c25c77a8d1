"""How people are taken out of texts that others made of their ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.people import Forgetting

TOMBSTONE = "erased-" + "5" * 32
MIA = Forgetting.user("mia-1", TOMBSTONE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mia-1", TOMBSTONE),
        ("registered-mia-1", f"registered-{TOMBSTONE}"),
        ("/users/mia-1/events", f"/users/{TOMBSTONE}/events"),
        ("x_mia-1_mia-1", f"x_{TOMBSTONE}_{TOMBSTONE}"),
        ("mia-12", "mia-12"),
        ("xmia-1", "xmia-1"),
        ("émia-1", "émia-1"),
        ("MIA-1", "MIA-1"),
    ],
)
def test_an_id_is_found_where_no_letter_or_digit_stands_beside_it(before: str, after: str) -> None:
    assert MIA.of_id(before) == after


def test_short_ids_are_not_looked_for_within_others() -> None:
    short = Forgetting.user("42", TOMBSTONE)
    assert short.of_id("bid-42") == "bid-42"
    assert short.of_event({"userId": "42", "sourceId": "bid-42"})["userId"] == TOMBSTONE


def test_hashes_are_replaced_whole() -> None:
    forgetting = Forgetting.hashes(frozenset({"a" * 64}))
    assert forgetting.of_id("x-" + "a" * 64) == "x-" + "a" * 64
    assert forgetting.of_data({"sourceIp": "a" * 64}) == {"sourceIp": None}


def test_an_event_loses_the_id_within_ids_and_free_data_and_nowhere_else() -> None:
    event = {
        "userId": "bob",
        "sourceId": "award-mia-1-7",
        "source": "/mia-1",
        "title": "A song for mia-1",
        "data": {"page": "https://x.example/u/mia-1", "mia-1": 1, "list": ["mia-1", "mia-12"]},
    }
    after = MIA.of_event(event)
    assert after["sourceId"] == f"award-{TOMBSTONE}-7"
    assert after["source"] == f"/{TOMBSTONE}"
    assert after["title"] == event["title"], "texts are their writers'"
    assert after["data"] == {
        "page": f"https://x.example/u/{TOMBSTONE}",
        TOMBSTONE: 1,
        "list": [TOMBSTONE, "mia-12"],
    }


def test_who_engaged_with_a_share_is_forgotten_with_what_was_said_of_them() -> None:
    engager = {"id": "mia-1", "name": "Mia", "url": "https://x.example/u/mia-1"}
    event = {"userId": "bob", "shareId": "share-1", "engagerInfo": engager}
    assert MIA.of_event(event)["engagerInfo"] == {"id": TOMBSTONE}
    assert Forgetting.user("bob", TOMBSTONE).of_event(event)["engagerInfo"] == engager


ids = st.text("ab1-_.é", min_size=4, max_size=8)
texts = st.lists(st.one_of(ids, st.sampled_from(["-", "_", "/", "z"])), max_size=6).map("".join)


@given(name=ids, text=texts, more=texts)
def test_forgetting_again_changes_nothing_and_other_ids_stay_apart(
    name: str, text: str, more: str
) -> None:
    forgetting = Forgetting.user(name, TOMBSTONE)
    after = forgetting.of_id(text)
    assert forgetting.of_id(after) == after or name in TOMBSTONE
    if text != more:
        assert after != forgetting.of_id(more)
