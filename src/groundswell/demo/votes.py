"""Replays real votes, one voter each, and says which scores must come of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv6Address

from groundswell.demo.api import Api
from groundswell.demo.dataset import Ballot, Post
from groundswell.demo.together import together

SOURCE = "history-meta"
WORKERS = 64

VoterHeaders = Callable[[int], Mapping[str, str]]
"""The headers that make the n-th vote that of a voter of its own."""

_DOCUMENTATION = int(IPv6Address("2001:db8::"))


def voter_address(number: int) -> str:
    """An address in a /64 of its own, from the range reserved for documentation (RFC 3849)."""
    return str(IPv6Address(_DOCUMENTATION | (number << 64) | 1))


def by_address(number: int) -> Mapping[str, str]:
    """The headers of an anonymous voter."""
    return {"X-Forwarded-For": voter_address(number)}


def scores(ballots: Iterable[Ballot]) -> Counter[str]:
    """Ups minus downs by post."""
    totals: Counter[str] = Counter()
    for ballot in ballots:
        totals[ballot.post_id] += 1 if ballot.vote == "up" else -1
    return totals


def tallies(ballots: Iterable[Ballot]) -> Counter[tuple[str, str]]:
    """Votes by post and direction."""
    return Counter((ballot.post_id, ballot.vote) for ballot in ballots)


def titles(ballots: Iterable[Ballot], posts: Iterable[Post]) -> dict[str, str]:
    """A title for every post that is known or was voted on; some were deleted since."""
    known = {post.post_id: post.title[:255] for post in posts}
    gone = {ballot.post_id: f"Deleted post {ballot.post_id}" for ballot in ballots}
    return gone | known


async def replay_votes(
    api: Api,
    ballots: Sequence[Ballot],
    posts: Sequence[Post],
    voter: VoterHeaders = by_address,
    *,
    workers: int = WORKERS,
) -> dict[str, int]:
    """Register every post and cast every vote; the media file of each post.

    Raises:
        RequestFailed: the service refuses one of them.
    """
    ids: dict[str, int] = {}

    async def register(post: tuple[str, str]) -> None:
        post_id, title = post
        answer = await api.register({"title": title, "source": SOURCE, "externalId": post_id})
        ids[post_id] = int(answer["mediaFileId"])

    async def cast(numbered: tuple[int, Ballot]) -> None:
        number, ballot = numbered
        path = f"/v1/media/{ids[ballot.post_id]}/vote"
        await api.call("PUT", path, {"voteType": ballot.vote}, voter(number))

    await together(register, titles(ballots, posts).items(), workers)
    await together(cast, enumerate(ballots), workers)
    return ids
