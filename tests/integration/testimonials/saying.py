"""A core with testimonials, and short ways to say what people do with them.

What happens elsewhere is written into the log as the other slices would, and reaches testimonials
by their reactions only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from groundswell.contract.events.intake import ProjectCompleted
from groundswell.contract.events.sharing import ShareDeleted
from groundswell.contract.events.testimonials import ReactionKind, TestimonialEvent
from groundswell.domains.testimonials.audit import audit_testimonials
from groundswell.domains.testimonials.commands import (
    DecideTestimonial,
    Decision,
    EditTestimonial,
    React,
    SubmitTestimonial,
    WithdrawTestimonial,
)
from groundswell.domains.testimonials.handling import testimonial_handler
from groundswell.domains.testimonials.projections import TESTIMONIAL_PROJECTION
from groundswell.domains.testimonials.queries import TestimonialQueries
from groundswell.domains.testimonials.reactions import react
from groundswell.domains.testimonials.views import OwnTestimonial, ReactionsView
from groundswell.log.reactions import Reactions
from groundswell.store.commands import Command
from tests.support.core import ManualClock, running_core
from tests.support.reacting import HAPPENING, ReactingSlice
from tests.support.replaying import unlike_the_log

_TABLES = ("testimonials", "testimonial_consents", "testimonial_reactions")


@dataclass(kw_only=True)
class Saying(ReactingSlice):
    """Testimonials on a running core; ann owns projects that bob does."""

    queries: TestimonialQueries

    async def completed(self, project: str = "p-1", owner: str = "ann", by: str = "bob") -> None:
        """A project is done, and testimonials have reacted."""
        event = ProjectCompleted(
            source="/tests",
            source_id=project,
            user_id=owner,
            project_id=project,
            contractor_id=by,
            title="New kitchen",
        )
        await self.happen(event)

    async def share_deleted(self, share_id: str) -> None:
        """A share was taken back, and testimonials have reacted."""
        await self.happen(ShareDeleted(user_id="ann", share_id=share_id, reason="deleted_by_user"))

    async def submit(
        self, project: str = "p-1", author: str = "ann", **more: Any
    ) -> OwnTestimonial:
        said: dict[str, Any] = {
            "body": "A fine kitchen.",
            "rating": 5,
            "display_name": "Ann",
            "share_id": None,
            "consent_version": "2026-01",
            **more,
        }
        command = SubmitTestimonial(
            at=self.clock.advance(1), project_id=project, author_id=author, **said
        )
        return await self._own(command)

    async def edit(self, testimonial: str, author: str = "ann", **more: Any) -> OwnTestimonial:
        said: dict[str, Any] = {
            "body": "A good kitchen.",
            "rating": None,
            "display_name": None,
            "consent_version": None,
            **more,
        }
        command = EditTestimonial(
            at=self.clock.advance(1), testimonial_id=testimonial, author_id=author, **said
        )
        return await self._own(command)

    async def decide(
        self, testimonial: str, decision: Decision, reason: str | None = None
    ) -> OwnTestimonial:
        command = DecideTestimonial(
            at=self.clock.advance(1),
            testimonial_id=testimonial,
            decision=decision,
            reason=reason,
        )
        return await self._own(command)

    async def withdraw(self, testimonial: str, author: str = "ann") -> OwnTestimonial:
        command = WithdrawTestimonial(
            at=self.clock.advance(1), testimonial_id=testimonial, author_id=author
        )
        return await self._own(command)

    async def engage(
        self,
        testimonial: str,
        user: str = "cid",
        kind: ReactionKind = "like",
        *,
        active: bool = True,
    ) -> ReactionsView:
        command = React(
            at=self.clock.advance(1),
            testimonial_id=testimonial,
            user_id=user,
            kind=kind,
            active=active,
        )
        answer: ReactionsView = await self.core.submit(command)
        return answer

    async def published(self, project: str = "p-1", **more: Any) -> str:
        """A testimonial that everybody can read; its id."""
        await self.completed(project)
        said = await self.submit(project, **more)
        return (await self.decide(said.testimonial_id, "publish")).testimonial_id

    async def public(self) -> list[str]:
        """The ids of what everybody can read, newest first."""
        page = await self.queries.published(50)
        return [one.testimonial_id for one in page.items]

    async def told(self) -> list[TestimonialEvent]:
        """What was told of testimonials, in order."""
        events = [one.event for one in await self.core.events()]
        return [one for one in events if isinstance(one, TestimonialEvent)]

    async def types(self) -> list[str]:
        """What was told of testimonials, by its last word."""
        return [one.event_type.removeprefix("testimonial.") for one in await self.told()]

    async def assert_consistent(self) -> None:
        """The log and what is kept tell the same."""
        assert await audit_testimonials(self.core.store, self.core.log) == []
        assert await unlike_the_log(self.core.store, TESTIMONIAL_PROJECTION) == []

    async def _own(self, command: Command) -> OwnTestimonial:
        answer: OwnTestimonial = await self.core.submit(command)
        return answer


@asynccontextmanager
async def running_testimonials(url: str) -> AsyncIterator[Saying]:
    """Testimonials on a database that has the schema."""
    clock = ManualClock()
    handlers = (testimonial_handler(clock), HAPPENING)
    async with running_core(url, clock, handlers=handlers) as core:
        yield Saying(
            core=core,
            reactions=Reactions("testimonials", react, core.writer.submit),
            tables=_TABLES,
            queries=TestimonialQueries(core.store, clock),
        )
