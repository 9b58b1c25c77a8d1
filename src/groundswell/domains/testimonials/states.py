"""The states of a testimonial, the steps between them, and who may read one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from groundswell.contract.events.testimonials import TestimonialState

Wish = Literal["submit", "review", "publish", "reject", "hide", "edit", "withdraw"]

STEPS: Final[Mapping[TestimonialState, frozenset[TestimonialState]]] = {
    "requested": frozenset({"submitted"}),
    "submitted": frozenset({"in_review", "withdrawn"}),
    "in_review": frozenset({"in_review", "published", "rejected", "withdrawn"}),
    "published": frozenset({"hidden", "withdrawn", "in_review"}),
    "rejected": frozenset({"in_review", "withdrawn"}),
    "hidden": frozenset({"in_review", "withdrawn"}),
    "withdrawn": frozenset(),
}
"""To which states each leads at once. Consent can be taken back whenever there is something said;
what is not public comes back through a review only."""

_PATHS: Final[Mapping[Wish, Mapping[TestimonialState, tuple[TestimonialState, ...]]]] = {
    "submit": {"requested": ("submitted",)},
    "review": {"submitted": ("in_review",), "hidden": ("in_review",)},
    "publish": {"submitted": ("in_review", "published"), "in_review": ("published",)},
    "reject": {"submitted": ("in_review", "rejected"), "in_review": ("rejected",)},
    "hide": {"published": ("hidden",)},
    "edit": {
        "submitted": ("in_review",),
        "in_review": ("in_review",),
        "published": ("in_review",),
        "rejected": ("in_review",),
        "hidden": ("in_review",),
    },
    "withdraw": {
        "submitted": ("withdrawn",),
        "in_review": ("withdrawn",),
        "published": ("withdrawn",),
        "rejected": ("withdrawn",),
        "hidden": ("withdrawn",),
    },
}

OUTCOME: Final[Mapping[Wish, TestimonialState]] = {
    "submit": "submitted",
    "review": "in_review",
    "publish": "published",
    "reject": "rejected",
    "hide": "hidden",
    "edit": "in_review",
    "withdraw": "withdrawn",
}
"""What each wish leads to."""


def path(state: TestimonialState, wish: Wish) -> tuple[TestimonialState, ...] | None:
    """The states to go through, the last one to stay in; None if that cannot be wished for.

    Publishing or rejecting what was just submitted is to look at it and to decide in one go.
    """
    return _PATHS[wish].get(state)


def may_read(state: TestimonialState, author_id: str, viewer_id: str | None, *, host: bool) -> bool:
    """Whether somebody may read a testimonial: what is published anybody, the rest its author and
    the host."""
    return state == "published" or host or viewer_id == author_id
