"""Grants: what a token may do with which topics, if it was issued for less than its user may.

A token without the claim may do all that its user may. A token with it may do only what a grant
names *and* the rules of the topic allow: a grant never opens what is somebody else's. Only scopes
of presence, which belong to nobody, are open to whoever has a grant for them. A grant with ``exp``
ends then, however long its token lives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, Final, Literal, cast, get_args

import msgspec

from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import SECOND
from groundswell.realtime.topics import BROADCAST, family_of, is_name, is_pattern

Action = Literal["subscribe", "history", "presence"]

ACTIONS: Final[frozenset[Action]] = frozenset(get_args(Action))
MAX_GRANTS: Final = 32
MAX_PATTERNS: Final = 256
"""Patterns of all grants together."""

_FIELDS: Final = frozenset(("topics", "actions"))
_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999."""

NEVER: Final = 2**63 - 1
"""An end that does not come."""


class Grants:
    """Topics by action. A pattern is a topic, or one whose last segment is ``*``.

    ``*`` stands for exactly one segment, never for a part of one or for several, so
    ``user.1.*`` covers ``user.1.social`` and neither ``user.12.social`` nor ``user.1.2.social``.
    """

    __slots__ = ("_ends", "unlimited")

    def __init__(self, patterns: Mapping[Action, Collection[str]] | None) -> None:
        """``None`` allows everything. The patterns must be valid.

        A mapping says when each of them ends, in microseconds; those of other collections do not.
        """
        self.unlimited = patterns is None
        self._ends = {action: _ends(names) for action, names in (patterns or {}).items()}

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
        found: dict[Action, dict[str, int]] = {action: {} for action in ACTIONS}
        for grant in claim:
            topics, actions, ends = _grant(grant)
            for action in actions:
                for topic in topics:
                    found[action][topic] = max(ends, found[action].get(topic, ends))
        if sum(map(len, found.values())) > MAX_PATTERNS:
            raise _malformed(f"may name at most {MAX_PATTERNS} topics")
        return cls(found)

    @classmethod
    def of(cls, patterns: Mapping[str, list[str]] | None) -> Grants:
        """The grants that ``patterns()`` told."""
        if patterns is None:
            return cls(None)
        return cls(
            {cast("Action", action): dict(map(_read, kept)) for action, kept in patterns.items()}
        )

    def patterns(self) -> dict[str, list[str]] | None:
        """The topics of each action, to be kept elsewhere; None if everything is allowed.

        One that ends is followed by ``@`` and the instant.
        """
        if self.unlimited:
            return None
        return {
            action: sorted(one if end == NEVER else f"{one}@{end}" for one, end in ends.items())
            for action, ends in self._ends.items()
        }

    @property
    def fingerprint(self) -> str:
        """Names what is allowed: equal for equal grants."""
        if self.unlimited:
            return ""
        return sha256(msgspec.json.encode(self.patterns(), order="sorted")).hexdigest()[:16]

    def until(self, topic: str, action: Action = "subscribe") -> int:
        """When the right to do ``action`` on ``topic`` ends, as far as grants go: microseconds.

        ``NEVER`` if it does not; 0 if no grant names the topic. What is told to every connection
        needs none.
        """
        if self.unlimited or topic == BROADCAST:
            return NEVER
        ends = self._ends.get(action, {})
        return max(ends.get(topic, 0), ends.get(family_of(topic), 0))

    def allow(self, topic: str, action: Action = "subscribe", at: int = 0) -> bool:
        """Whether a token with these grants may do ``action`` on ``topic`` at that instant."""
        return self.until(topic, action) > at


EVERYTHING: Final = Grants(None)


def _grant(grant: object) -> tuple[list[str], list[Action], int]:
    if not isinstance(grant, dict) or grant.keys() - {"exp"} != _FIELDS:
        raise _malformed("must have topics and actions, perhaps exp, and nothing else")
    topics, actions = grant["topics"], grant["actions"]
    if not isinstance(topics, list) or not all(_is_pattern(topic) for topic in topics):
        raise _malformed("topics must be topic names, '*' only as the last segment")
    if not isinstance(actions, list) or not all(_is_action(action) for action in actions):
        raise _malformed(f"actions must be of {', '.join(sorted(ACTIONS))}")
    return topics, cast("list[Action]", actions), _end(grant)


def _end(grant: dict[str, object]) -> int:
    """When a grant ends; ``exp`` is in seconds, like that of the token."""
    if "exp" not in grant:
        return NEVER
    seconds = grant["exp"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _malformed("exp must be a time in seconds")
    if not 0 < seconds <= _LAST_SECOND:
        raise _malformed("exp must be a time in seconds")
    return int(seconds * SECOND)


def _ends(names: Collection[str]) -> dict[str, int]:
    return dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, NEVER)


def _read(kept: str) -> tuple[str, int]:
    """A pattern and its end as ``patterns`` wrote them."""
    name, _, end = kept.partition("@")
    return name, int(end) if end else NEVER


def _is_action(action: Any) -> bool:
    return isinstance(action, str) and action in ACTIONS


def _is_pattern(topic: object) -> bool:
    return isinstance(topic, str) and (is_name(topic) or is_pattern(topic))


def _malformed(what: str) -> Unauthenticated:
    return Unauthenticated(f"The token's 'grants' claim is malformed: it {what}.")
