"""What the demo's data files hold, and how the week is laid out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from groundswell.contract.times import DAY, MINUTE, SECOND
from groundswell.demo.audience import Audience
from groundswell.demo.dataset import Airing, Ballot, Song, addresses, ballots, posts, sightings
from groundswell.demo.notice import NOTICE
from groundswell.demo.votes import by_address, scores, titles, voter_address
from groundswell.demo.week import HISTORY, SONG_LENGTH, spread, week_of

SONG = Song("The Who", "Baba O'Riley")


def test_the_week_has_the_published_numbers() -> None:
    seen = sightings()
    assert len(seen) == 37_673
    assert len({one.song for one in seen}) == 2_231
    assert len({one.station for one in seen}) == 25
    assert len(addresses()) == len(set(addresses())) == 1_753


def test_ups_minus_downs_equal_the_published_score_of_every_post() -> None:
    votes, known = ballots(), posts()
    assert len(votes) == 11_927
    assert Counter(one.vote for one in votes) == {"up": 10_580, "down": 1_347}
    totals = scores(votes)
    assert {one.post_id: totals[one.post_id] for one in known} == {
        one.post_id: one.score for one in known
    }


def test_posts_deleted_since_have_a_title_too() -> None:
    votes, known = ballots(), posts()
    named = titles(votes, known)
    assert len(known) == 2_245
    assert set(named) == {one.post_id for one in known} | {one.post_id for one in votes}
    assert all(0 < len(title) <= 255 for title in named.values())
    assert titles([Ballot("up", "7")], []) == {"7": "Deleted post 7"}


def test_every_voter_has_an_address_of_its_own() -> None:
    prefixes = {":".join(voter_address(n).split(":")[:4]) for n in range(70_000)}
    assert len(prefixes) == 70_000
    assert by_address(0) == {"X-Forwarded-For": "2001:db8::1"}


def test_songs_noted_together_are_put_one_song_apart() -> None:
    noted = [Airing(DAY, "A", SONG)] * 3 + [Airing(DAY, "B", SONG)]
    assert [(one.station, (DAY - one.at) // MINUTE) for one in spread(noted)] == [
        ("A", 8),
        ("A", 4),
        ("A", 0),
        ("B", 0),
    ]


def test_the_real_week_is_divided_after_six_days_and_loses_no_play() -> None:
    week = week_of(sightings())
    assert len(week.whole) == 37_673
    assert week.present == week.whole[0].at + HISTORY
    assert week.history[-1].at <= week.present < week.live[0].at
    assert all(one.at <= other.at for one, other in pairwise(week.whole))


def test_spreading_leaves_no_instant_crowded() -> None:
    crowd = Counter(one.at // SECOND for one in spread(sightings()))
    assert max(crowd.values()) <= 25
    assert SONG_LENGTH == 4 * MINUTE


def test_a_week_without_plays_is_refused() -> None:
    with pytest.raises(ValueError, match="without a play"):
        week_of([])


def test_the_same_seed_draws_the_same_listeners() -> None:
    one, other = Audience(addresses(), 7), Audience(addresses(), 7)
    assert [one.draw() for _ in range(500)] == [other.draw() for _ in range(500)]


def test_no_address_listens_twice_before_all_have() -> None:
    audience = Audience(["a", "b", "c"], 1)
    assert {audience.draw().address for _ in range(3)} == {"a", "b", "c"}


def test_most_listeners_stay_and_some_do_more() -> None:
    audience = Audience(addresses(), 3)
    crowd = [audience.draw() for _ in range(5_000)]
    assert 0.88 < sum(one.seconds >= 30 for one in crowd) / 5_000 < 0.96
    assert 0.10 < sum(one.vote is not None for one in crowd) / 5_000 < 0.18
    assert any(one.vote == "down" for one in crowd)
    assert any(one.comment for one in crowd)
    assert all(one.vote is None for one in crowd if one.seconds < 30)


def test_the_notice_tells_what_is_simulated_and_gives_credit() -> None:
    assert all(word in NOTICE for word in ("Simulated", "FiveThirtyEight", "CC BY 4.0"))
