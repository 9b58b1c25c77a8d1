"""Which votes look wrong, and which do not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import MINUTE, SECOND
from groundswell.domains.engagement.vote_signals import (
    BURST,
    PER_ADDRESS,
    PER_MINUTE,
    PER_OWNER,
    FreshVote,
    suspicions,
)


def vote(number: int, **more: Any) -> FreshVote:
    details: dict[str, Any] = {
        "voter": f"v{number}",
        "media_file_id": number,
        "actor": f"a{number}",
        "address": f"ip{number}",
        "vote_type": "up",
        "at": number * MINUTE,
        "owner_id": None,
        "heard": True,
    }
    return FreshVote(**{**details, **more})


def found(votes: list[FreshVote]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in suspicions(votes):
        counts[one.signal] = counts.get(one.signal, 0) + len(one.voters)
    return counts


def test_more_votes_in_a_minute_than_anybody_casts_with_care() -> None:
    a_minute = [vote(one, actor="eve", at=one * 3 * SECOND) for one in range(PER_MINUTE + 1)]
    assert found(a_minute) == {}, "the last of them is a minute after the first"
    few = [vote(one, actor="eve", at=one) for one in range(PER_MINUTE)]
    assert found(few) == {}
    closer = [vote(one, actor="eve", at=one * 2 * SECOND) for one in range(PER_MINUTE + 1)]
    assert found(closer) == {"actor_velocity": PER_MINUTE + 1}


def test_many_actors_of_one_address_that_agree_about_one_file() -> None:
    farm = [
        vote(one, media_file_id=7, address="ip", voter=f"u{one}") for one in range(PER_ADDRESS + 1)
    ]
    assert found(farm) == {"shared_address": PER_ADDRESS + 1}
    assert found(farm[:-1]) == {}
    office = [*farm[:-1], farm[-1]._replace(vote_type="down")]
    assert found(office) == {}
    unknown = [one._replace(address=None) for one in farm]
    assert found(unknown) == {}


def test_one_actor_against_one_owner() -> None:
    down = [
        vote(one, actor="eve", voter="eve", vote_type="down", owner_id="ada")
        for one in range(PER_OWNER + 1)
    ]
    assert found(down) == {"owner_campaign": PER_OWNER + 1}
    assert found(down[:-1]) == {}
    assert found([one._replace(vote_type="up") for one in down]) == {}
    assert found([one._replace(owner_id=f"o{one.voter}{one.at}") for one in down]) == {}


def burst(count: int, heard: int = 0) -> list[FreshVote]:
    return [vote(one, media_file_id=7, voter=f"b{one}", heard=one < heard) for one in range(count)]


def others(count: int, heard: bool) -> list[FreshVote]:
    return [vote(one + 1_000, heard=heard) for one in range(count)]


def test_a_burst_of_those_who_did_not_listen_where_others_do() -> None:
    listeners = others(BURST, heard=True)
    assert found([*burst(BURST), *listeners]) == {"unheard_burst": BURST}
    assert found([*burst(BURST - 1), *listeners]) == {}
    assert found([*burst(BURST, heard=2), *listeners]) == {"unheard_burst": BURST - 2}
    assert found([*burst(BURST, heard=3), *listeners]) == {}


def test_where_nobody_tells_of_plays_not_to_have_listened_says_nothing() -> None:
    assert found([*burst(BURST), *others(BURST, heard=False)]) == {}
    assert found(burst(BURST)) == {}, "nothing to compare it with"


votes = st.lists(
    st.builds(
        FreshVote,
        voter=st.sampled_from([f"v{one}" for one in range(40)]),
        media_file_id=st.integers(1, 8),
        actor=st.sampled_from(["a", "b", "c", "d"]),
        address=st.sampled_from(["ip", "ip2", None]),
        vote_type=st.sampled_from(["up", "down"]),
        at=st.integers(0, 10 * MINUTE),
        owner_id=st.sampled_from(["o", None]),
        heard=st.booleans(),
    ),
    max_size=80,
    unique_by=lambda one: (one.media_file_id, one.voter),
)


@given(votes=votes, seed=st.randoms())
def test_a_vote_is_suspected_once_and_the_order_of_arrival_does_not_matter(
    votes: list[FreshVote], seed: Any
) -> None:
    before = suspicions(votes)
    named = [(one.media_file_id, voter) for one in before for voter in one.voters]
    assert len(named) == len(set(named))
    shuffled = list(votes)
    seed.shuffle(shuffled)
    assert sorted(suspicions(shuffled)) == sorted(before)
