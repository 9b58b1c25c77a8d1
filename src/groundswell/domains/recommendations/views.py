"""What is answered: lists of files, each with why it is there."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundswell.domains.recommendations.catalogue import FileDetails

Reason = Literal["together", "popular"]


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Base of all answers: camelCase names on the wire."""


class SimilarityTerm(View, frozen=True, kw_only=True):
    """What likeness to one file adds to a score: ``weight`` times ``similarity``.

    ``people`` like both files, ``people_here`` the one that is liked, ``people_there`` the one that
    may be. The similarity is the cosine, as far as so many people make it certain.
    """

    media_file_id: int
    people: int
    people_here: int
    people_there: int
    cosine: float
    confidence: float
    similarity: float
    weight: int
    product: float


class Explanation(View, frozen=True, kw_only=True):
    """How a score came about: the sum of its terms."""

    formula: str
    terms: list[SimilarityTerm]


class RecommendedMedia(FileDetails, frozen=True, kw_only=True):
    """A file at its position in a list.

    With ``reason`` ``together`` people who liked what the list starts from liked it too, and
    ``because`` are the files that speak for it most. With ``popular`` too little is known, and it
    is only what many play.
    """

    position: int
    reason: Reason
    score: float | None = None
    because: tuple[int, ...] = ()
    explain: Explanation | None = None
