"""Visitors, users and the host: who holds which vote, and whose word about addresses counts."""

from __future__ import annotations

import httpx
import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import assert_problem

UP = {"voteType": "up"}


async def upvotes_after(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return int(answer.json()["upvotes"])


async def test_one_address_has_one_vote_whatever_its_cookies(
    service: Service, new_address: NewAddress
) -> None:
    media, address = await service.register(), new_address()
    path = f"/v1/media/{media}/vote"
    for _ in range(3):
        async with service.visitor(address) as visitor:
            assert await upvotes_after(await visitor.put(path, json=UP)) == 1
            assert visitor.cookies.get("gs_session")
    async with service.visitor(new_address()) as another:
        assert await upvotes_after(await another.put(path, json=UP)) == 2


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("203.0.113.9", "::ffff:203.0.113.9"),
        ("203.0.113.10", "203.0.113.10:51234"),
        ("2001:db8:1:3::1", "[2001:db8:1:3::1]:443"),
    ],
)
async def test_an_address_is_the_same_however_it_is_written(
    service: Service, one: str, same: str
) -> None:
    path = f"/v1/media/{await service.register()}/vote"
    for address in (one, same):
        async with service.visitor(address) as visitor:
            assert await upvotes_after(await visitor.put(path, json=UP)) == 1


async def test_users_behind_one_address_vote_each_and_beside_its_visitor(
    service: Service, new_address: NewAddress
) -> None:
    media, address = await service.register(), new_address()
    path = f"/v1/media/{media}/vote"
    async with service.visitor(address) as visitor:
        await visitor.put(path, json=UP)
    for user_id in ("ada", "bob"):
        async with await service.user(user_id, address) as user:
            await user.put(path, json=UP)
    async with await service.user("ada", new_address()) as ada_elsewhere:
        assert (await ada_elsewhere.get(path)).json()["voteType"] == "up"
        assert await upvotes_after(await ada_elsewhere.put(path, json=UP)) == 3


async def test_only_the_last_hop_before_the_proxy_counts(
    service: Service, new_address: NewAddress
) -> None:
    path, real = f"/v1/media/{await service.register()}/vote", new_address()
    for forged in ("1.2.3.4", "5.6.7.8", "nonsense", "127.0.0.1"):
        async with service.visitor(f"{forged}, {real}") as visitor:
            assert await upvotes_after(await visitor.put(path, json=UP)) == 1


async def test_a_forged_header_from_an_untrusted_peer_gives_no_second_vote(
    service: Service,
) -> None:
    path = f"/v1/media/{await service.register()}/vote"

    def from_elsewhere(**headers: str) -> httpx.AsyncClient:
        stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        return service.client(transport=stranger, headers=headers)

    for forged in ("203.0.113.1", "203.0.113.2", "127.0.0.1", "203.0.113.3, 127.0.0.1"):
        async with from_elsewhere(**{"x-forwarded-for": forged}) as visitor:
            assert await upvotes_after(await visitor.put(path, json=UP)) == 1
    async with from_elsewhere() as honest:
        assert (await honest.get(path)).json()["voteType"] == "up"


async def test_the_host_acts_for_a_user_with_that_users_rights(service: Service) -> None:
    media = await service.register()
    async with service.host(**{"groundswell-user": "eve"}) as for_eve:
        vote = await for_eve.put(f"/v1/media/{media}/vote", json=UP)
        assert vote.json()["upvotes"] == 1
        assert_problem(await for_eve.delete(f"/v1/media/{media}"), 403, "forbidden")
    async with await service.user("eve") as eve:
        assert (await eve.get(f"/v1/media/{media}/vote")).json()["voteType"] == "up"


async def test_the_host_acts_for_visitors_by_their_addresses(
    service: Service, new_address: NewAddress
) -> None:
    media, address = await service.register(), new_address()
    async with service.host(**{"groundswell-address": address}) as for_visitor:
        await for_visitor.put(f"/v1/media/{media}/vote", json=UP)
        assert_problem(await for_visitor.delete(f"/v1/media/{media}"), 401, "unauthenticated")
    async with service.visitor(address) as visitor:
        assert (await visitor.get(f"/v1/media/{media}/vote")).json()["voteType"] == "up"


@pytest.mark.parametrize(
    "header", [{"groundswell-user": "ada"}, {"groundswell-address": "203.0.113.4"}]
)
async def test_nobody_else_may_act_for_another(
    service: Service, new_address: NewAddress, header: dict[str, str]
) -> None:
    media = await service.register()
    async with (
        service.visitor(new_address(), **header) as visitor,
        await service.user("bob") as bob,
    ):
        bob.headers.update(header)
        for caller in (visitor, bob):
            answer = await caller.put(f"/v1/media/{media}/vote", json=UP)
            assert_problem(answer, 403, "forbidden")
    assert (await service.media(media))["upvotes"] == 0


@pytest.mark.parametrize(
    "header",
    [
        {"groundswell-user": "a.b"},
        {"groundswell-user": ""},
        {"groundswell-user": "x" * 65},
        {"groundswell-address": "203.0.113"},
        {"groundswell-address": ""},
        {"groundswell-address": "203.0.113.4, 203.0.113.5"},
    ],
)
async def test_the_host_cannot_act_for_what_is_nobody(
    service: Service, header: dict[str, str]
) -> None:
    media = await service.register()
    async with service.host(**header) as host:
        answer = await host.put(f"/v1/media/{media}/vote", json=UP)
        assert_problem(answer, 400, "validation_failed")
    assert (await service.media(media))["upvotes"] == 0


async def test_a_visitor_keeps_the_session_of_the_first_answer(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    async with service.visitor(new_address()) as visitor:
        first = await visitor.get(f"/v1/media/{media}/vote")
        cookie = first.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
        assert "set-cookie" not in (await visitor.get(f"/v1/media/{media}/vote")).headers
    async with await service.user("ada") as user, service.host() as host:
        for caller in (user, host):
            assert "set-cookie" not in (await caller.get(f"/v1/media/{media}/vote")).headers
