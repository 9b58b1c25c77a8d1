"""What callers may do with testimonials, the same for every door."""

from __future__ import annotations

from typing import Any

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.events.testimonials import ReactionKind, TestimonialState
from groundswell.contract.moderation import Gate, Submission, open_gate
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.testimonials.bodies import (
    Edit,
    NewTestimonial,
    agreed_version,
    check_edit,
)
from groundswell.domains.testimonials.commands import (
    DecideTestimonial,
    Decision,
    EditTestimonial,
    React,
    SubmitTestimonial,
    WithdrawTestimonial,
)
from groundswell.domains.testimonials.queries import TestimonialQueries
from groundswell.domains.testimonials.views import (
    OwnTestimonial,
    ReactionsView,
    TestimonialView,
)
from groundswell.http.callers import require_host, require_user
from groundswell.log.reactions import Submit
from groundswell.store.commands import Command, Idempotency


class Testimonials:
    """Saying, reading, moderating, reacting.

    Args:
        submit: the writer's.
        queries: reads testimonials.
        hasher: makes names of addresses.
        limits: how often somebody may do something.
        clock: the time.
        gate: refuses what may not be said here. What a rule only wants looked at passes: the host
            looks at every testimonial before it is published.
    """

    def __init__(
        self,
        submit: Submit,
        queries: TestimonialQueries,
        hasher: AddressHasher,
        limits: RateLimits,
        clock: Clock,
        gate: Gate = open_gate,
    ) -> None:
        self._submit = submit
        self._queries = queries
        self._hasher = hasher
        self._limits = limits
        self._clock = clock
        self._gate = gate

    async def submit(
        self, caller: Principal, new: NewTestimonial, idempotency: Idempotency | None
    ) -> OwnTestimonial:
        """Say something about a project the caller was asked about.

        Raises:
            Conflict: they were not asked, or said something already.
            ContentRejected: it may not be said here.
        """
        user = require_user(caller)
        version = agreed_version(new.consent)
        await self._limits.hit("testimonial", rate_key(caller, self._hasher))
        await self._look_at(user, new.body, new.display_name)
        command = SubmitTestimonial(
            at=self._clock(),
            project_id=new.project_id,
            author_id=user,
            body=new.body,
            rating=new.rating,
            display_name=new.display_name,
            share_id=new.share_id,
            consent_version=version,
        )
        return await self._own(command, idempotency)

    async def edit(
        self,
        caller: Principal,
        testimonial_id: str,
        edit: Edit,
        idempotency: Idempotency | None,
    ) -> OwnTestimonial:
        """Say something else.

        Raises:
            ContentRejected: it may not be said here.
        """
        user = require_user(caller)
        check_edit(edit)
        version = None if edit.consent is None else agreed_version(edit.consent)
        await self._limits.hit("testimonial", rate_key(caller, self._hasher))
        await self._look_at(user, edit.body, edit.display_name)
        command = EditTestimonial(
            at=self._clock(),
            testimonial_id=testimonial_id,
            author_id=user,
            body=edit.body,
            rating=edit.rating,
            display_name=edit.display_name,
            consent_version=version,
        )
        return await self._own(command, idempotency)

    async def withdraw(
        self, caller: Principal, testimonial_id: str, idempotency: Idempotency | None
    ) -> OwnTestimonial:
        """Take back what the caller said."""
        user = require_user(caller)
        command = WithdrawTestimonial(
            at=self._clock(), testimonial_id=testimonial_id, author_id=user
        )
        return await self._own(command, idempotency)

    async def decide(
        self,
        caller: Principal,
        testimonial_id: str,
        decision: Decision,
        reason: str | None,
        idempotency: Idempotency | None,
    ) -> OwnTestimonial:
        """The host decides what becomes of a testimonial."""
        require_host(caller)
        command = DecideTestimonial(
            at=self._clock(), testimonial_id=testimonial_id, decision=decision, reason=reason
        )
        return await self._own(command, idempotency)

    async def react(
        self,
        caller: Principal,
        testimonial_id: str,
        kind: ReactionKind,
        idempotency: Idempotency | None = None,
        *,
        active: bool,
    ) -> ReactionsView:
        """React, or take a reaction back."""
        user = require_user(caller)
        await self._limits.hit("reaction", rate_key(caller, self._hasher))
        command = React(
            at=self._clock(),
            testimonial_id=testimonial_id,
            user_id=user,
            kind=kind,
            active=active,
        )
        answer: ReactionsView = await self._submit(command, idempotency)
        return answer

    async def show(
        self, caller: Principal, testimonial_id: str
    ) -> TestimonialView | OwnTestimonial:
        """One testimonial, to those who may read it."""
        host = caller.kind == "host"
        return await self._queries.testimonial(testimonial_id, caller.user_id, host=host)

    async def published(
        self, limit: int, cursor: str | None, project_id: str, subject_id: str
    ) -> Page[TestimonialView]:
        """What everybody may read."""
        return await self._queries.published(
            limit, cursor, project_id=project_id, subject_id=subject_id
        )

    async def queue(
        self, caller: Principal, state: TestimonialState, limit: int, cursor: str | None
    ) -> Page[OwnTestimonial]:
        """What waits for the host."""
        require_host(caller)
        return await self._queries.queue(state, limit, cursor)

    async def mine(self, caller: Principal, limit: int, cursor: str | None) -> Page[OwnTestimonial]:
        """What the caller was asked for, and said."""
        return await self._queries.of_author(require_user(caller), limit, cursor)

    async def _look_at(self, author_id: str, *said: str | None) -> None:
        text = "\n".join(one for one in said if one is not None)
        if text:
            await self._gate(
                Submission(kind="testimonial", text=text, author_id=author_id, when_held="pass")
            )

    async def _own(self, command: Command, idempotency: Idempotency | None) -> OwnTestimonial:
        answer: Any = await self._submit(command, idempotency)
        assert isinstance(answer, OwnTestimonial)  # noqa: S101 - what these commands answer
        return answer
