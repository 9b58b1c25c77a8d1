"""What is refused, with the codes clients see."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, NotFound
from groundswell.domains.testimonials.states import OUTCOME, Wish


class TestimonialNotFound(NotFound):
    """No testimonial has this id, or it is not for this caller."""

    code = "testimonial_not_found"

    def __init__(self) -> None:
        super().__init__("Testimonial not found")


def not_requested() -> Conflict:
    """Only who was asked about a project says something about it."""
    return Conflict("testimonial_not_requested", "No testimonial was requested for this project.")


def already_submitted() -> Conflict:
    """One testimonial for one project."""
    return Conflict(
        "testimonial_already_submitted", "There is a testimonial for this project; edit that one."
    )


def illegal_transition(state: str, wish: Wish) -> Conflict:
    """A testimonial in this state does not become that."""
    wanted = OUTCOME[wish]
    return Conflict("illegal_transition", f"A testimonial that is {state} cannot become {wanted}.")
