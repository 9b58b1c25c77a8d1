"""What the catalogue says of logged events, in the words of AsyncAPI."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from groundswell.contract.catalogue import Entry
from groundswell.realtime.topics import TopicKind

_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


def about(entry: Entry) -> dict[str, Any]:
    """What is to be known of an event beside its fields."""
    return {
        "x-topics": list(entry.topics),
        "x-privacy": entry.privacy,
        "x-critical": entry.critical,
    }


def told_on(kind: TopicKind, entries: Iterable[Entry]) -> dict[str, Any]:
    """The types of events that are told as they are on topics of a kind; nothing if none is."""
    plain = [one.event_type for one in entries if any(_is_of(kind, name) for name in one.topics)]
    return {"x-events": plain} if plain else {}


def _is_of(kind: TopicKind, pattern: str) -> bool:
    """Whether topics of this pattern, as ``user.{userId}.social``, are of a kind."""
    return kind.pattern.fullmatch(_PLACEHOLDER.sub("1", pattern)) is not None
