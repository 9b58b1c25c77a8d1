"""What looks wrong about votes: rules over the newest of them, values in, values out.

Each says which votes are to have no weight until somebody has looked at them. None of them is sure,
which is why nothing is refused and nobody is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

from groundswell.contract.times import MINUTE
from groundswell.domains.engagement.views import VoteType

Signal = Literal["actor_velocity", "shared_address", "owner_campaign", "unheard_burst"]

WINDOW: Final = 10 * MINUTE
"""The votes that are looked at together."""
PER_MINUTE: Final = 20
"""Votes of one actor within a minute that nobody casts with care."""
PER_ADDRESS: Final = 10
"""Equal votes of different actors of one address on one file; an office has fewer."""
PER_OWNER: Final = 5
"""Files of one owner that one actor votes down."""
BURST: Final = 20
"""Equal votes on one file from which on it matters whether anybody listened."""
UNHEARD: Final = 0.9
"""The share of a burst that neither played nor viewed the file."""
USUAL: Final = 0.5
"""Where more votes than this, on other files, come unheard, that says nothing."""


class FreshVote(NamedTuple):
    """A standing vote; ``heard`` if its actor played or viewed the file lately."""

    voter: str
    media_file_id: int
    actor: str
    address: str | None
    vote_type: VoteType
    at: int
    owner_id: str | None
    heard: bool


class Suspicion(NamedTuple):
    """Votes on one file that look wrong, by their voters, and why."""

    signal: Signal
    media_file_id: int
    voters: tuple[str, ...]


def suspicions(votes: Sequence[FreshVote]) -> list[Suspicion]:
    """Every vote at most once, by the first rule that finds it."""
    found: dict[tuple[Signal, int], list[str]] = defaultdict(list)
    seen: set[tuple[int, str]] = set()
    for signal, rule in _RULES:
        for vote in sorted(rule(votes), key=lambda one: (one.media_file_id, one.voter)):
            if (key := (vote.media_file_id, vote.voter)) not in seen:
                seen.add(key)
                found[signal, vote.media_file_id].append(vote.voter)
    return [Suspicion(signal, media, tuple(all_)) for (signal, media), all_ in found.items()]


def actor_velocity(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Votes of one actor, more than ``PER_MINUTE`` of which lie within a minute."""
    found: set[FreshVote] = set()
    for own in _groups(votes, lambda vote: vote.actor):
        own.sort(key=lambda vote: vote.at)
        start = 0
        for end, vote in enumerate(own):
            while vote.at - own[start].at >= MINUTE:
                start += 1
            if end - start + 1 > PER_MINUTE:
                found.update(own[start : end + 1])
    return found


def shared_address(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Equal votes on one file, by more than ``PER_ADDRESS`` actors of one address."""
    known = [vote for vote in votes if vote.address is not None]
    return {
        vote
        for same in _groups(known, lambda vote: (vote.media_file_id, vote.address, vote.vote_type))
        if len({one.actor for one in same}) > PER_ADDRESS
        for vote in same
    }


def owner_campaign(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Votes down of one actor on more than ``PER_OWNER`` files of one owner."""
    down = [vote for vote in votes if vote.vote_type == "down" and vote.owner_id is not None]
    return {
        vote
        for same in _groups(down, lambda vote: (vote.actor, vote.owner_id))
        if len({one.media_file_id for one in same}) > PER_OWNER
        for vote in same
    }


def unheard_burst(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Those of a burst of equal votes on one file who did not listen, if nearly nobody did though
    voters of other files do."""
    found: set[FreshVote] = set()
    for same in _groups(votes, lambda vote: (vote.media_file_id, vote.vote_type)):
        unheard = [vote for vote in same if not vote.heard]
        if len(same) < BURST or len(unheard) < UNHEARD * len(same):
            continue
        others = [vote for vote in votes if vote.media_file_id != same[0].media_file_id]
        usual = sum(not vote.heard for vote in others)
        if len(others) >= BURST and usual <= USUAL * len(others):
            found.update(unheard)
    return found


Rule = Callable[[Sequence[FreshVote]], Iterable[FreshVote]]

_RULES: Final[tuple[tuple[Signal, Rule], ...]] = (
    ("actor_velocity", actor_velocity),
    ("shared_address", shared_address),
    ("owner_campaign", owner_campaign),
    ("unheard_burst", unheard_burst),
)


def _groups(
    votes: Iterable[FreshVote], key: Callable[[FreshVote], Hashable]
) -> Iterable[list[FreshVote]]:
    groups: dict[Hashable, list[FreshVote]] = defaultdict(list)
    for vote in votes:
        groups[key(vote)].append(vote)
    return groups.values()
