"""What is refused, with the codes clients see."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, Invalid, NotFound


class PersonSuggestionNotFound(NotFound):
    """The caller has no suggestion of this id."""

    code = "suggestion_not_found"

    def __init__(self) -> None:
        super().__init__("Suggestion not found")


def oneself() -> Invalid:
    """Nobody is their own friend."""
    return Invalid.at("userId", "Must be another user")


def is_blocked() -> Conflict:
    """Who blocks somebody has to unblock them first."""
    return Conflict("user_blocked", "You block this user; unblock them first.")
