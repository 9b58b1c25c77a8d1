"""What the browser tests share: files to look at, and visitors who watch for trouble."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Page

from tests.services.server import Server

HOST_KEY = "gsk_0123456789abcdef0123456789abcdef0123456789a"
"""Of the host application, for servers started with it."""


async def register(server: Server, title: str, artist: str | None = None, **more: Any) -> int:
    """Make a file known as the host application does; the result is its id."""
    body = {"title": title, **({"artist": artist} if artist else {}), **more}
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as client:
        answer = await client.post("/v1/media", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["mediaFileId"])


async def play(server: Server, media_file_id: int) -> None:
    """Somebody listens for half a minute."""
    async with server.client() as client:
        answer = await client.post(f"/v1/media/{media_file_id}/plays", json={"playDuration": 30})
    assert answer.status_code == 201, answer.text


class Visitor:
    """One window of its own, and what its console complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


async def visitor(chromium: Browser, **context: Any) -> Visitor:
    """A new visitor; ``context`` takes what Playwright's contexts do."""
    return Visitor(await (await chromium.new_context(**context)).new_page())


async def live(page: Page) -> None:
    """Wait until the page says that it is live."""
    await page.wait_for_selector('[data-connection][data-state="live"]', state="attached")
