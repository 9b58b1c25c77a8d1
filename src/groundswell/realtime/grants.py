"""Grants: what a token may do with which topics, if it was issued for less than its user may.

A token without the claim may do all that its user may. A token with it may do only what a grant
names *and* the rules of the topic allow: a grant never opens what is somebody else's. Only scopes
of presence, which belong to nobody, are open to whoever has a grant for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, Literal, cast, get_args

import msgspec

from groundswell.contract.errors import Unauthenticated
from groundswell.realtime.topics import BROADCAST, is_name, is_pattern

Action = Literal["subscribe", "history", "presence"]

ACTIONS: Final[frozenset[Action]] = frozenset(get_args(Action))
MAX_GRANTS: Final = 32
MAX_PATTERNS: Final = 256
"""Patterns of all grants together."""

_FIELDS: Final = frozenset(("topics", "actions"))


class Grants:
    """Topics by action. A pattern is a topic, or one whose last segment is ``*``.

    ``*`` stands for exactly one segment, never for a part of one or for several, so
    ``user.1.*`` covers ``user.1.social`` and neither ``user.12.social`` nor ``user.1.2.social``.
    """

    __slots__ = ("_exact", "_prefixes", "unlimited")

    def __init__(self, patterns: Mapping[Action, frozenset[str]] | None) -> None:
        """``None`` allows everything. The patterns must be valid."""
        self.unlimited = patterns is None
        given = patterns or {}
        self._exact = {
            action: frozenset(one for one in names if not one.endswith("*"))
            for action, names in given.items()
        }
        self._prefixes = {
            action: frozenset(one[:-1] for one in names if one.endswith("*"))
            for action, names in given.items()
        }

    @classmethod
    def parse(cls, claim: object) -> Grants:
        """The grants of a token's claim; None, an absent claim, limits nothing.

        Raises:
            Unauthenticated: the claim is not a list of grants, or one of them is malformed.
        """
        if claim is None:
            return cls(None)
        if not isinstance(claim, list) or len(claim) > MAX_GRANTS:
            raise _malformed(f"must be a list of at most {MAX_GRANTS}")
        found: dict[Action, set[str]] = {action: set() for action in ACTIONS}
        for grant in claim:
            topics, actions = _grant(grant)
            for action in actions:
                found[action].update(topics)
        if sum(map(len, found.values())) > MAX_PATTERNS:
            raise _malformed(f"may name at most {MAX_PATTERNS} topics")
        return cls({action: frozenset(topics) for action, topics in found.items()})

    @classmethod
    def of(cls, patterns: Mapping[str, list[str]] | None) -> Grants:
        """The grants that ``patterns()`` told."""
        if patterns is None:
            return cls(None)
        return cls({cast("Action", action): frozenset(kept) for action, kept in patterns.items()})

    def patterns(self) -> dict[str, list[str]] | None:
        """The topics of each action, to be kept elsewhere; None if everything is allowed."""
        if self.unlimited:
            return None
        return {
            action: sorted({*exact, *(f"{prefix}*" for prefix in self._prefixes[action])})
            for action, exact in self._exact.items()
        }

    @property
    def fingerprint(self) -> str:
        """Names what is allowed: equal for equal grants."""
        if self.unlimited:
            return ""
        return sha256(msgspec.json.encode(self.patterns(), order="sorted")).hexdigest()[:16]

    def allow(self, topic: str, action: Action = "subscribe") -> bool:
        """Whether a token with these grants may do ``action`` on ``topic``.

        What is told to every connection needs no grant.
        """
        if self.unlimited or topic == BROADCAST:
            return True
        if topic in self._exact.get(action, ()):
            return True
        prefix, dot, last = topic.rpartition(".")
        return bool(last) and prefix + dot in self._prefixes.get(action, ())


EVERYTHING: Final = Grants(None)


def _grant(grant: object) -> tuple[list[str], list[Action]]:
    if not isinstance(grant, dict) or grant.keys() != _FIELDS:
        raise _malformed("must have topics and actions, and nothing else")
    topics, actions = grant["topics"], grant["actions"]
    if not isinstance(topics, list) or not all(_is_pattern(topic) for topic in topics):
        raise _malformed("topics must be topic names, '*' only as the last segment")
    if not isinstance(actions, list) or not all(_is_action(action) for action in actions):
        raise _malformed(f"actions must be of {', '.join(sorted(ACTIONS))}")
    return topics, cast("list[Action]", actions)


def _is_action(action: Any) -> bool:
    return isinstance(action, str) and action in ACTIONS


def _is_pattern(topic: object) -> bool:
    return isinstance(topic, str) and (is_name(topic) or is_pattern(topic))


def _malformed(what: str) -> Unauthenticated:
    return Unauthenticated(f"The token's 'grants' claim is malformed: it {what}.")
