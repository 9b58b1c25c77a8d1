"""Read states merge alike in whatever order and however often they arrive."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import SECOND
from groundswell.domains.inbox.read_states import (
    SERVER,
    UNREAD,
    WIDEST_VECTOR,
    Reading,
    joined,
    merge,
)
from groundswell.domains.inbox.redelivery import DELAYS, MOST_REDELIVERIES, redeliver_at

# Few values, so that ties and near misses are common.
vectors = st.dictionaries(st.sampled_from(["server", "a", "b"]), st.integers(0, 3), max_size=3)
readings = st.builds(
    Reading,
    state=st.sampled_from(["unread", "read", "dismissed"]),
    at=st.integers(0, 3),
    by=st.sampled_from(["", "a", "b"]),
    vv=vectors,
)


def dominates(one: dict[str, int], other: dict[str, int]) -> bool:
    names = one.keys() | other.keys()
    pairs = [(one.get(name, 0), other.get(name, 0)) for name in names]
    return all(x >= y for x, y in pairs) and any(x > y for x, y in pairs)


@given(readings, readings)
def test_merging_is_commutative(one: Reading, other: Reading) -> None:
    assert merge(one, other) == merge(other, one)


@given(readings, readings, readings)
def test_merging_is_associative(one: Reading, two: Reading, three: Reading) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(readings)
def test_merging_is_idempotent_and_anything_beats_nothing(one: Reading) -> None:
    assert merge(one, one) == one
    assert merge(UNREAD, one) == one


@given(st.lists(readings, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_order_with_any_repeats_ends_alike(said: list[Reading], order: random.Random) -> None:
    def told(sequence: list[Reading]) -> Reading:
        result = UNREAD
        for one in sequence:
            result = merge(result, one)
        return result

    shuffled = said + order.choices(said, k=3)
    order.shuffle(shuffled)
    assert told(said) == told(shuffled)


@given(readings, readings)
def test_what_knew_of_the_other_holds(one: Reading, other: Reading) -> None:
    if dominates(one.vv, other.vv):
        assert merge(one, other) == one


@given(readings, readings)
def test_with_equal_versions_time_decides_then_the_state(one: Reading, other: Reading) -> None:
    same = Reading(other.state, other.at, other.by, one.vv)
    held = merge(one, same)
    assert held.at == max(one.at, same.at)
    if one.at == same.at:
        rank = ["unread", "read", "dismissed"].index
        assert rank(held.state) == max(rank(one.state), rank(same.state))


@given(vectors, vectors, vectors)
def test_joining_covers_all_and_knows_no_order(
    one: dict[str, int], two: dict[str, int], three: dict[str, int]
) -> None:
    whole = joined(one, two, three)
    assert whole == joined(three, joined(two, one)) == joined(whole, one)
    for vector in (one, two, three):
        assert all(whole[name] >= count for name, count in vector.items())


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 9), max_size=200))
def test_vectors_stay_narrow_and_keep_the_services_own_part(vector: dict[str, int]) -> None:
    found = joined(vector, {SERVER: 1})
    assert len(found) <= WIDEST_VECTOR
    assert found[SERVER] >= 1


@given(st.integers(-2, 20), st.integers(0, 10**15))
def test_redelivery_waits_10_30_90_seconds_at_most_five_times(attempts: int, sent: int) -> None:
    again = redeliver_at(attempts, sent)
    if not 1 <= attempts <= MOST_REDELIVERIES:
        assert again is None
    else:
        assert again is not None
        assert again - sent == DELAYS[min(attempts - 1, 2)]
        assert again - sent in (10 * SECOND, 30 * SECOND, 90 * SECOND)
