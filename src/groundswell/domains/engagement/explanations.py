"""How a score came about, term by term, for those who ask."""

from __future__ import annotations

import math

from groundswell.domains.engagement import ranking
from groundswell.domains.engagement.ranking import Hotness
from groundswell.domains.engagement.views import Explanation, ScoreTerm
from groundswell.domains.engagement.windows import Sums

_SUM = "1*plays + 2*netVotes + 3*comments + 1.5*downloads"


def _term(signal: str, count: float, weight: float = 1.0) -> ScoreTerm:
    return ScoreTerm(signal=signal, count=count, weight=weight, product=count * weight)


def _signals(sums: Sums) -> list[ScoreTerm]:
    return [
        _term("plays", sums.qualified_plays, ranking.PLAY_WEIGHT),
        _term("netVotes", sums.net_votes, ranking.VOTE_WEIGHT),
        _term("comments", sums.comments, ranking.COMMENT_WEIGHT),
        _term("downloads", sums.downloads, ranking.DOWNLOAD_WEIGHT),
    ]


def of_velocity(sums: Sums, hours: float, score: float) -> Explanation:
    """Trending: the products, divided by the hours of the window."""
    return Explanation(formula=f"({_SUM}) / {hours:g} hours", terms=_signals(sums), unrounded=score)


def of_plays(plays: int) -> Explanation:
    """Popular: every play counts one."""
    return Explanation(formula="plays", terms=[_term("plays", plays)])


def of_hotness(sums: Sums, age_hours: float, hotness: Hotness) -> Explanation:
    """Hot: the products, halved with each day of age."""
    return Explanation(
        formula=f"round(({_SUM}) * 0.5^(ageHours/24) * 100)",
        terms=_signals(sums),
        age_hours=age_hours,
        decay=hotness.decay,
        unrounded=hotness.unrounded,
    )


def of_rising(actors: int, expected: float) -> Explanation:
    """Rising: actors now against the daily mean of the week before."""
    weight = 1 / math.sqrt(expected + ranking.RISING_FLOOR)
    return Explanation(
        formula=f"(actors - expected) / sqrt(expected + {ranking.RISING_FLOOR})",
        terms=[_term("actors", actors, weight), _term("expected", expected, -weight)],
        distinct_actors=actors,
        unrounded=ranking.rising(actors, expected),
    )


def of_rating(up: int, down: int) -> Explanation:
    """Top rated: the share of up-votes, drawn to one half and less its margin of error."""
    share, smoothing, margin, weight = ranking.wilson_parts(up, down)
    return Explanation(
        formula=f"Wilson lower bound of {up}/{up + down} at z = {ranking.Z_95_PERCENT}",
        terms=[
            _term("upvoteShare", share, weight),
            _term("smoothing", smoothing, weight),
            _term("margin", margin, -weight),
        ],
        unrounded=ranking.wilson_lower_bound(up, down),
    )


def of_controversy(up: int, down: int) -> Explanation:
    """Controversial: the votes to the power of their balance."""
    return Explanation(
        formula="votes ^ (smaller side / larger side)",
        terms=[_term("upvotes", up), _term("downvotes", down)],
        unrounded=ranking.controversy(up, down),
    )
