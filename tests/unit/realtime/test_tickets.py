"""Tickets: once, for half a minute, for one page, for one user."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import SECOND
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.grants import Grants
from groundswell.realtime.tickets import Tickets, TicketsInMemory

PAGE = "https://app.example"
USER = Credentials(Principal("user", "7", "192.0.2.1", "s-1", frozenset({"stats:read"})))
VISITOR = Credentials(Principal("visitor", None, "198.51.100.2", "cookie"))


class Office:
    """Tickets with a clock that stands still."""

    def __init__(self, **store: Any) -> None:
        self.now = 1_000
        self.revoked: set[str | None] = set()
        self.store = TicketsInMemory(lambda: self.now, **store)
        self.tickets = Tickets(
            self.store, is_revoked=self.revoked.__contains__, clock=lambda: self.now
        )

    async def ticket(self, origin: str | None = PAGE, *, own: bool = False) -> str:
        return (await self.tickets.issue(USER, origin, own=own)).ticket


async def test_a_ticket_stands_for_its_user_once() -> None:
    office = Office()
    ticket = await office.ticket()
    found = await office.tickets.redeem(ticket, PAGE, "198.51.100.2")
    assert found is not None
    assert found.principal == Principal(
        "user", "7", "198.51.100.2", "s-1", frozenset({"stats:read"})
    )
    assert found.grants.unlimited
    assert await office.tickets.redeem(ticket, PAGE) is None


async def test_of_many_who_show_it_at_once_one_gets_in() -> None:
    office = Office()
    ticket = await office.ticket()
    found = await asyncio.gather(*(office.tickets.redeem(ticket, PAGE) for _ in range(50)))
    assert sum(one is not None for one in found) == 1


@pytest.mark.parametrize(("age", "counts"), [(30 * SECOND - 1, True), (30 * SECOND, False)])
async def test_a_ticket_lives_for_half_a_minute(age: int, counts: bool) -> None:
    office = Office()
    ticket = await office.ticket()
    office.now += age
    assert (await office.tickets.redeem(ticket, PAGE) is not None) is counts


@pytest.mark.parametrize(
    ("made_for", "own", "shown_from", "counts"),
    [
        (PAGE, False, PAGE, True),
        (PAGE, False, "https://APP.example/", True),
        (PAGE, False, "https://evil.example", False),
        (PAGE, False, "http://app.example", False),
        (PAGE, False, "https://app.example:8443", False),
        (PAGE, False, "null", False),
        (PAGE, False, None, False),
        (PAGE, True, None, True),
        (PAGE, True, "https://evil.example", False),
        (None, True, None, True),
        (None, True, PAGE, False),
    ],
)
async def test_a_ticket_counts_for_the_page_it_was_made_for(
    made_for: str | None, own: bool, shown_from: str | None, counts: bool
) -> None:
    office = Office()
    ticket = await office.ticket(made_for, own=own)
    assert (await office.tickets.redeem(ticket, shown_from) is not None) is counts


async def test_a_ticket_shown_by_the_wrong_page_is_used_up() -> None:
    office = Office()
    ticket = await office.ticket()
    assert await office.tickets.redeem(ticket, "https://evil.example") is None
    assert await office.tickets.redeem(ticket, PAGE) is None


async def test_a_ticket_ends_with_its_session() -> None:
    office = Office()
    ticket = await office.ticket()
    office.revoked.add("s-1")
    assert await office.tickets.redeem(ticket, PAGE) is None


@pytest.mark.parametrize("text", ["", "tk_", "tk_unknown", "x" * 10_000, "tk_" + "x" * 200, "é"])
async def test_what_is_no_ticket_opens_nothing(text: str) -> None:
    office = Office()
    await office.ticket()
    assert await office.tickets.redeem(text, PAGE) is None
    assert len(office.store) == 1


async def test_nobody_gets_no_ticket() -> None:
    with pytest.raises(Unauthenticated):
        await Office().tickets.issue(VISITOR, PAGE, own=True)


async def test_a_ticket_beside_a_token_must_be_the_same_users() -> None:
    office = Office()
    assert (await office.tickets.admit(await office.ticket(), PAGE, VISITOR)).user_id == "7"
    assert (await office.tickets.admit(await office.ticket(), PAGE, USER)).user_id == "7"
    other = Credentials(Principal("user", "8", "192.0.2.1", None))
    with pytest.raises(Unauthenticated, match="another user's"):
        await office.tickets.admit(await office.ticket(), PAGE, other)
    with pytest.raises(Unauthenticated, match="used"):
        await office.tickets.admit("tk_none", PAGE, VISITOR)


async def test_the_store_holds_neither_tickets_nor_more_than_it_may() -> None:
    office = Office(most=3)
    tickets = [await office.ticket() for _ in range(5)]
    assert len(office.store) == 3
    assert not any(ticket in office.store._kept for ticket in tickets)
    found = [await office.tickets.redeem(ticket, PAGE) is not None for ticket in tickets]
    assert found == [False, False, True, True, True]


async def test_tickets_nobody_showed_are_forgotten() -> None:
    office = Office()
    for _ in range(10):
        await office.ticket()
    office.now += 31 * SECOND
    await office.ticket()
    assert len(office.store) == 1


async def test_a_ticket_has_the_grants_the_end_and_the_device_of_its_token() -> None:
    office = Office()
    claim = [{"topics": ["user.7.*", "hot"], "actions": ["subscribe", "history"]}]
    token = Credentials(
        USER.principal,
        grants=Grants.parse(claim),
        issued_at=7,
        expires_at=office.now + 10 * SECOND,
        client_id="phone",
    )
    ticket = (await office.tickets.issue(token, PAGE, own=False)).ticket
    found = await office.tickets.admit(ticket, PAGE, VISITOR)
    assert (found.issued_at, found.expires_at, found.client_id) == (7, token.expires_at, "phone")
    assert found.grants.allow("user.7.inbox", "history")
    assert not found.grants.allow("user.7.inbox", "presence")
    assert not found.grants.allow("activity")


async def test_a_ticket_does_not_outlive_its_token() -> None:
    office = Office()
    token = Credentials(USER.principal, expires_at=office.now + 10 * SECOND)
    ticket = (await office.tickets.issue(token, PAGE, own=False)).ticket
    office.now += 10 * SECOND
    assert await office.tickets.redeem(ticket, PAGE) is None
