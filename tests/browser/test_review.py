"""Where operators decide about rewards, in a real browser without scripts."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.test_me import host, join
from tests.browser.visits import HOST_KEY, visitor
from tests.services.server import Server, StartServer
from tests.support.waiting import until

_THANKS = {
    "ruleId": "thanks",
    "role": "referrer",
    "kind": "flat",
    "currency": "EUR",
    "amountMinor": 5_000,
    "holdDays": 0,
    "needsApproval": True,
}


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def rewards(server: Server, status: str) -> int:
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as client:
        answer = await client.get("/v1/rewards", params={"status": status})
        return len(answer.json()["items"])


async def earned(server: Server) -> None:
    """Ann brought bob, and has a reward that waits for approval."""
    rules = {"landingUrl": "https://shop.example/", "rewards": [_THANKS]}
    await host(server, "/v1/programs", programId="friends", name="F" * 90, rules=rules)
    code = await host(server, "/v1/programs/friends/codes", userId="ann")
    await join(server, str(code["code"]), "bob")

    async def eligible() -> bool:
        return await rewards(server, "eligible") == 1

    await until(eligible, seconds=20)


async def sign_in(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/ops")
    await page.fill("#key", HOST_KEY)
    await page.click("form[action='/ops/sign-in'] button")
    await page.goto(f"{server.url}/ops/referrals")


async def test_a_reward_is_approved_paid_and_taken_back(
    groundswell: Server, chromium: Browser
) -> None:
    await earned(groundswell)
    window = {"width": 320, "height": 800}
    page = (await visitor(chromium, java_script_enabled=False, viewport=window)).page
    await sign_in(page, groundswell)
    await expect(page.locator("#programs li")).to_contain_text("1 referred, 1 converted")
    for state, action in (("Eligible", "Approve"), ("Approved", "Pay"), ("Paid", "Take back")):
        await page.locator("#rewards nav").get_by_text(state, exact=True).click()
        await page.locator("#rewards li").get_by_text(action, exact=True).click()
        await expect(page.locator("#rewards li")).to_have_text("No rewards in this state.")
    assert await rewards(groundswell, "reversed") == 1


@pytest.mark.parametrize("width", [320, 1280])
async def test_it_is_no_wider_than_its_window(
    groundswell: Server, chromium: Browser, width: int
) -> None:
    await earned(groundswell)
    page = (await visitor(chromium, viewport={"width": width, "height": 800})).page
    await sign_in(page, groundswell)
    await expect(page.locator("#rewards li b")).to_have_text("50.00 EUR")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_suspicions_are_confirmed_and_dismissed(
    groundswell: Server, chromium: Browser
) -> None:
    rules = {"landingUrl": "https://shop.example/", "rewards": [_THANKS]}
    await host(groundswell, "/v1/programs", programId="friends", name="Friends", rules=rules)
    code = str((await host(groundswell, "/v1/programs/friends/codes", userId="ann"))["code"])
    await join(groundswell, "", "ann", email="ann@gmail.com", referral={})
    await join(groundswell, code, "bob", email="ann+2@googlemail.com")

    async def flagged() -> bool:
        return await rewards(groundswell, "held") == 1

    await until(flagged, seconds=20)
    page = (await visitor(chromium, java_script_enabled=False)).page
    await sign_in(page, groundswell)
    await expect(page.locator("#cases li")).to_have_count(2)
    await page.locator("#cases li", has_text="Same email").get_by_text("Dismiss").click()
    await expect(page.locator("#cases li")).to_have_count(1)
    await page.locator("#cases li").get_by_text("Confirm").click()
    await expect(page.locator("#cases li")).to_have_text("Nothing to review.")


async def test_nobody_sees_or_decides_without_the_key(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await page.goto(f"{groundswell.url}/ops/referrals")
    assert page.url == f"{groundswell.url}/ops"
    form_token = await page.locator("input[name=form_token]").first.input_value()
    answer = await page.request.post(
        f"{groundswell.url}/ops/referrals/rewards/reward-1",
        form={"form_token": form_token, "action": "approve"},
    )
    assert answer.status == 403
