"""No page shuts anybody out: axe finds nothing serious, by day, by night and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page

from tests.browser.test_me import host, join, opened
from tests.browser.test_me import sign_in as sign_in_user
from tests.browser.visits import HOST_KEY, play, register, visitor
from tests.services.server import Server, StartServer

_AXE = Path(__file__).parent.parent / "js/node_modules/axe-core/axe.min.js"
_LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
]
PUBLIC = ["/", "/leaderboards/best", "/testimonials", "/docs", "/nowhere", "/me", "/ops"]
OPERATORS = ["/ops", "/ops/referrals", "/ops/moderation", "/ops/webhooks", "/ops/audit"]


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(
        sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY, GROUNDSWELL_WEBHOOK_NETWORKS="127.0.0.0/8"
    )


async def _filled(server: Server) -> int:
    """Something of everything that pages show; the result is a file's id."""
    media = await register(server, "So What", "Miles Davis")
    await play(server, media)
    await host(server, f"/v1/media/{media}/comments", body="Heard it on the boat.")
    await host(
        server, f"/v1/media/{media}/comments", body="THE BEST OF ALL THE SONGS THERE EVER WERE"
    )
    await host(server, "/v1/leaderboards", boardId="best", name="The best", metric="custom")
    await host(server, "/v1/leaderboards/best/scores", eventId="1", userId="ann", points=5)
    code = await opened(server)
    await join(server, code, "bob", email="bob@mailinator.com")
    await join(server, code, "cid", email="cid@mailinator.com")
    await host(server, "/v1/webhook-endpoints", url="http://127.0.0.1:9/", events=["referral.*"])
    for project, published in (("p-1", True), ("p-2", False)):
        data = {"projectId": project, "ownerId": "ann", "contractorId": "bob", "title": "Kitchen"}
        event = {
            "specversion": "1.0",
            "id": uuid4().hex,
            "source": "/p",
            "type": "project.completed",
        }
        await host(server, "/v1/events", **event, data=data)
        await _said(server, project, published)
    return media


async def _said(server: Server, project: str, published: bool) -> None:
    consent = {"textVersion": "1", "accepted": True}
    body = {"projectId": project, "body": "A fine kitchen.", "rating": 5, "consent": consent}
    headers = {"authorization": f"Bearer {HOST_KEY}", "groundswell-user": "ann"}
    async with server.client(headers=headers) as ann:
        answer = await until_taken(ann, body)
    if published:
        await host(server, f"/v1/testimonials/{answer['testimonialId']}/publish")


async def until_taken(client: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The testimonial, once its request has come through."""
    for _ in range(100):
        answer = await client.post("/v1/testimonials", json=body)
        if answer.status_code == 201:
            return dict(answer.json())
    raise AssertionError(answer.text)


async def _complaints(page: Page, address: str) -> list[str]:
    await page.goto(address)
    await page.evaluate(_AXE.read_text())
    # Hundreds of operations are drawn alike: one of each group stands for them.
    parts = "header, nav, article:first-of-type, #problems" if address.endswith("/docs") else "html"
    found = await page.evaluate("parts => axe.run(parts, {resultTypes: ['violations']})", parts)
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", _LOOKS, ids=["light", "dark", "phone"])
async def test_no_page_has_serious_barriers(
    groundswell: Server, chromium: Browser, look: dict[str, Any]
) -> None:
    media = await _filled(groundswell)
    page = (await visitor(chromium, reduced_motion="reduce", **look)).page
    complaints: list[str] = []
    for path in [*PUBLIC, f"/media/{media}"]:
        complaints += await _complaints(page, groundswell.url + path)
    await sign_in_user(page, groundswell)
    complaints += await _complaints(page, f"{groundswell.url}/me")
    await page.goto(f"{groundswell.url}/ops")
    await page.fill("#key", HOST_KEY)
    await page.click("form[action='/ops/sign-in'] button")
    for path in OPERATORS:
        complaints += await _complaints(page, groundswell.url + path)
        assert "Sign in" not in await page.inner_text("main"), path
    assert not complaints, "\n".join(complaints)
