"""A testimonial as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.contract.events.testimonials import ReactionKind, TestimonialState
from groundswell.contract.times import to_rfc3339
from groundswell.domains.testimonials.statements import CHANGE, CONSENTS, FIND, REACTIONS
from groundswell.domains.testimonials.views import ConsentView, OwnTestimonial, TestimonialView
from groundswell.store import Row, Statement, Transaction

Counts = dict[ReactionKind, int]


class TestimonialRow(msgspec.Struct, frozen=True, gc=False):
    """The columns of ``COLUMNS``, in order."""

    testimonial_id: str
    project_id: str
    author_id: str
    subject_id: str | None
    title: str | None
    state: TestimonialState
    display_name: str | None
    body: str | None
    rating: int | None
    share_id: str | None
    reason: str | None
    revision: int
    requested_at: int
    changed_at: int
    published_at: int | None

    def about(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "testimonial_id": self.testimonial_id,
            "project_id": self.project_id,
            "author_id": self.author_id,
            "subject_id": self.subject_id,
            "revision": self.revision,
        }

    def view(self, reactions: Counts) -> TestimonialView:
        """As everybody may see it."""
        return TestimonialView(**self._shown(reactions))

    def own_view(self, reactions: Counts, consents: list[ConsentView]) -> OwnTestimonial:
        """As its author and the host see it."""
        return OwnTestimonial(
            **self._shown(reactions),
            reason=self.reason,
            revision=self.revision,
            requested_at=to_rfc3339(self.requested_at),
            changed_at=to_rfc3339(self.changed_at),
            consents=consents,
        )

    def _shown(self, reactions: Counts) -> dict[str, Any]:
        return {
            "testimonial_id": self.testimonial_id,
            "project_id": self.project_id,
            "project_title": self.title,
            "author_id": self.author_id,
            "subject_id": self.subject_id,
            "state": self.state,
            "display_name": self.display_name,
            "body": self.body,
            "rating": self.rating,
            "share_id": self.share_id,
            "published_at": None if self.published_at is None else to_rfc3339(self.published_at),
            "reactions": reactions,
        }


def row_of(row: Row) -> TestimonialRow:
    """The testimonial of a row of ``COLUMNS``."""
    return TestimonialRow(*row)


async def find(transaction: Transaction, testimonial_id: str) -> TestimonialRow | None:
    """The testimonial of this id."""
    return await find_by(transaction, FIND, testimonial_id=testimonial_id)


async def find_by(
    transaction: Transaction, statement: Statement, **parameters: Any
) -> TestimonialRow | None:
    """The testimonial that a statement finds."""
    rows = await transaction.fetch(statement, **parameters)
    return row_of(rows[0]) if rows else None


async def change(transaction: Transaction, row: TestimonialRow) -> None:
    """Store what may change."""
    await transaction.write(
        CHANGE,
        testimonial_id=row.testimonial_id,
        state=row.state,
        display_name=row.display_name,
        body=row.body,
        rating=row.rating,
        share_id=row.share_id,
        reason=row.reason,
        revision=row.revision,
        changed_at=row.changed_at,
        published_at=row.published_at,
    )


async def reactions(transaction: Transaction, testimonial_ids: Sequence[str]) -> dict[str, Counts]:
    """How many reactions of each kind each of these testimonials has."""
    counts: dict[str, Counts] = {one: {} for one in testimonial_ids}
    for one, kind, count in await transaction.fetch(
        REACTIONS, rows=[(one,) for one in testimonial_ids]
    ):
        counts[one][kind] = count
    return counts


async def own_views(
    transaction: Transaction, rows: Sequence[TestimonialRow]
) -> list[OwnTestimonial]:
    """These testimonials as their author and the host see them."""
    ids = [row.testimonial_id for row in rows]
    counts = await reactions(transaction, ids)
    consents: dict[str, list[ConsentView]] = {one: [] for one in ids}
    for one, version, revision, given, withdrawn in await transaction.fetch(
        CONSENTS, rows=[(one,) for one in ids]
    ):
        consents[one].append(
            ConsentView(
                text_version=version,
                revision=revision,
                given_at=to_rfc3339(given),
                withdrawn_at=None if withdrawn is None else to_rfc3339(withdrawn),
            )
        )
    return [row.own_view(counts[row.testimonial_id], consents[row.testimonial_id]) for row in rows]
