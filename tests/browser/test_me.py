"""The page of a signed-in user in a real browser: live with scripts, whole without them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visits import HOST_KEY, visitor
from tests.services.server import Server, StartServer

_LADDER = {
    "ruleId": "ladder",
    "role": "referrer",
    "kind": "tiered",
    "currency": "EUR",
    "tiers": [
        {"fromCount": 1, "amountMinor": 500, "name": "bronze"},
        {"fromCount": 3, "amountMinor": 1500, "name": "silver"},
    ],
}


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def host(server: Server, path: str, **body: Any) -> dict[str, Any]:
    """What the host application asks for."""
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as client:
        answer: httpx.Response = await client.post(path, json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return dict(answer.json())


async def opened(server: Server, name: str = "Bring a friend") -> str:
    """A program in which ann has a code; the result is the code."""
    rules = {"landingUrl": "https://shop.example/welcome", "rewards": [_LADDER]}
    await host(server, "/v1/programs", programId="friends", name=name, rules=rules)
    code = await host(server, "/v1/programs/friends/codes", userId="ann")
    return str(code["code"])


async def join(server: Server, code: str, user: str, **more: Any) -> None:
    """Somebody registers with a code."""
    data = {"userId": user, "referral": {"code": code}, **more}
    event = {"specversion": "1.0", "id": uuid4().hex, "source": "/shop", "type": "user.registered"}
    await host(server, "/v1/events", **event, data=data)


async def token(server: Server, user: str = "ann") -> str:
    return str((await host(server, "/v1/tokens", userId=user))["accessToken"])


async def sign_in(page: Page, server: Server, user: str = "ann") -> None:
    await page.goto(f"{server.url}/me")
    await page.fill("#token", await token(server, user))
    await page.click("form[action='/me/sign-in'] button")
    await expect(page.locator("h1")).to_have_text(user)


async def test_rewards_progress_and_messages_arrive_while_one_watches(
    groundswell: Server, chromium: Browser
) -> None:
    code = await opened(groundswell)
    guest = await visitor(chromium)
    page = guest.page
    await page.goto(f"{groundswell.url}/me/sign-in#{await token(groundswell)}")
    assert page.url == f"{groundswell.url}/me/sign-in"
    await page.click("text=Sign in >> nth=-1")
    await expect(page.locator("#rewards")).to_contain_text("No rewards yet")
    await expect(page.locator("#links .qr")).to_be_visible()
    await expect(page.locator("#links .address")).to_contain_text(code)
    await page.evaluate("document.body.dataset.same = 'page'")

    await join(groundswell, code, "bob")

    await expect(page.locator("#referrals")).to_contain_text("bob", timeout=15_000)
    await expect(page.locator("#rewards")).to_contain_text("5.00 EUR", timeout=15_000)
    await expect(page.locator("#progress progress")).to_have_attribute("max", "3")
    await expect(page.locator("#progress progress")).to_have_attribute("value", "1")
    await expect(page.locator("#inbox li.unread")).not_to_have_count(0, timeout=15_000)
    assert await page.evaluate("document.body.dataset.same") == "page"
    assert guest.complaints == []


async def test_everything_can_be_done_without_scripts(
    groundswell: Server, chromium: Browser
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    await opened(groundswell, hostile)
    for _ in range(2):
        await host(
            groundswell,
            "/v1/messages",
            userId="ann",
            eventType="news.told",
            data={"title": hostile},
        )
    page = (await visitor(chromium, java_script_enabled=False)).page
    await sign_in(page, groundswell)
    await expect(page.locator("[data-copy]")).to_be_hidden()
    messages = page.locator("#inbox li")
    await expect(messages.nth(0)).to_contain_text(hostile)

    await messages.nth(0).get_by_text("Mark as read").click()
    await expect(page.locator("#inbox li.read")).to_have_count(1)
    await page.locator("#inbox li.read").get_by_text("Dismiss").click()
    await expect(messages).to_have_count(1)
    await page.uncheck("#broadcast")
    await page.select_option("#vote", "friends")
    await page.click("text=Save")
    await expect(page.locator("#broadcast")).not_to_be_checked()
    await expect(page.locator("#vote")).to_have_value("friends")
    await page.click("text=Sign out")
    await expect(page.locator("#token")).to_be_visible()


async def test_a_token_that_does_not_count_opens_nothing(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await page.goto(f"{groundswell.url}/me")
    await page.fill("#token", "eyJ.no.token")
    await page.click("form[action='/me/sign-in'] button")
    await expect(page.get_by_role("alert")).to_contain_text("not valid")
    await expect(page.locator("#token")).to_have_value("")
    assert await page.context.cookies(f"{groundswell.url}/me") != []
    assert "gs_user" not in {one.get("name") for one in await page.context.cookies()}


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_pages(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await sign_in(page, groundswell)
    kept = next(one for one in await page.context.cookies() if one.get("name") == "gs_user")
    assert (kept.get("httpOnly"), kept.get("sameSite"), kept.get("path")) == (True, "Lax", "/me")


async def test_a_form_of_another_session_changes_nothing(groundswell: Server) -> None:
    cookie = {"cookie": f"gs_user={await token(groundswell)}"}
    async with groundswell.client(headers=cookie) as client:
        answer = await client.post("/me/privacy", data={"form_token": "0" * 64})
        assert answer.status_code == 403
    access = {"authorization": f"Bearer {await token(groundswell)}"}
    async with groundswell.client(headers=access) as client:
        assert (await client.get("/v1/me/privacy")).json()["broadcast"] is True


@pytest.mark.parametrize("width", [320, 768])
async def test_it_is_no_wider_than_its_window(
    groundswell: Server, chromium: Browser, width: int
) -> None:
    code = await opened(groundswell, "Word" * 30)
    await join(groundswell, code, "b" * 64)
    page = (await visitor(chromium, viewport={"width": width, "height": 800})).page
    await sign_in(page, groundswell)
    await expect(page.locator("#referrals")).to_contain_text("b" * 64, timeout=15_000)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
