"""Recomputing what is kept of testimonials from the log."""

from __future__ import annotations

from groundswell.contract.events.privacy import PrivacyErasureCompleted
from groundswell.contract.events.testimonials import TestimonialEngaged, TestimonialEvent
from groundswell.domains.testimonials.statements import AUDIT, AUDIT_REACTIONS
from groundswell.log.reader import EventLog
from groundswell.store import Store

Reactions = set[tuple[str, str, str]]


async def audit_testimonials(store: Store, log: EventLog) -> list[str]:
    """A line for each testimonial whose state or reactions are not as the log says."""
    states, reactions = await from_log(log)
    async with store.reading() as tx:
        kept: dict[str, str] = {row[0]: row[1] for row in await tx.fetch(AUDIT)}
        stored: Reactions = {(row[0], row[1], row[2]) for row in await tx.fetch(AUDIT_REACTIONS)}
    lines = [
        f"testimonial {one}: kept {kept.get(one)}, by the log {states.get(one)}"
        for one in sorted(kept.keys() | states.keys())
        if kept.get(one) != states.get(one)
    ]
    return lines + [
        f"testimonial {one}: reaction {kind} is kept or logged, not both"
        for one, _, kind in sorted(stored ^ reactions)
    ]


async def from_log(log: EventLog) -> tuple[dict[str, str], Reactions]:
    """The states of all testimonials, and who reacted to which, by the log; reactions of who was
    forgotten are not kept."""
    states: dict[str, str] = {}
    reactions: Reactions = set()
    gone: set[str] = set()
    async for logged in log.of(TestimonialEvent, TestimonialEngaged, PrivacyErasureCompleted):
        event = logged.event
        if isinstance(event, TestimonialEngaged):
            reaction = (event.testimonial_id, event.user_id, event.kind)
            (reactions.add if event.active else reactions.discard)(reaction)
        elif isinstance(event, TestimonialEvent):
            states[event.testimonial_id] = event.state
        elif isinstance(event, PrivacyErasureCompleted):
            gone.add(event.tombstone)
    return states, {one for one in reactions if one[1] not in gone}
