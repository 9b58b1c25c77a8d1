"""Which votes look wrong, and which do not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import MINUTE, SECOND
from groundswell.domains.engagement.vote_signals import (
    BURST,
    PER_ADDRESS,
    PER_HOSTING,
    PER_MINUTE,
    PER_OWNER,
    RING,
    RING_FILES,
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
        "network": f"net{number}",
        "hosted": False,
        "heard": True,
        "known": True,
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


def from_network(count: int, network: str | None = "net") -> list[FreshVote]:
    return [one._replace(network=network) for one in burst(count, heard=count)]


def test_a_burst_from_one_network_that_votes_for_little_else() -> None:
    elsewhere = others(2 * BURST, heard=True)
    near = from_network(PER_ADDRESS + 1)
    far = [vote(one + 500, media_file_id=7, voter=f"f{one}") for one in range(BURST - len(near))]
    assert found([*near, *far, *elsewhere]) == {"shared_network": PER_ADDRESS + 1}
    assert found([*near[:-1], *far, vote(999, media_file_id=7), *elsewhere]) == {}, "too few"
    assert found([*near, *far[:-1], *elsewhere]) == {}, "no burst"
    more = [vote(one + 700, media_file_id=7, voter=f"g{one}") for one in range(BURST)]
    assert found([*near, *far, *more, *elsewhere]) == {}, "most come from elsewhere"
    assert found([*near, *far]) == {}, "nothing to compare it with"
    one_actor = [one._replace(actor="eve") for one in near]
    assert found([*one_actor, *far, *elsewhere]) == {}, "few actors"
    assert found([*from_network(BURST, None), *elsewhere]) == {}, "not known where from"


def test_a_network_from_which_a_quarter_of_all_votes_come_says_nothing() -> None:
    usual = [one._replace(network="net") for one in others(BURST, heard=True)]
    strangers = [vote(one + 2_000) for one in range(3 * BURST)]
    assert found([*from_network(BURST), *usual, *strangers]) == {"shared_network": BURST}
    assert found([*from_network(BURST), *usual, *strangers[:-1]]) == {}


def test_machines_of_hosting_companies_that_agree_about_one_file() -> None:
    farm = [
        vote(one, media_file_id=7, voter=f"h{one}", hosted=True) for one in range(PER_HOSTING + 1)
    ]
    assert found(farm) == {"hosting_network": PER_HOSTING + 1}
    assert found(farm[:-1]) == {}
    assert found([*farm[:-1], farm[-1]._replace(vote_type="down")]) == {}
    assert found([one._replace(actor="eve") for one in farm]) == {}, "one actor"
    people = [vote(one + 50) for one in range(10)]
    assert found([*farm, *people]) == {"hosting_network": PER_HOSTING + 1}
    proxied = [one._replace(hosted=True) for one in people[:6]]
    assert found([*farm, *proxied, *people[6:]]) == {}, "it is how everybody comes"


def strangers(count: int, known: int = 0) -> list[FreshVote]:
    return [
        one._replace(heard=False, known=place < known) for place, one in enumerate(burst(count))
    ]


def test_a_burst_of_voters_nobody_knows_where_nobody_tells_of_plays() -> None:
    regulars = others(BURST, heard=False)
    assert found([*strangers(BURST), *regulars]) == {"new_voters": BURST}
    assert found([*strangers(BURST, known=2), *regulars]) == {"new_voters": BURST - 2}
    assert found([*strangers(BURST, known=3), *regulars]) == {}
    assert found([*strangers(BURST - 1), *regulars]) == {}
    assert found(strangers(BURST)) == {}, "nothing to compare it with"
    opened_today = [one._replace(known=False) for one in regulars]
    assert found([*strangers(BURST), *opened_today]) == {}, "all are new here"
    fans = [one._replace(heard=True) for one in strangers(BURST)]
    assert found([*fans, *regulars]) == {}, "who comes to listen is new once"


def ring(members: int, files: int, **more: Any) -> list[FreshVote]:
    return [
        vote(100 * who + file, media_file_id=file, actor=f"r{who}", voter=f"r{who}",
             address=f"ip{who}", heard=False, **more)
        for who in range(members)
        for file in range(files)
    ]  # fmt: skip


def test_a_ring_that_votes_alike_on_file_after_file() -> None:
    crowd = [vote(one + 5_000) for one in range(RING)]
    whole = RING * RING_FILES
    assert found([*ring(RING, RING_FILES), *crowd]) == {"voting_ring": whole}
    assert found([*ring(RING - 1, RING_FILES), *crowd]) == {}
    assert found([*ring(RING, RING_FILES - 1), *crowd]) == {}
    assert found([*ring(RING, RING_FILES), *crowd[:-1]]) == {}, "it is all there is"
    album = [one._replace(heard=True) for one in ring(RING, RING_FILES)]
    assert found([*album, *crowd]) == {}, "who listened to all of it may like all of it"
    extra = [vote(9_000 + one, actor="r0", voter="r0", heard=False) for one in range(2)]
    assert found([*ring(RING, RING_FILES), *extra[:1], *crowd]) == {"voting_ring": whole}
    assert found([*ring(RING, RING_FILES), *extra, *crowd]) == {}, "it differs from the others"
    opposed = [
        one._replace(vote_type="down") if one.actor == "r0" else one
        for one in ring(RING, RING_FILES)
    ]
    assert found([*opposed, *crowd]) == {}, "one of them disagrees"


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
        network=st.sampled_from(["net", "net2", None]),
        hosted=st.booleans(),
        heard=st.booleans(),
        known=st.booleans(),
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
