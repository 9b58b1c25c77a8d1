"""What the slice of testimonials offers."""

from __future__ import annotations

from groundswell.domains.testimonials.audit import audit_testimonials
from groundswell.domains.testimonials.offering import Testimonials
from groundswell.domains.testimonials.queries import TestimonialQueries
from groundswell.domains.testimonials.reactions import react
from groundswell.domains.testimonials.routes import testimonial_router
from groundswell.slices import Slice, Tools


def testimonial_slice(tools: Tools) -> Slice:
    """Testimonials and reactions to them."""
    queries = TestimonialQueries(tools.store, tools.clock)
    testimonials = Testimonials(
        tools.submit, queries, tools.hasher, tools.limits, tools.clock, tools.gate
    )

    async def audit() -> list[str]:
        return await audit_testimonials(tools.store, tools.log)

    return Slice(
        "testimonials",
        routes=(testimonial_router(testimonials),),
        react=react,
        audit=audit,
        export=queries.export,
    )
