"""Chromium's own WebSocket, from pages of our host and of others."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Page

from tests.integration.realtime.websocket_service import (
    WebSocketService,
    envelope,
    until,
    websocket_service,
)

CONVERSE = """
([url, protocols, text]) => new Promise((resolve) => {
  const told = [];
  const socket = protocols === null ? new WebSocket(url) : new WebSocket(url, protocols);
  socket.onopen = () => { told.push(['open', socket.protocol]); if (text) socket.send(text); };
  socket.onmessage = (event) => {
    told.push(['message', event.data]);
    if (event.data.includes('hello')) socket.close(4321, 'enough');
  };
  socket.onclose = (event) => resolve([...told, ['close', event.code, event.reason]]);
})
"""


async def page_of(browser: Browser, origin: str) -> Page:
    page = await browser.new_page()
    await page.goto(origin)
    return page


async def converse(
    page: Page, service: WebSocketService, protocols: list[str] | None, text: str = ""
) -> list[list[object]]:
    asked = [service.url, protocols, text]
    told: list[list[object]] = await asyncio.wait_for(page.evaluate(CONVERSE, asked), 10)
    return told


async def test_a_page_of_our_host_talks_and_hears_events(chromium: Browser) -> None:
    async with websocket_service(deflate=True) as service:
        page = await page_of(chromium, f"http://127.0.0.1:{service.port}/")
        talking = asyncio.create_task(converse(page, service, ["groundswell.v1"], "grüße"))
        await until(lambda: service.gateway.clients and service.gateway.clients[0].received)
        event = envelope(1, "hello" * 200)
        service.gateway.publish(event)
        assert await talking == [
            ["open", "groundswell.v1"],
            ["message", "grüße"],
            ["message", event.event.decode()],
            ["close", 4321, "enough"],
        ]
        await until(lambda: service.gateway.clients[0].ends == 1)


async def test_a_page_learns_why_it_was_turned_away(chromium: Browser) -> None:
    async with websocket_service() as service:
        # Another host name is another origin, though the server is the same.
        foreign = await page_of(chromium, f"http://localhost:{service.port}/")
        assert (await converse(foreign, service, None))[-1] == ["close", 4003, "forbidden origin"]
        own = await page_of(chromium, f"http://127.0.0.1:{service.port}/")
        told = await converse(own, service, ["groundswell.v9"])
        assert told[-1] == ["close", 4007, "unsupported protocol"]
        service.gateway.open = False
        assert (await converse(own, service, None))[-1] == ["close", 4100, "The gateway is full."]
