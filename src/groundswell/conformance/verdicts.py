"""What a check can come to, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

Outcome = Literal["passed", "failed", "not applicable", "needs control of the server"]


class Failed(Exception):
    """The server did something else than the rule says."""


class NotApplicable(Exception):
    """The rule cannot be checked here; the text says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to. ``frames`` are what was said and heard, if it failed."""

    name: str
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    frames: list[str] = field(default_factory=list)


def expect(holds: object, what: str, seen: Any = None) -> None:
    """Go on only if ``holds``.

    Raises:
        Failed: it does not; ``what`` says what was expected, ``seen`` what came instead.
    """
    if not holds:
        fail(what, seen)


def fail(what: str, seen: Any = None) -> NoReturn:
    """Say what was expected and what came instead.

    Raises:
        Failed: always.
    """
    raise Failed(what if seen is None else f"{what}; it was {seen!r}")


def same(found: Any, wanted: Any, what: str) -> None:
    """Go on only if both are equal.

    Raises:
        Failed: they are not.
    """
    if found != wanted:
        raise Failed(f"{what} should be {wanted!r} and is {found!r}")


def skip(reason: str) -> NoReturn:
    """Say that the rule cannot be checked here.

    Raises:
        NotApplicable: always.
    """
    raise NotApplicable(reason)
