"""Patterns of topics, for figures: counted by topic they would be as many as there are users."""

from __future__ import annotations

from typing import Final

from groundswell.realtime.topics import KINDS

OTHER: Final = "other"

# Every pattern begins with a segment of its own; matching expressions would cost more.
_BY_FIRST: Final = {kind.name.partition(".")[0]: kind.name for kind in KINDS}


def pattern_of(topic: str) -> str:
    """The pattern a topic follows, as ``media.{id}``; ``other`` if no pattern begins like it."""
    return _BY_FIRST.get(topic.partition(".")[0], OTHER)
