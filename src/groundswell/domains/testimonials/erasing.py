"""Forgetting an author: what they said is withdrawn, that they agreed once stays."""

from __future__ import annotations

from groundswell.domains.testimonials.commands import WithdrawTestimonial
from groundswell.domains.testimonials.moving import withdraw
from groundswell.log.naming import Naming
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

_NAMING = Naming(
    names={
        "testimonials": ("author_id", "subject_id"),
        "testimonial_consents": ("user_id",),
    },
    gone={"testimonial_reactions": ("user_id",)},
    parts={("testimonials", "(author_id = :name OR subject_id = :name)"): ("project_id",)},
)
STANDING = Statement(
    """
    SELECT testimonial_id FROM testimonials
    WHERE author_id = :author_id AND state <> 'withdrawn' ORDER BY testimonial_id
    """
)


async def forget(tx: Transaction, erasure: Erasure, trail: Trail, tail: EventTail) -> int:
    """Rename first: what is told of the withdrawals names the tombstone."""
    touched = await _NAMING.forget(tx, erasure, trail, tail)
    for (one,) in await tx.fetch(STANDING, author_id=erasure.tombstone):
        command = WithdrawTestimonial(
            testimonial_id=one, author_id=erasure.tombstone, at=erasure.at
        )
        await withdraw(tx, command, tail)
    return touched


TESTIMONIAL_ERASER = Eraser("testimonials", forget)
