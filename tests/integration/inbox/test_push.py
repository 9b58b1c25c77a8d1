"""Critical messages reach the browsers of users who have no live connection."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest_asyncio

from groundswell.contract.times import DAY, HOUR, SECOND
from groundswell.domains.inbox.commands import (
    ClaimPushes,
    RemovePushEndpoints,
    SavePushEndpoint,
)
from groundswell.domains.inbox.periods import MOST_ENDPOINTS
from groundswell.domains.inbox.push.client import PushClient
from groundswell.domains.inbox.push.keys import VapidKey
from groundswell.domains.inbox.push.schedule import MOST_ATTEMPTS
from groundswell.domains.inbox.push.sender import LEASE, PushSender
from tests.integration.inbox.inboxes import Inboxes
from tests.integration.inbox.push_service import Browser, PushService, running_push_service

SECRET = b"a root secret of at least 32 bytes!"


@dataclass
class Pushing:
    """Inboxes, a push service, and the job between them."""

    inboxes: Inboxes
    service: PushService
    sender: PushSender
    key: VapidKey
    connected: set[str] = field(default_factory=set)

    async def subscribe(self, user: str, browser: Browser, expires_at: int | None = None) -> None:
        await self.inboxes.core.submit(
            SavePushEndpoint(
                at=self.inboxes.clock(),
                user_id=user,
                endpoint=browser.endpoint,
                p256dh=browser.p256dh,
                auth=browser.auth,
                expires_at=expires_at,
            )
        )

    async def work(self) -> None:
        """Everything that is due now."""
        while await self.sender.step():
            pass

    async def queued(self) -> int:
        return int((await self.inboxes.core.rows("SELECT COUNT(*) FROM push_queue"))[0][0])

    async def endpoints(self, user: str) -> list[str]:
        return [one.endpoint for one in await self.inboxes.queries.endpoints(user)]


@asynccontextmanager
async def _pushing(inboxes: Inboxes, *, anywhere: bool = True) -> AsyncIterator[Pushing]:
    key = VapidKey(SECRET, "mailto:operator@example.com")
    client = PushClient(key, inboxes.clock, anywhere=anywhere)
    connected: set[str] = set()

    async def is_connected(user: str) -> bool:
        return user in connected

    sender = PushSender(
        inboxes.core.writer.submit, inboxes.core.store, client, is_connected, inboxes.clock
    )
    async with running_push_service() as service:
        yield Pushing(inboxes, service, sender, key, connected)
        await client.close()


@pytest_asyncio.fixture
async def pushing(inboxes: Inboxes) -> AsyncIterator[Pushing]:
    async with _pushing(inboxes) as running:
        yield running


def _claims(authorization: str) -> dict[str, object]:
    token = authorization.partition("t=")[2].partition(",")[0]
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


async def test_the_browser_can_read_what_was_pushed_and_nobody_else(pushing: Pushing) -> None:
    browser = pushing.service.browser("ada")
    await pushing.subscribe("ada", browser)
    await pushing.inboxes.file("ada", 1, data={"amount": "50.00"})
    await pushing.inboxes.file("ada", 2, delivery="normal")
    await pushing.work()
    (push,) = pushing.service.pushes
    assert push.path == "/push/ada"
    told = browser.decrypt(push.body)
    assert told.pop("timestamp")
    assert told == {
        "id": "msg-ada-1",
        "seq": 1,
        "topic": "user.ada.inbox",
        "eventType": "reward.earned",
        "data": {"amount": "50.00"},
    }
    assert b"50.00" not in push.body
    assert push.headers["content-encoding"] == "aes128gcm"
    assert push.headers["ttl"] == str(7 * DAY // SECOND)
    claims = _claims(push.headers["authorization"])
    assert claims["aud"] == pushing.service.url
    assert claims["sub"] == "mailto:operator@example.com"
    assert claims["exp"] == (pushing.inboxes.clock() + 12 * HOUR) // SECOND
    assert push.headers["authorization"].endswith(f"k={pushing.key.public_key}")
    assert await pushing.queued() == 0


async def test_the_key_is_the_same_wherever_the_secret_is(pushing: Pushing) -> None:
    assert VapidKey(SECRET, "mailto:x@example.com").public_key == pushing.key.public_key
    other = VapidKey(SECRET + b"!", "mailto:x@example.com").public_key
    assert other != pushing.key.public_key
    assert len(base64.urlsafe_b64decode(other + "=")) == 65


async def test_a_connected_user_is_pushed_to_only_while_nobody_acknowledges(
    pushing: Pushing,
) -> None:
    await pushing.subscribe("ada", pushing.service.browser("ada"))
    pushing.connected.add("ada")
    await pushing.inboxes.file("ada", 1, 2)
    await pushing.work()
    assert pushing.service.pushes == []
    await pushing.inboxes.port.ack("ada", "phone", ids=["msg-ada-1"])
    pushing.connected.clear()
    pushing.inboxes.clock.advance(10 * SECOND)
    await pushing.work()
    assert len(pushing.service.pushes) == 1
    assert await pushing.queued() == 0


async def test_a_connected_user_who_never_acknowledges_is_looked_at_ever_more_seldom(
    pushing: Pushing,
) -> None:
    await pushing.subscribe("ada", pushing.service.browser("ada"))
    pushing.connected.add("ada")
    await pushing.inboxes.file("ada", 1)
    filed, looks = pushing.inboxes.clock(), list[int]()
    for _ in range(9):
        await pushing.work()
        ((due,),) = await pushing.inboxes.core.rows("SELECT due_at FROM push_queue")
        looks.append((due - filed) // SECOND)
        pushing.inboxes.clock.now = due
    assert looks == [10, 20, 40, 80, 160, 320, 640, 1240, 1840]
    pushing.connected.clear()
    await pushing.work()
    assert len(pushing.service.pushes) == 1


async def test_what_was_read_or_expired_meanwhile_is_not_pushed(pushing: Pushing) -> None:
    await pushing.subscribe("ada", pushing.service.browser("ada"))
    end = pushing.inboxes.clock() + 5 * SECOND
    await pushing.inboxes.file("ada", 1)
    await pushing.inboxes.file("ada", 2, expires_at=end)
    await pushing.inboxes.port.read("ada", "laptop", "read", ids=["msg-ada-1"])
    pushing.inboxes.clock.advance(5 * SECOND)
    await pushing.work()
    assert pushing.service.pushes == []
    assert await pushing.queued() == 0


async def test_failures_are_tried_again_with_growing_pauses_until_it_is_enough(
    pushing: Pushing,
) -> None:
    await pushing.subscribe("ada", pushing.service.browser("ada"))
    await pushing.inboxes.file("ada", 1)
    pushing.service.answers = [(503, {}), (429, {"Retry-After": "300"})] + [(500, {})] * 20
    tried: list[int] = []
    for _ in range(6 * 60):
        before = len(pushing.service.pushes)
        await pushing.work()
        if len(pushing.service.pushes) > before:
            tried.append(pushing.inboxes.clock())
        pushing.inboxes.clock.advance(60 * SECOND)
    pauses = [(later - one) // SECOND for one, later in itertools.pairwise(tried)]
    assert pauses == [60, 300, 240, 960, 3600, 3600, 3600]
    assert len(tried) == MOST_ATTEMPTS
    assert await pushing.queued() == 0
    assert pushing.sender.statistics()["pushes_given_up_total"] == 1


async def test_one_failure_then_success_is_one_message(pushing: Pushing) -> None:
    browser = pushing.service.browser("ada")
    await pushing.subscribe("ada", browser)
    await pushing.inboxes.file("ada", 1)
    pushing.service.answers = [(500, {})]
    await pushing.work()
    pushing.inboxes.clock.advance(15 * SECOND)
    await pushing.work()
    assert [browser.decrypt(one.body)["id"] for one in pushing.service.pushes] == ["msg-ada-1"] * 2
    assert await pushing.queued() == 0


async def test_an_endpoint_that_is_gone_is_removed_with_all_that_waits_for_it(
    pushing: Pushing,
) -> None:
    for status in (404, 410):
        gone, kept = pushing.service.browser(f"gone-{status}"), pushing.service.browser("kept")
        await pushing.subscribe("ada", gone)
        await pushing.inboxes.file("ada", status)
        pushing.service.answers = [(status, {})]
        await pushing.work()
        assert await pushing.endpoints("ada") == []
        assert await pushing.queued() == 0
        await pushing.subscribe("bob", kept)
        assert await pushing.endpoints("bob") == [kept.endpoint]


async def test_a_large_message_is_pushed_without_its_data(pushing: Pushing) -> None:
    browser = pushing.service.browser("ada")
    await pushing.subscribe("ada", browser)
    await pushing.inboxes.file("ada", 1, data={"text": "x" * 5_000})
    await pushing.work()
    (push,) = pushing.service.pushes
    assert len(push.body) <= 4_096
    assert "data" not in browser.decrypt(push.body)


async def test_whoever_signed_in_last_on_a_browser_is_the_only_one_it_hears_of(
    pushing: Pushing,
) -> None:
    browser = pushing.service.browser("shared")
    await pushing.subscribe("ada", browser)
    await pushing.inboxes.file("ada", 1)
    await pushing.subscribe("bob", browser)
    await pushing.inboxes.file("bob", 1)
    await pushing.work()
    assert [browser.decrypt(one.body)["id"] for one in pushing.service.pushes] == ["msg-bob-1"]
    assert await pushing.endpoints("ada") == []


async def test_endpoints_are_removed_one_or_all_and_only_ones_own(pushing: Pushing) -> None:
    first, second = pushing.service.browser("1"), pushing.service.browser("2")
    for browser in (first, second):
        await pushing.subscribe("ada", browser)
    submit, clock = pushing.inboxes.core.submit, pushing.inboxes.clock
    await submit(RemovePushEndpoints(at=clock(), user_id="bob", endpoint=first.endpoint))
    await submit(RemovePushEndpoints(at=clock(), user_id="bob"))
    assert len(await pushing.endpoints("ada")) == 2
    await submit(RemovePushEndpoints(at=clock(), user_id="ada", endpoint=first.endpoint))
    assert await pushing.endpoints("ada") == [second.endpoint]
    await submit(RemovePushEndpoints(at=clock(), user_id="ada"))
    assert await pushing.endpoints("ada") == []


async def test_the_number_of_endpoints_is_bounded_and_expired_ones_leave(
    pushing: Pushing,
) -> None:
    for number in range(MOST_ENDPOINTS + 3):
        pushing.inboxes.clock.advance(1)
        await pushing.subscribe("ada", pushing.service.browser(str(number)))
    kept = await pushing.endpoints("ada")
    assert kept == [f"{pushing.service.url}/push/{one}" for one in range(3, MOST_ENDPOINTS + 3)]
    end = pushing.inboxes.clock() + SECOND
    await pushing.subscribe("bob", pushing.service.browser("short"), expires_at=end)
    pushing.inboxes.clock.advance(SECOND)
    await pushing.inboxes.trim()
    assert await pushing.endpoints("bob") == []


async def test_what_was_claimed_and_never_settled_comes_again(pushing: Pushing) -> None:

    await pushing.subscribe("ada", pushing.service.browser("ada"))
    await pushing.inboxes.file("ada", 1)
    claim = ClaimPushes(at=pushing.inboxes.clock(), limit=10, lease=LEASE)
    assert len(await pushing.inboxes.core.submit(claim)) == 1
    assert await pushing.inboxes.core.submit(claim) == []
    await pushing.work()
    assert pushing.service.pushes == []
    pushing.inboxes.clock.advance(LEASE)
    await pushing.work()
    assert len(pushing.service.pushes) == 1


async def test_nothing_is_sent_to_the_network_this_service_stands_in(inboxes: Inboxes) -> None:
    async with _pushing(inboxes, anywhere=False) as pushing:
        port = pushing.service.url.rsplit(":", 1)[1]
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "127.1"):
            browser = Browser(f"https://{host}:{port}/push/x")
            await pushing.subscribe("ada", browser)
        await pushing.inboxes.file("ada", 1)
        await pushing.work()
        assert pushing.service.pushes == []
        assert pushing.sender.statistics()["pushes_taken_total"] == 0
