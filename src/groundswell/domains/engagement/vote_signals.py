"""What looks wrong about votes: rules over the newest of them, values in, values out.

Each says which votes are to have no weight until somebody has looked at them. None of them is sure,
which is why nothing is refused and nobody is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final, Literal, NamedTuple

from groundswell.contract.events.base import Severity
from groundswell.contract.times import MINUTE
from groundswell.domains.engagement.views import VoteType

Signal = Literal[
    "actor_velocity",
    "shared_address",
    "owner_campaign",
    "shared_network",
    "hosting_network",
    "unheard_burst",
    "new_voters",
    "voting_ring",
]

SEVERITY: Final[Mapping[Signal, Severity]] = {
    "actor_velocity": "high",
    "shared_address": "low",
    "owner_campaign": "high",
    "shared_network": "low",
    "hosting_network": "medium",
    "unheard_burst": "medium",
    "new_voters": "medium",
    "voting_ring": "high",
}
"""How sure a signal is: people share addresses and networks for good reasons, and nobody votes for
one file after another within seconds by chance."""
WINDOW: Final = 10 * MINUTE
"""The votes that are looked at together."""
PER_MINUTE: Final = 20
"""Votes of one actor within a minute that nobody casts with care."""
PER_ADDRESS: Final = 10
"""Equal votes of different actors of one address on one file; an office has fewer."""
PER_OWNER: Final = 5
"""Files of one owner that one actor votes down."""
BURST: Final = 20
"""Equal votes on one file from which on it matters who cast them."""
FROM_NETWORK: Final = 0.5
"""The share of a burst that comes from one network, by more actors than ``PER_ADDRESS``."""
FROM_NETWORK_ELSEWHERE: Final = 0.25
"""Where that network has a larger share than this in the votes on other files, it says nothing."""
PER_HOSTING: Final = 5
"""Equal votes on one file by actors behind machines of hosting companies."""
ODD: Final = 0.9
"""The share of a burst that is odd: unheard, or by voters nobody knows."""
USUAL: Final = 0.5
"""Where more votes than this, on other files, are just as odd, that says nothing."""
RING: Final = 5
"""Actors who vote for the same files, and without having heard them."""
RING_FILES: Final = 5
"""How many files two of a ring have in common at least."""
ALIKE: Final = 0.8
"""The share of the files of either that two of a ring have in common."""


class FreshVote(NamedTuple):
    """A standing vote.

    ``heard`` if its actor played or viewed the file lately, ``known`` if the voter had voted before
    the votes that are looked at. ``network`` is where the address is, ``hosted`` if that is a
    hosting company's.
    """

    voter: str
    media_file_id: int
    actor: str
    address: str | None
    vote_type: VoteType
    at: int
    owner_id: str | None
    network: str | None
    hosted: bool
    heard: bool
    known: bool


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


def shared_network(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Those of a burst of equal votes on one file that come from one network, if most do though
    that network casts few of the votes on other files."""
    found: set[FreshVote] = set()
    for same in _bursts(votes):
        others = _others(votes, same)
        near = [vote for vote in same if vote.network is not None]
        for there in _groups(near, lambda vote: vote.network):
            usual = sum(vote.network == there[0].network for vote in others)
            if (
                len(there) >= FROM_NETWORK * len(same)
                and len({vote.actor for vote in there}) > PER_ADDRESS
                and len(others) >= BURST
                and usual <= FROM_NETWORK_ELSEWHERE * len(others)
            ):
                found.update(there)
    return found


def hosting_network(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Equal votes on one file by more than ``PER_HOSTING`` actors behind machines of hosting
    companies, if that is not how everybody comes."""
    found: set[FreshVote] = set()
    hosted = [vote for vote in votes if vote.hosted]
    for same in _groups(hosted, lambda vote: (vote.media_file_id, vote.vote_type)):
        others = _others(votes, same)
        usual = sum(vote.hosted for vote in others)
        if len({vote.actor for vote in same}) > PER_HOSTING and usual <= USUAL * len(others):
            found.update(same)
    return found


def unheard_burst(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Those of a burst of equal votes on one file who did not listen, if nearly nobody did though
    voters of other files do."""
    return _odd_bursts(votes, lambda vote: not vote.heard)


def new_voters(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Those of a burst of equal votes on one file who neither listened nor ever voted before, if
    nearly all are such though voters of other files are not."""
    return _odd_bursts(votes, lambda vote: not (vote.heard or vote.known))


def voting_ring(votes: Sequence[FreshVote]) -> set[FreshVote]:
    """Votes in common of ``RING`` actors or more who vote alike on file after file, having heard
    none of them; if others vote as well, at least as many."""
    own = defaultdict[str, set[tuple[int, VoteType]]](set)
    for vote in votes:
        if not vote.heard:
            own[vote.actor].add((vote.media_file_id, vote.vote_type))
    members = _ring({who: of for who, of in own.items() if len(of) >= RING_FILES})
    if 2 * len(members) > len({vote.actor for vote in votes}):
        return set()
    theirs = [vote for vote in votes if vote.actor in members and not vote.heard]
    return {
        vote
        for same in _groups(theirs, lambda vote: (vote.media_file_id, vote.vote_type))
        if len({one.actor for one in same}) >= RING
        for vote in same
    }


def _ring(own: Mapping[str, set[tuple[int, VoteType]]]) -> set[str]:
    """Those who have ``RING`` - 1 others like them."""
    places: dict[tuple[int, VoteType], int] = {}
    masks = {
        who: sum(1 << places.setdefault(one, len(places)) for one in of) for who, of in own.items()
    }
    like: Counter[str] = Counter()
    for (one, mine), (other, yours) in combinations(masks.items(), 2):
        common = (mine & yours).bit_count()
        if common >= RING_FILES and common >= ALIKE * (mine | yours).bit_count():
            like.update((one, other))
    return {who for who, others in like.items() if others >= RING - 1}


def _odd_bursts(votes: Sequence[FreshVote], is_odd: Callable[[FreshVote], bool]) -> set[FreshVote]:
    found: set[FreshVote] = set()
    for same in _bursts(votes):
        odd = [vote for vote in same if is_odd(vote)]
        others = _others(votes, same)
        usual = sum(map(is_odd, others))
        if len(odd) >= ODD * len(same) and len(others) >= BURST and usual <= USUAL * len(others):
            found.update(odd)
    return found


def _bursts(votes: Sequence[FreshVote]) -> Iterable[list[FreshVote]]:
    groups = _groups(votes, lambda vote: (vote.media_file_id, vote.vote_type))
    return [same for same in groups if len(same) >= BURST]


def _others(votes: Sequence[FreshVote], same: Sequence[FreshVote]) -> list[FreshVote]:
    return [vote for vote in votes if vote.media_file_id != same[0].media_file_id]


Rule = Callable[[Sequence[FreshVote]], Iterable[FreshVote]]

_RULES: Final[tuple[tuple[Signal, Rule], ...]] = (
    ("actor_velocity", actor_velocity),
    ("shared_address", shared_address),
    ("owner_campaign", owner_campaign),
    ("shared_network", shared_network),
    ("hosting_network", hosting_network),
    ("unheard_burst", unheard_burst),
    ("new_voters", new_voters),
    ("voting_ring", voting_ring),
)


def _groups(
    votes: Iterable[FreshVote], key: Callable[[FreshVote], Hashable]
) -> Iterable[list[FreshVote]]:
    groups: dict[Hashable, list[FreshVote]] = defaultdict(list)
    for vote in votes:
        groups[key(vote)].append(vote)
    return groups.values()
