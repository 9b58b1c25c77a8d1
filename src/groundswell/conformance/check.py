"""A check: which rule it is about, what it does, and how long it may take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from groundswell.conformance.kit import Kit

Body = Callable[[Kit], Awaitable[None]]
USUAL = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the server.

    Attributes:
        clause: the number of the rule, or its section and row: ``P5``, ``2.3``, ``3 HELLO``.
        title: what must hold.
        body: passes by returning, else raises.
        seconds: how long it may take.
    """

    clause: str
    title: str
    body: Body
    seconds: float = USUAL

    @property
    def name(self) -> str:
        """As it is shown and chosen."""
        return f"{self.clause} {self.title}"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A rule that nobody can check from outside, and why."""

    clause: str
    title: str
    reason: str

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.clause} {self.title}"


def check(clause: str, title: str, *, seconds: float = USUAL) -> Callable[[Body], Check]:
    """Make a check of a function; it is run only if a tuple of checks names it."""

    def made(body: Body) -> Check:
        return Check(clause, title, body, seconds)

    return made
