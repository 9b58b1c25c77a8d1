"""What a person likes, by what they did: bounded, and the same in whatever portions it is told.

Everything here is a pure function. Weights are small integers, so that all sums are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from groundswell.store.deeds import Deed

KEPT_FILES: Final = 200
"""Files kept for one person: those they engaged with last."""

PAIRED_FILES: Final = 50
"""Of these, how many make pairs, so that one busy person changes at most a few thousand."""

UPVOTE, COMMENT, DOWNLOAD, PLAY, VIEW = 5, 3, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What one person did with one file and when last, in microseconds; 0 for never."""

    viewed_at: int = 0
    played_at: int = 0
    downloaded_at: int = 0
    commented_at: int = 0
    voted_at: int = 0
    vote: int = 0

    @property
    def times(self) -> tuple[int, ...]:
        """When each thing was done, of those that were."""
        every = (
            *(self.viewed_at, self.played_at, self.downloaded_at),
            *(self.commented_at, self.voted_at),
        )
        return tuple(at for at in every if at)

    @property
    def weight(self) -> int:
        """How much they like it: the strongest thing they did; a down-vote outweighs all."""
        if self.vote < 0:
            return 0
        done = (
            (UPVOTE, self.vote),
            (COMMENT, self.commented_at),
            (DOWNLOAD, self.downloaded_at),
            (PLAY, self.played_at),
            (VIEW, self.viewed_at),
        )
        return max((weight for weight, at in done if at), default=0)

    def after(self, deed: Deed) -> Kept:
        """With one more thing done; told twice or late, it changes nothing."""
        match deed.verb:
            case "view":
                return self._with(viewed_at=max(self.viewed_at, deed.at))
            case "play":
                return self._with(played_at=max(self.played_at, deed.at))
            case "download":
                return self._with(downloaded_at=max(self.downloaded_at, deed.at))
            case "comment":
                return self._with(commented_at=max(self.commented_at, deed.at))
            case "vote":
                # Of two votes of one instant the one in favour stands.
                newest = max((self.voted_at, self.vote), (deed.at, deed.vote))
                return self._with(voted_at=newest[0], vote=newest[1])

    def without_vote(self) -> Kept:
        """As if they had never voted."""
        return self._with(voted_at=0, vote=0)

    def since(self, before: int) -> Kept:
        """Without what was done up to ``before``."""
        voted = self.voted_at > before
        return Kept(
            viewed_at=self.viewed_at if self.viewed_at > before else 0,
            played_at=self.played_at if self.played_at > before else 0,
            downloaded_at=self.downloaded_at if self.downloaded_at > before else 0,
            commented_at=self.commented_at if self.commented_at > before else 0,
            voted_at=self.voted_at if voted else 0,
            vote=self.vote if voted else 0,
        )

    def _with(self, **changes: int) -> Kept:
        values = {name: getattr(self, name) for name in Kept.__slots__}
        return Kept(**{**values, **changes})


Files = Mapping[int, Kept]
"""What one person did, by file."""


def bounded(files: Files, at_most: int = KEPT_FILES) -> dict[int, Kept]:
    """The files engaged with last, without those of which nothing is left."""
    kept = {media: one for media, one in files.items() if one.times}
    if len(kept) <= at_most:
        return kept
    return dict(sorted(kept.items(), key=_recency, reverse=True)[:at_most])


def likes(files: Files, at_most: int = PAIRED_FILES) -> dict[int, int]:
    """The weights of the files liked last, those that make pairs."""
    liked = [(media, one) for media, one in files.items() if one.weight]
    if len(liked) > at_most:
        liked = sorted(liked, key=_recency, reverse=True)[:at_most]
    return {media: one.weight for media, one in liked}


def _recency(entry: tuple[int, Kept]) -> tuple[int, int]:
    return max(entry[1].times), entry[0]


class Sums:
    """Changes of the sums over all persons: by file, and by pair of files, the smaller id first."""

    def __init__(self) -> None:
        self.people: Counter[int] = Counter()
        self.strength: Counter[int] = Counter()
        self.pair_people: Counter[tuple[int, int]] = Counter()
        self.pair_strength: Counter[tuple[int, int]] = Counter()

    def add(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """A person's likes were ``before`` and are ``after``; only what differs is visited."""
        changed = {
            media for media in {*before, *after} if before.get(media, 0) != after.get(media, 0)
        }
        every = {*before, *after}
        for media in changed:
            old, new = before.get(media, 0), after.get(media, 0)
            self.people[media] += bool(new) - bool(old)
            self.strength[media] += new * new - old * old
            for other in every:
                if other == media or (other in changed and other < media):
                    continue
                self._pair(media, other, old * before.get(other, 0), new * after.get(other, 0))

    def _pair(self, media: int, other: int, old: int, new: int) -> None:
        if old == new:
            return
        key = (media, other) if media < other else (other, media)
        self.pair_people[key] += bool(new) - bool(old)
        self.pair_strength[key] += new - old

    def file_rows(self) -> list[tuple[int, int, int]]:
        """File, change in people, change in strength, of the files that change."""
        rows = ((one, self.people[one], self.strength[one]) for one in sorted(self.strength))
        return [row for row in rows if row[1] or row[2]]

    def pair(self, one: int, other: int) -> tuple[int, int]:
        """Change in people, and in strength, of two files."""
        key = (one, other) if one < other else (other, one)
        return self.pair_people[key], self.pair_strength[key]

    def pair_rows(self) -> Iterator[tuple[int, int, int, int]]:
        """File, other file, change in people, change in strength, both ways round.

        There may be millions of them: they are made as they are asked for, in one order.
        """
        for one, other in sorted(self.pair_strength):
            people, strength = self.pair_people[one, other], self.pair_strength[one, other]
            if people or strength:
                yield one, other, people, strength
                yield other, one, people, strength


def sums_of(persons: Iterable[Files]) -> Sums:
    """The sums over persons, counted from nothing."""
    sums = Sums()
    for files in persons:
        sums.add({}, likes(files))
    return sums
