"""What is behind the pages where operators decide about content and webhooks."""

from __future__ import annotations

from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.domains.moderation.offering import Moderation
from groundswell.domains.testimonials.commands import DecideTestimonial
from groundswell.domains.testimonials.queries import TestimonialQueries
from groundswell.domains.webhooks.bodies import EndpointChanges, Replay
from groundswell.domains.webhooks.wiring import webhook_parts
from groundswell.web.hooks import EndpointAction, Hooks
from groundswell.web.moderation import ContentDecision, ContentReview, TestimonialDecision

REPLAYED = 100
"""As many at once as can be named."""


def content_review_of(core: Core, moderation: Moderation) -> ContentReview:
    """The two queues, and what carries decisions out."""
    clock = times.now

    async def decide(item_id: str, decision: ContentDecision, reason: str | None) -> object:
        approve = decision == "approve"
        return await moderation.decide(item_id, approve=approve, reason=reason, idempotency=None)

    async def decide_testimonial(
        testimonial_id: str, decision: TestimonialDecision, reason: str | None
    ) -> object:
        command = DecideTestimonial(
            at=clock(), testimonial_id=testimonial_id, decision=decision, reason=reason
        )
        return await core.writer.submit(command)

    return ContentReview(
        content=moderation,
        testimonials=TestimonialQueries(core.store, clock),
        decide=decide,
        decide_testimonial=decide_testimonial,
    )


def hooks_of(core: Core) -> Hooks:
    """The endpoints, and what is done with them."""
    queries, actions = webhook_parts(
        core.store,
        core.writer.submit,
        core.secret,
        core.settings.webhook_networks,
        times.now,
    )

    async def act(endpoint_id: str, action: EndpointAction) -> object:
        if action == "test":
            return await actions.test(endpoint_id, None)
        changes = EndpointChanges(enabled=action == "enable")
        return await actions.change(endpoint_id, changes, None)

    async def replay(endpoint_id: str, event_id: str | None) -> object:
        if event_id is not None:
            return await actions.replay(endpoint_id, Replay(event_ids=(event_id,)), None)
        failed = (await queries.failures(endpoint_id, REPLAYED, None)).items
        wanted = tuple(one.event_id for one in failed)
        return await actions.replay(endpoint_id, Replay(event_ids=wanted), None) if wanted else None

    return Hooks(endpoints=queries, act=act, replay=replay)
