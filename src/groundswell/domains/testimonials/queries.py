"""Reading testimonials: what may be read is decided when it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from groundswell.contract.events.testimonials import TestimonialState
from groundswell.contract.paging import OLDEST, Page, following, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.testimonials import rows
from groundswell.domains.testimonials.refusals import TestimonialNotFound
from groundswell.domains.testimonials.rows import TestimonialRow
from groundswell.domains.testimonials.statements import (
    EXPORT,
    EXPORT_REACTIONS,
    OF_AUTHOR,
    PUBLISHED,
    QUEUE,
)
from groundswell.domains.testimonials.states import may_read
from groundswell.domains.testimonials.views import (
    OwnTestimonial,
    TestimonialView,
)
from groundswell.store import Store


class TestimonialQueries:
    """What is said now.

    Args:
        store: the database.
        clock: the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def testimonial(
        self, testimonial_id: str, viewer_id: str | None, *, host: bool
    ) -> TestimonialView | OwnTestimonial:
        """One testimonial; its author and the host see more of it.

        Raises:
            TestimonialNotFound: there is none, or not for this viewer.
        """
        async with self._store.reading() as tx:
            row = await rows.find(tx, testimonial_id)
            if row is None or not may_read(row.state, row.author_id, viewer_id, host=host):
                raise TestimonialNotFound
            if host or viewer_id == row.author_id:
                return (await rows.own_views(tx, [row]))[0]
            return row.view((await rows.reactions(tx, [testimonial_id]))[testimonial_id])

    async def published(
        self,
        limit: int,
        cursor: str | None = None,
        *,
        project_id: str = "",
        subject_id: str = "",
    ) -> Page[TestimonialView]:
        """What everybody may read, newest first; of one project or about one user, if named.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, before = place_of(cursor)
        async with self._store.reading() as tx:
            found = await tx.fetch(
                PUBLISHED,
                before_at=at,
                before_id=before,
                project_id=project_id,
                subject_id=subject_id,
                limit=limit + 1,
            )
            said = [rows.row_of(row) for row in found]
            counts = await rows.reactions(tx, [row.testimonial_id for row in said[:limit]])
        return page_of(
            said,
            limit,
            to_rfc3339(self._clock()),
            show=lambda row: row.view(counts[row.testimonial_id]),
            place=lambda row: (row.published_at, row.testimonial_id),
        )

    async def queue(
        self, state: TestimonialState, limit: int, cursor: str | None
    ) -> Page[OwnTestimonial]:
        """What is in a state, for the host; who waits longest comes first.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, after = place_of(cursor, OLDEST)
        found = await self._store.fetch(
            QUEUE, state=state, after_at=at, after_id=after, limit=limit + 1
        )
        return await self._own_page(
            [rows.row_of(row) for row in found], limit, lambda row: row.changed_at
        )

    async def of_author(
        self, author_id: str, limit: int, cursor: str | None
    ) -> Page[OwnTestimonial]:
        """What a user was asked for and said, newest first.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, before = place_of(cursor)
        found = await self._store.fetch(
            OF_AUTHOR, author_id=author_id, before_at=at, before_id=before, limit=limit + 1
        )
        return await self._own_page(
            [rows.row_of(row) for row in found], limit, lambda row: row.requested_at
        )

    async def export(self, user_id: str) -> Mapping[str, Any]:
        """Everything about a user: what they said, agreed to, and reacted to."""
        async with self._store.reading() as tx:
            found = [rows.row_of(row) for row in await tx.fetch(EXPORT, user_id=user_id)]
            views = await rows.own_views(tx, found)
            reactions = await tx.fetch(EXPORT_REACTIONS, user_id=user_id)
        return {
            "testimonials": [msgspec.to_builtins(view) for view in views],
            "reactions": [
                {"testimonialId": testimonial, "kind": kind, "at": to_rfc3339(at)}
                for testimonial, kind, at in reactions
            ],
        }

    async def _own_page(
        self, found: list[TestimonialRow], limit: int, place: Callable[[TestimonialRow], int]
    ) -> Page[OwnTestimonial]:
        async with self._store.reading() as tx:
            views = await rows.own_views(tx, found[:limit])
        more = following(found, limit, lambda row: (place(row), row.testimonial_id))
        return Page(items=views, next_cursor=more, as_of=to_rfc3339(self._clock()))
