"""How alike two files are, by who likes both.

The cosine of the files' columns in the matrix of persons and weights (B. Sarwar, G. Karypis,
J. Konstan, J. Riedl: Item-Based Collaborative Filtering Recommendation Algorithms, WWW 2001; the
measure of G. Linden, B. Smith, J. York: Amazon.com Recommendations, IEEE Internet Computing 7/1,
2003), shrunk by the number of people it rests on (R. Bell, Y. Koren: Scalable Collaborative
Filtering with Jointly Derived Neighborhood Interpolation Weights, ICDM 2007). Dividing by the norms
takes fame out of it: what everybody likes is like nothing in particular.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

FEWEST_PEOPLE: Final = 3
"""A pair of files is shown to nobody before so many distinct people like both."""

SHRINKAGE: Final = 10
"""With so many people in common, a cosine counts half."""

FORMULA: Final = "sum(w1*w2) / sqrt(sum(w1^2) * sum(w2^2)) * people / (people + 10)"


class Pair(NamedTuple):
    """Two files with what they have in common, and what each has alone.

    Attributes:
        media_file_id: the file that is liked.
        other_id: the file that may be liked as well.
        people: how many like both.
        strength: the sum of the products of their weights.
        people_here: how many like the first.
        strength_here: the sum of their squared weights.
        people_there: how many like the other.
        strength_there: the sum of their squared weights.
    """

    media_file_id: int
    other_id: int
    people: int
    strength: int
    people_here: int
    strength_here: int
    people_there: int
    strength_there: int

    @property
    def cosine(self) -> float:
        """From 0, nobody in common, to 1, liked equally by the very same people."""
        return min(self.strength / sqrt(self.strength_here * self.strength_there), 1.0)

    @property
    def confidence(self) -> float:
        """The share of the cosine that counts, by how many people it rests on."""
        return self.people / (self.people + SHRINKAGE)

    @property
    def similarity(self) -> float:
        """The score of the second file for who likes the first; below 1."""
        return self.cosine * self.confidence


def most_alike(pairs: Iterable[Pair]) -> list[Pair]:
    """Those that may be shown, the most alike first; equal ones by id."""
    shown = [one for one in pairs if one.people >= FEWEST_PEOPLE]
    return sorted(shown, key=lambda one: (-one.similarity, one.other_id))
