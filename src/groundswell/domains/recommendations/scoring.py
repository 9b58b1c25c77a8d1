"""From pairs of files to a list: what speaks for each file, added up.

A file's score is the sum of its likeness to each file the list starts from, times how much that
one is liked (M. Deshpande, G. Karypis: Item-Based Top-N Recommendation Algorithms, ACM Transactions
on Information Systems 22/1, 2004). A file without enough people in common with any is not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from groundswell.domains.recommendations.similarity import FORMULA, Pair, most_alike
from groundswell.domains.recommendations.views import Explanation, SimilarityTerm

NAMED: Final = 3
"""How many files a recommendation names as its grounds."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A file, and the pairs that speak for it, the strongest first."""

    media_file_id: int
    score: float
    grounds: tuple[Pair, ...]

    @property
    def because(self) -> tuple[int, ...]:
        """The files that speak for it most."""
        return tuple(one.media_file_id for one in self.grounds[:NAMED])

    def explanation(self, liked: Mapping[int, int]) -> Explanation:
        """Every term of the score."""
        return Explanation(
            formula=f"sum of weight * similarity; similarity = {FORMULA}",
            terms=[_term(pair, liked[pair.media_file_id]) for pair in self.grounds],
        )


def scored(
    liked: Mapping[int, int], pairs: Iterable[Pair], without: Collection[int]
) -> list[Scored]:
    """Files that are like those liked, the best first; equal ones by id.

    Args:
        liked: what the list starts from, with weights.
        pairs: what has enough people in common with these.
        without: files that are not to be in the list.
    """
    found: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in most_alike(pairs):
        if pair.other_id not in without:
            found[pair.other_id].append(pair)
    every = [_sum(media, grounds, liked) for media, grounds in found.items()]
    return sorted(every, key=lambda one: (-one.score, one.media_file_id))


def _sum(media_file_id: int, grounds: list[Pair], liked: Mapping[int, int]) -> Scored:
    def product(pair: Pair) -> float:
        return liked[pair.media_file_id] * pair.similarity

    ordered = sorted(grounds, key=lambda pair: (-product(pair), pair.media_file_id))
    return Scored(media_file_id, sum(map(product, ordered)), tuple(ordered))


def _term(pair: Pair, weight: int) -> SimilarityTerm:
    return SimilarityTerm(
        media_file_id=pair.media_file_id,
        people=pair.people,
        people_here=pair.people_here,
        people_there=pair.people_there,
        cosine=pair.cosine,
        confidence=pair.confidence,
        similarity=pair.similarity,
        weight=weight,
        product=weight * pair.similarity,
    )
