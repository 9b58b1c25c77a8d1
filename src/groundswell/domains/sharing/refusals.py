"""What is refused, with the codes clients see."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, NotFound


class ShareNotFound(NotFound):
    """No share has this id, or it is not for this caller."""

    code = "share_not_found"

    def __init__(self) -> None:
        super().__init__("Share not found")


class SuggestionNotFound(NotFound):
    """The caller has no suggestion of this id."""

    code = "suggestion_not_found"

    def __init__(self) -> None:
        super().__init__("Suggestion not found")


def illegal_transition(state: str, wanted: str) -> Conflict:
    """A share in this state does not become that."""
    return Conflict("illegal_transition", f"A share that is {state} cannot become {wanted}.")


def post_taken() -> Conflict:
    """A post of a platform belongs to one share, and a share has one post."""
    return Conflict("post_taken", "This post, or this share's place for one, is taken.")
