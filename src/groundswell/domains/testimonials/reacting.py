"""Reactions to testimonials: one per user and kind, and taken back at will."""

from __future__ import annotations

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.testimonials import TestimonialEngaged
from groundswell.domains.testimonials.commands import React
from groundswell.domains.testimonials.refusals import TestimonialNotFound
from groundswell.domains.testimonials.rows import find, reactions
from groundswell.domains.testimonials.statements import ADD_REACTION, MINE, REMOVE_REACTION
from groundswell.domains.testimonials.views import ReactionsView
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def react_to(
    transaction: Transaction, command: React, tail: EventTail
) -> ReactionsView | GroundswellError:
    """Add or remove one; only what everybody can read can be reacted to."""
    row = await find(transaction, command.testimonial_id)
    if row is None or row.state != "published":
        return TestimonialNotFound()
    changed = await _store(transaction, command)
    counts = (await reactions(transaction, [row.testimonial_id]))[row.testimonial_id]
    if changed:
        event = TestimonialEngaged(
            **row.about(),
            user_id=command.user_id,
            kind=command.kind,
            active=command.active,
            count=counts.get(command.kind, 0),
        )
        tail.append(event, command.at)
    mine = await transaction.fetch(MINE, testimonial_id=row.testimonial_id, user_id=command.user_id)
    return ReactionsView(
        testimonial_id=row.testimonial_id, reactions=counts, mine=[kind for (kind,) in mine]
    )


async def _store(transaction: Transaction, command: React) -> bool:
    which = {
        "testimonial_id": command.testimonial_id,
        "user_id": command.user_id,
        "kind": command.kind,
    }
    if command.active:
        return bool(await transaction.fetch(ADD_REACTION, **which, at=command.at))
    return bool(await transaction.fetch(REMOVE_REACTION, **which))
