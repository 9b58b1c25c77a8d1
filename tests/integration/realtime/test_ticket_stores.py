"""What every store of tickets owes, in memory and in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unavailable
from groundswell.contract.times import MILLISECOND, SECOND, now
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.grants import Grants
from groundswell.realtime.redis_tickets import TicketsInRedis
from groundswell.realtime.tickets import Tickets, TicketsInMemory, TicketStore
from tests.services.ports import free_port
from tests.services.redis import RedisServer


@pytest.fixture(params=["memory", "redis"])
async def store(
    request: pytest.FixtureRequest, redis_server: RedisServer
) -> AsyncIterator[TicketStore]:
    if request.param == "memory":
        yield TicketsInMemory(now)
        return
    made = TicketsInRedis(redis_server.url)
    yield made
    await made.close()


async def test_of_many_takers_one_gets_the_value(store: TicketStore) -> None:
    await store.put("one", b"value", SECOND)
    found = await asyncio.gather(*(store.take("one") for _ in range(300)))
    assert sorted(found, key=bool) == [None] * 299 + [b"value"]


async def test_a_value_is_gone_when_its_time_is_over(store: TicketStore) -> None:
    await store.put("short", b"value", 20 * MILLISECOND)
    await asyncio.sleep(0.05)
    assert await store.take("short") is None
    assert await store.take("never") is None


async def test_another_process_takes_what_one_made(redis_server: RedisServer) -> None:
    claim = [{"topics": ["user.7.*", "hot"], "actions": ["subscribe"]}]
    user = Credentials(
        Principal("user", "7", "192.0.2.1", "s-1", frozenset({"a:b"})),
        grants=Grants.parse(claim),
        issued_at=1,
        expires_at=now() + SECOND,
        client_id="phone",
    )
    maker, taker = TicketsInRedis(redis_server.url), TicketsInRedis(redis_server.url)
    made = await Tickets(maker).issue(user, None, own=True)
    taken = await Tickets(taker).redeem(made.ticket, None, "192.0.2.1")
    assert taken is not None
    assert replace(taken, grants=user.grants) == user
    assert taken.grants.patterns() == user.grants.patterns()
    assert await Tickets(maker).redeem(made.ticket, None) is None
    await maker.close()
    await taker.close()


async def test_without_redis_tickets_are_unavailable() -> None:
    store = TicketsInRedis(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable):
        await store.put("one", b"value", SECOND)
    with pytest.raises(Unavailable):
        await store.take("one")
    await store.close()
