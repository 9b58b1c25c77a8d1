"""The rules of voting: values in, values out."""

from __future__ import annotations

from groundswell.domains.engagement.views import VoteType


def counter_change(previous: VoteType | None, wanted: VoteType | None) -> tuple[int, int]:
    """Gains of (upvotes, downvotes). The same vote twice gains nothing."""
    return (wanted == "up") - (previous == "up"), (wanted == "down") - (previous == "down")


def sign(vote: VoteType | None) -> int:
    """What one vote adds to ups minus downs."""
    return (vote == "up") - (vote == "down")
