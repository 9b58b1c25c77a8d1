"""All commands about testimonials as one family, executed one by one: they are rare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from groundswell.contract import times
from groundswell.contract.times import Clock
from groundswell.domains.testimonials import moving
from groundswell.domains.testimonials.commands import (
    DecideTestimonial,
    EditTestimonial,
    React,
    RequestTestimonial,
    RetractQuotes,
    SubmitTestimonial,
    WithdrawTestimonial,
)
from groundswell.domains.testimonials.reacting import react_to
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]

_EXECUTE: Final[Mapping[type[Command], Execute]] = {
    RequestTestimonial: moving.request,
    SubmitTestimonial: moving.submit,
    EditTestimonial: moving.edit,
    DecideTestimonial: moving.decide,
    WithdrawTestimonial: moving.withdraw,
    React: react_to,
}


def testimonial_handler(clock: Clock = times.now) -> Handler:
    """The handler of testimonials; ``clock`` tells when something is retracted."""
    execute: dict[type[Command], Execute] = {
        **_EXECUTE,
        RetractQuotes: partial(moving.retract_quotes, clock),
    }

    async def handle(
        transaction: Transaction, commands: Sequence[Command], tail: EventTail
    ) -> list[object]:
        """Execute a batch in its order."""
        return [await execute[type(one)](transaction, one, tail) for one in commands]

    return Handler(tuple(execute), handle)
