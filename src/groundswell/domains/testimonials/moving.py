"""Requesting, submitting, editing, deciding, withdrawing: every way from state to state."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.testimonials.commands import (
    DecideTestimonial,
    EditTestimonial,
    RequestTestimonial,
    RetractQuotes,
    SubmitTestimonial,
    WithdrawTestimonial,
)
from groundswell.domains.testimonials.refusals import (
    TestimonialNotFound,
    already_submitted,
    illegal_transition,
    not_requested,
)
from groundswell.domains.testimonials.rows import (
    TestimonialRow,
    change,
    find,
    find_by,
    own_views,
    row_of,
)
from groundswell.domains.testimonials.statements import (
    ADD,
    ADD_CONSENT,
    FIND_OF_PROJECT,
    FIND_QUOTING,
    WAS_ASKED,
    WITHDRAW_CONSENTS,
)
from groundswell.domains.testimonials.states import OUTCOME, Wish, path
from groundswell.domains.testimonials.telling import event_of
from groundswell.domains.testimonials.views import OwnTestimonial
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

SHARE_DELETED = "share_deleted"

Outcome = OwnTestimonial | GroundswellError


async def request(transaction: Transaction, command: RequestTestimonial, tail: EventTail) -> bool:
    """Ask the author, unless they were asked about this project before."""
    project, author = command.project_id, command.author_id
    if await transaction.fetch(WAS_ASKED, project_id=project, author_id=author):
        return False
    row = (
        command.testimonial_id,
        command.project_id,
        command.author_id,
        command.subject_id,
        command.title,
        "requested",
        command.at,
        command.at,
    )
    await transaction.write(ADD, rows=[row])
    asked = await find(transaction, command.testimonial_id)
    assert asked is not None  # noqa: S101 - it is in this transaction
    tail.append(event_of(asked, asked, "submit"), command.at)
    return True


async def submit(transaction: Transaction, command: SubmitTestimonial, tail: EventTail) -> Outcome:
    """Keep what was said, and the consent."""
    row = await find_by(
        transaction, FIND_OF_PROJECT, project_id=command.project_id, author_id=command.author_id
    )
    if row is None:
        return not_requested()
    if path(row.state, "submit") is None:
        return already_submitted()
    said = msgspec.structs.replace(
        row,
        body=command.body,
        rating=command.rating,
        display_name=command.display_name,
        share_id=command.share_id,
        revision=row.revision + 1,
    )
    await _consent(transaction, said, command.consent_version, command.at)
    return await _go(transaction, said, "submit", command.at, tail, command.consent_version)


async def edit(transaction: Transaction, command: EditTestimonial, tail: EventTail) -> Outcome:
    """Say something else, which has to be looked at again."""
    row = await find(transaction, command.testimonial_id)
    if row is None or row.author_id != command.author_id:
        return TestimonialNotFound()
    if path(row.state, "edit") is None:
        return illegal_transition(row.state, "edit")
    said: dict[str, Any] = {
        name: value
        for name in ("body", "rating", "display_name")
        if (value := getattr(command, name)) is not None
    }
    edited = msgspec.structs.replace(row, **said, revision=row.revision + 1, reason=None)
    if command.consent_version is not None:
        await _consent(transaction, edited, command.consent_version, command.at)
    return await _go(transaction, edited, "edit", command.at, tail)


async def decide(transaction: Transaction, command: DecideTestimonial, tail: EventTail) -> Outcome:
    """What the host decided; said again it changes nothing."""
    row = await find(transaction, command.testimonial_id)
    if row is None:
        return TestimonialNotFound()
    if row.state == OUTCOME[command.decision]:
        return await _view(transaction, row)
    if path(row.state, command.decision) is None:
        return illegal_transition(row.state, command.decision)
    decided = msgspec.structs.replace(row, reason=command.reason)
    return await _go(transaction, decided, command.decision, command.at, tail)


async def withdraw(
    transaction: Transaction, command: WithdrawTestimonial, tail: EventTail
) -> Outcome:
    """Nobody reads it any more; what was said is not kept, that there was consent is."""
    row = await find(transaction, command.testimonial_id)
    if row is None or row.author_id != command.author_id:
        return TestimonialNotFound()
    if row.state == "withdrawn":
        return await _view(transaction, row)
    if path(row.state, "withdraw") is None:
        return illegal_transition(row.state, "withdraw")
    await transaction.write(WITHDRAW_CONSENTS, testimonial_id=command.testimonial_id, at=command.at)
    emptied = msgspec.structs.replace(
        row, body=None, rating=None, display_name=None, share_id=None, reason=None
    )
    return await _go(transaction, emptied, "withdraw", command.at, tail)


async def retract_quotes(
    clock: Clock, transaction: Transaction, command: RetractQuotes, tail: EventTail
) -> int:
    """Hide what is public, and reject what would be.

    It happens now, not when the share was deleted: a retraction is news however late it comes.
    """
    now = max(clock(), command.at)
    retracted = 0
    for row in map(row_of, await transaction.fetch(FIND_QUOTING, share_id=command.share_id)):
        wish: Wish = "hide" if row.state == "published" else "reject"
        if path(row.state, wish) is None:
            continue
        without = msgspec.structs.replace(row, reason=SHARE_DELETED)
        await _go(transaction, without, wish, now, tail)
        retracted += 1
    return retracted


async def _consent(transaction: Transaction, row: TestimonialRow, version: str, at: int) -> None:
    given = (row.testimonial_id, row.revision, row.author_id, version, at)
    await transaction.write(ADD_CONSENT, rows=[given])


async def _go(
    transaction: Transaction,
    row: TestimonialRow,
    wish: Wish,
    at: int,
    tail: EventTail,
    consent_version: str = "",
) -> OwnTestimonial:
    """Go through all states on the way, telling of each."""
    steps = path(row.state, wish)
    assert steps is not None  # noqa: S101 - all callers asked before
    for state in steps:
        published_at = at if state == "published" else None
        reached = msgspec.structs.replace(
            row, state=state, changed_at=at, published_at=published_at
        )
        tail.append(event_of(row, reached, wish, consent_version), at)
        row = reached
    await change(transaction, row)
    return await _view(transaction, row)


async def _view(transaction: Transaction, row: TestimonialRow) -> OwnTestimonial:
    (view,) = await own_views(transaction, [row])
    return view
