"""Likeness of files, and lists made of it."""

from __future__ import annotations

import pytest

from groundswell.domains.recommendations.scoring import scored
from groundswell.domains.recommendations.similarity import FEWEST_PEOPLE, Pair, most_alike


def pair(one: int, other: int, people: int, here: int = 10, there: int = 10) -> Pair:
    """Of people who all voted."""
    return Pair(one, other, people, 25 * people, here, 25 * here, there, 25 * there)


def test_the_same_people_are_a_cosine_of_one_that_many_make_certain() -> None:
    few, many = pair(1, 2, 10), pair(1, 2, 90, 90, 90)
    assert few.cosine == many.cosine == 1.0
    assert (few.similarity, many.similarity) == pytest.approx((0.5, 0.9))


def test_fame_is_damped() -> None:
    special, famous = pair(1, 2, 5, 10, 5), pair(1, 3, 6, 10, 1000)
    assert [one.other_id for one in most_alike([famous, special])] == [2, 3]


def test_too_few_people_are_never_shown() -> None:
    assert most_alike([pair(1, 2, FEWEST_PEOPLE - 1)]) == []
    assert scored({1: 5}, [pair(1, 2, FEWEST_PEOPLE - 1)], ()) == []


def test_a_score_is_the_sum_of_its_terms_strongest_first() -> None:
    pairs = [pair(1, 9, 4), pair(2, 9, 8), pair(2, 7, 3)]
    best = scored({1: 5, 2: 1}, pairs, without=(7,))
    assert [one.media_file_id for one in best] == [9]
    assert best[0].because == (1, 2)
    explained = best[0].explanation({1: 5, 2: 1})
    assert [term.weight for term in explained.terms] == [5, 1]
    assert best[0].score == pytest.approx(sum(term.product for term in explained.terms))


def test_equal_scores_stand_by_id() -> None:
    best = scored({1: 1}, [pair(1, 4, 5), pair(1, 3, 5)], ())
    assert [one.media_file_id for one in best] == [3, 4]
