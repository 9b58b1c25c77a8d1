"""Where operators decide about content and webhooks, and see who did what, in a real browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.test_me import host
from tests.browser.visits import HOST_KEY, live, register, visitor
from tests.services.server import Server, StartServer
from tests.support.waiting import until


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str, tmp_path: Path) -> Server:
    words = tmp_path / "words.txt"
    words.write_text("casino\n")
    return server(
        sqlite_url,
        GROUNDSWELL_API_KEY=HOST_KEY,
        GROUNDSWELL_MODERATION_WORDS=str(words),
        GROUNDSWELL_WEBHOOK_NETWORKS="127.0.0.0/8",
    )


async def say(server: Server, media: int, body: str) -> httpx.Response:
    async with server.client() as client:
        return await client.post(f"/v1/media/{media}/comments", json={"body": body})


async def comments(server: Server, media: int) -> list[str]:
    async with server.client() as client:
        items = (await client.get(f"/v1/media/{media}/comments")).json()["items"]
    return [str(one["body"]) for one in items]


async def as_host(server: Server, method: str, path: str, **body: Any) -> dict[str, Any]:
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as client:
        answer = await client.request(method, path, json=body or None)
    assert answer.status_code < 300, answer.text
    return dict(answer.json())


async def sign_in(page: Page, server: Server, path: str) -> None:
    await page.goto(f"{server.url}/ops")
    await page.fill("#key", HOST_KEY)
    await page.click("form[action='/ops/sign-in'] button")
    await page.goto(f"{server.url}{path}")


@pytest.mark.parametrize("scripts", [True, False])
async def test_held_comments_are_published_or_not(
    groundswell: Server, chromium: Browser, scripts: bool
) -> None:
    media = await register(groundswell, "Tush")
    for number in (1, 2):
        assert (await say(groundswell, media, f"casino {number}")).status_code == 202
    page = (await visitor(chromium, java_script_enabled=scripts)).page
    await sign_in(page, groundswell, "/ops/moderation")
    held = page.locator("#held li")
    await expect(held).to_have_count(2)
    await held.first.get_by_text("Approve").click()
    await expect(held).to_have_count(1)
    assert await comments(groundswell, media) == ["casino 1"]
    await held.first.locator("input[name=reason]").fill("Advertising")
    await held.first.get_by_text("Reject").click()
    await expect(held).to_have_text("Nothing to review.")
    assert await comments(groundswell, media) == ["casino 1"]
    await page.get_by_text("Audit").click()
    first = page.locator("#trail li").first
    await expect(first).to_contain_text("Moderation content rejected")
    await expect(first.locator(".why")).to_have_text("Advertising")
    await page.get_by_role("link", name="Refusals").click()
    await expect(page.locator("#trail li")).to_have_count(2)
    await expect(page.locator("#trail li").first).to_contain_text("word held")


async def test_what_is_held_appears_while_one_watches(
    groundswell: Server, chromium: Browser
) -> None:
    media = await register(groundswell, "Tush")
    watcher = await visitor(chromium)
    await sign_in(watcher.page, groundswell, "/ops/moderation")
    await live(watcher.page)
    await say(groundswell, media, "The casino again")
    await expect(watcher.page.locator("#held blockquote")).to_have_text("The casino again")
    assert watcher.complaints == []


async def test_testimonials_are_published(groundswell: Server, chromium: Browser) -> None:
    project = {"projectId": "p-1", "ownerId": "ann", "contractorId": "bob", "title": "Kitchen"}
    event = {"specversion": "1.0", "id": "1", "source": "/app", "type": "project.completed"}
    await as_host(groundswell, "POST", "/v1/events", **event, data=project)
    token = (await as_host(groundswell, "POST", "/v1/tokens", userId="ann"))["accessToken"]
    async with groundswell.client(headers={"authorization": f"Bearer {token}"}) as ann:

        async def asked() -> bool:
            return bool((await ann.get("/v1/me/testimonials")).json()["items"])

        await until(asked, seconds=20)
        consent = {"textVersion": "1", "accepted": True}
        said = {"projectId": "p-1", "body": "A fine kitchen.", "consent": consent}
        assert (await ann.post("/v1/testimonials", json=said)).status_code == 201
    page = (await visitor(chromium, java_script_enabled=False)).page
    await page.set_extra_http_headers({"authorization": f"Bearer {token}"})
    await page.goto(f"{groundswell.url}/me")
    await expect(page.locator("#inbox b").first).to_have_text("You are asked how it went: Kitchen")
    await page.set_extra_http_headers({})
    await sign_in(page, groundswell, "/ops/moderation")
    await expect(page.locator("#waiting blockquote")).to_have_text("A fine kitchen.")
    await page.locator("#waiting").get_by_text("Publish").click()
    await expect(page.locator("#waiting li")).to_have_text("No testimonial waits.")
    await page.goto(f"{groundswell.url}/testimonials")
    await expect(page.locator(".quote blockquote")).to_have_text("A fine kitchen.")


async def test_endpoints_are_disabled_enabled_and_tried(
    groundswell: Server, chromium: Browser
) -> None:
    hook = await host(groundswell, "/v1/webhook-endpoints", url="http://127.0.0.1:9/hook")
    address = f"/v1/webhook-endpoints/{hook['endpointId']}"
    page = (await visitor(chromium, java_script_enabled=False)).page
    await sign_in(page, groundswell, "/ops/webhooks")
    await page.get_by_text("Disable", exact=True).click()
    await expect(page.locator(".heading p")).to_contain_text("Disabled: host")
    assert (await as_host(groundswell, "GET", address))["enabled"] is False
    await page.get_by_text("Enable", exact=True).click()
    await page.get_by_text("Send a test").click()
    assert (await as_host(groundswell, "GET", address))["enabled"] is True

    deadline = time.monotonic() + 20
    while (await as_host(groundswell, "GET", address))["lastFailedAt"] is None:
        assert time.monotonic() < deadline
    # Without scripts nothing renews the page; a reload would fail while it is still being shown.
    await page.wait_for_load_state()
    await page.goto(f"{groundswell.url}/ops/webhooks")
    await expect(page.locator("dl.totals")).not_to_contain_text("Last failednever")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/ops/moderation", "/ops/webhooks", "/ops/audit"])
async def test_the_pages_are_no_wider_than_their_window(
    groundswell: Server, chromium: Browser, path: str, width: int
) -> None:
    media = await register(groundswell, "Tush")
    await say(groundswell, media, "casino" + "x" * 400 + " casino")
    await host(groundswell, "/v1/webhook-endpoints", url=f"http://127.0.0.1:9/{'h' * 200}")
    watcher = await visitor(chromium, viewport={"width": width, "height": 800})
    await sign_in(watcher.page, groundswell, path)
    await expect(watcher.page.locator("h1")).to_be_visible()
    assert await watcher.page.evaluate("document.documentElement.scrollWidth") <= width
    assert watcher.complaints == []


async def test_nobody_sees_or_decides_without_the_key(
    groundswell: Server, chromium: Browser
) -> None:
    watcher = await visitor(chromium)
    page = watcher.page
    for path in ("/ops/moderation", "/ops/webhooks", "/ops/audit"):
        await page.goto(f"{groundswell.url}{path}")
        assert page.url == f"{groundswell.url}/ops"
    assert watcher.complaints == []
    form_token = await page.locator("input[name=form_token]").first.input_value()
    for path in ("moderation/content/held-1", "moderation/testimonials/t", "webhooks/h"):
        answer = await page.request.post(
            f"{groundswell.url}/ops/{path}", form={"form_token": form_token, "decision": "approve"}
        )
        assert answer.status == 403
    answer = await page.request.post(f"{groundswell.url}/ops/webhooks/h/replay", form={})
    assert answer.status == 403
