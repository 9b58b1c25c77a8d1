"""What a person likes, and what that adds to the sums."""

from __future__ import annotations

import pytest

from groundswell.domains.recommendations.tastes import (
    KEPT_FILES,
    PAIRED_FILES,
    Kept,
    Sums,
    bounded,
    likes,
    sums_of,
)
from groundswell.store.deeds import Deed


def after(*deeds: tuple[str, int, int]) -> Kept:
    kept = Kept()
    for verb, at, vote in deeds:
        kept = kept.after(Deed("ann", 1, verb, at, vote))  # type: ignore[arg-type]
    return kept


@pytest.mark.parametrize(
    ("kept", "weight"),
    [
        (Kept(), 0),
        (Kept(viewed_at=1), 1),
        (Kept(viewed_at=9, played_at=1), 2),
        (Kept(played_at=1, downloaded_at=1), 3),
        (Kept(commented_at=1), 3),
        (Kept(commented_at=1, voted_at=2, vote=1), 5),
        (Kept(played_at=1, commented_at=1, voted_at=2, vote=-1), 0),
    ],
)
def test_the_strongest_deed_is_what_counts(kept: Kept, weight: int) -> None:
    assert kept.weight == weight


def test_deeds_told_late_or_twice_change_nothing() -> None:
    once = after(("play", 5, 0), ("vote", 7, 1))
    assert after(("vote", 7, 1), ("play", 3, 0), ("play", 5, 0), ("vote", 7, 1)) == once
    assert after(("vote", 7, 1), ("vote", 6, -1)).vote == 1
    assert once.without_vote() == after(("play", 5, 0))


def test_what_is_old_is_gone_and_the_rest_stays() -> None:
    kept = after(("view", 1, 0), ("play", 5, 0), ("vote", 3, 1))
    assert kept.since(0) == kept
    assert kept.since(3) == after(("play", 5, 0))
    assert kept.since(5).times == ()


def test_only_the_latest_files_are_kept_and_fewer_make_pairs() -> None:
    files = {media: Kept(played_at=media) for media in range(1, KEPT_FILES + 11)}
    kept = bounded(files)
    assert min(kept) == 11 and len(kept) == KEPT_FILES
    assert sorted(likes(kept)) == sorted(kept)[-PAIRED_FILES:]
    rejected = {media: Kept(voted_at=media, vote=-1) for media in range(1, 5)}
    assert bounded(rejected) == rejected and likes(rejected) == {}


def test_a_change_adds_exactly_the_difference() -> None:
    before = {1: 5, 2: 2, 3: 1}
    later = {2: 5, 3: 1, 4: 3}
    sums = Sums()
    sums.add({}, before)
    sums.add(before, later)
    counted = Sums()
    counted.add({}, later)
    assert sums.file_rows() == counted.file_rows() == [(2, 1, 25), (3, 1, 1), (4, 1, 9)]
    assert list(sums.pair_rows()) == list(counted.pair_rows())
    assert {(2, 4, 1, 15), (4, 2, 1, 15)} <= set(sums.pair_rows())


def test_persons_add_up() -> None:
    liked = {1: Kept(played_at=1), 2: Kept(voted_at=1, vote=1)}
    assert list(sums_of([liked, liked]).pair_rows()) == [(1, 2, 2, 20), (2, 1, 2, 20)]
