"""The browser's own WebSocket, EventSource and fetch at the live doors, from pages elsewhere.

The pages are of another origin than the service: tickets stand for their user (section 2), and
which pages may connect is the service's to say.
"""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.visits import HOST_KEY, play, register
from tests.services.server import Server, StartServer

SCRIPT = """
window.heard = { stream: [], socket: [], poll: [], ends: [] };
window.ticket = async (url, token) => {
  const answer = await fetch(`${url}/v1/realtime/tickets`, {
    method: 'POST', headers: { authorization: `Bearer ${token}` },
  });
  return (await answer.json()).ticket;
};
window.stream = (url, query) => new Promise((resolve) => {
  const source = new EventSource(`${url}/v1/stream?${query}`);
  window.source = source;
  source.addEventListener('CAUGHT_UP', resolve);
  source.addEventListener('EVENT', (event) => {
    heard.stream.push(JSON.parse(event.data));
    window.lastId = event.lastEventId;
  });
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return;
    heard.ends.push('stream');
    resolve();
  };
});
window.socket = (url, topics) => new Promise((resolve) => {
  const socket = new WebSocket(url, 'groundswell.v1');
  const request = { type: 'SUBSCRIBE', topics, clientId: 'page' };
  socket.onopen = () => socket.send(JSON.stringify(request));
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    heard.socket.push(message);
    if (message.type === 'SUBSCRIBED') resolve(message.topics);
  };
  socket.onclose = (event) => {
    heard.ends.push(event.code);
    resolve(event.code);
  };
});
window.register = async (url, topics, token) => {
  const answer = await fetch(`${url}/v1/poll/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ topics }),
  });
  return (await answer.json()).cursor;
};
window.poll = async (url, cursor, ticket) => {
  const query = new URLSearchParams({ cursor, ticket, waitMs: 5000 });
  const answer = await (await fetch(`${url}/v1/poll?${query}`)).json();
  heard.poll.push(...answer.messages);
};
window.fails = async (attempt) => {
  try {
    return await attempt();
  } catch (error) {
    return String(error);
  }
};
"""

INBOX = "user.ada.inbox"


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name inherited
        """Write nothing."""


@contextmanager
def _site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def sites() -> Iterator[tuple[str, str]]:
    """The origin of a page that may connect, and of one that may not."""
    with ExitStack() as stack:
        yield stack.enter_context(_site()), stack.enter_context(_site())


@pytest.fixture
def groundswell(server: StartServer, sites: tuple[str, str], sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY, GROUNDSWELL_ALLOWED_ORIGINS=sites[0])


async def _page(chromium: Browser, origin: str) -> Page:
    page = await (await chromium.new_context()).new_page()
    await page.goto(origin)
    await page.evaluate(SCRIPT)
    return page


async def _host(server: Server, path: str, body: dict[str, Any]) -> dict[str, Any]:
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as host:
        answer = await host.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _token(server: Server) -> str:
    return str((await _host(server, "/v1/tokens", {"userId": "ada"}))["accessToken"])


async def _say(server: Server, text: str) -> None:
    body = {"userId": "ada", "eventType": "test.said", "data": {"text": text}}
    await _host(server, "/v1/messages", body)


def _texts(messages: list[dict[str, Any]]) -> list[str]:
    return [one["data"]["text"] for one in messages if "text" in one.get("data", {})]


async def _heard(page: Page, part: str, text: str) -> list[str]:
    await page.wait_for_function(
        "([part, text]) => heard[part].some((one) => one.data && one.data.text === text)",
        arg=[part, text],
        timeout=5_000,
    )
    return _texts(await page.evaluate(f"heard.{part}"))


async def test_a_page_with_tickets_hears_its_user_at_every_door(
    groundswell: Server, chromium: Browser, sites: tuple[str, str]
) -> None:
    page, token = await _page(chromium, sites[0]), await _token(groundswell)
    url = groundswell.url
    tickets = [await page.evaluate("(a) => ticket(...a)", [url, token]) for _ in range(3)]
    await page.evaluate("(a) => stream(...a)", [url, f"topics={INBOX}&ticket={tickets[0]}"])
    address = f"{url.replace('http', 'ws')}/v1/realtime?ticket={tickets[1]}"
    topics = await page.evaluate("(a) => socket(...a)", [address, [INBOX, "user.eve.inbox"]])
    assert topics[INBOX]["ok"]
    assert topics["user.eve.inbox"]["error"]["name"] == "permission_denied"
    cursor = await page.evaluate("(a) => register(...a)", [url, [INBOX], token])
    held = asyncio.create_task(
        page.evaluate("(a) => poll(...a)", [url, cursor, tickets[2]])  # type: ignore[arg-type]
    )
    await _say(groundswell, "hello")
    for part in ("stream", "socket", "poll"):
        assert await _heard(page, part, "hello") == ["hello"]
    await held
    assert await page.evaluate("heard.ends") == []


async def test_a_page_goes_on_with_a_new_ticket_where_its_stream_broke_off(
    groundswell: Server, chromium: Browser, sites: tuple[str, str]
) -> None:
    page, token = await _page(chromium, sites[0]), await _token(groundswell)
    url = groundswell.url
    ticket = await page.evaluate("(a) => ticket(...a)", [url, token])
    await page.evaluate("(a) => stream(...a)", [url, f"topics={INBOX}&ticket={ticket}"])
    await _say(groundswell, "first")
    await _heard(page, "stream", "first")
    await asyncio.to_thread(groundswell.kill)
    await asyncio.to_thread(groundswell.start)
    await _say(groundswell, "missed")
    # The browser comes back by itself, with a ticket that is used up, and is told to stay away.
    await page.wait_for_function("heard.ends.includes('stream')", timeout=15_000)
    ticket = await page.evaluate("(a) => ticket(...a)", [url, token])
    last = await page.evaluate("encodeURIComponent(lastId)")
    query = f"topics={INBOX}&ticket={ticket}&last_event_id={last}"
    await page.evaluate("(a) => stream(...a)", [url, query])
    assert await _heard(page, "stream", "missed") == ["first", "missed"]


async def test_a_public_stream_comes_back_by_itself_and_loses_nothing(
    groundswell: Server, chromium: Browser, sites: tuple[str, str]
) -> None:
    page, file = await _page(chromium, sites[0]), await register(groundswell, "Tush")
    await page.evaluate("(a) => stream(...a)", [groundswell.url, "topics=activity"])
    await play(groundswell, file)
    await page.wait_for_function("heard.stream.length === 1", timeout=5_000)
    await asyncio.to_thread(groundswell.kill)
    await asyncio.to_thread(groundswell.start)
    await play(groundswell, file)
    await play(groundswell, file)
    await page.wait_for_function("heard.stream.length === 3", timeout=15_000)
    seqs = [one["seq"] for one in await page.evaluate("heard.stream")]
    assert seqs == sorted(set(seqs))


async def test_a_page_of_another_origin_gets_in_nowhere(
    groundswell: Server, chromium: Browser, sites: tuple[str, str]
) -> None:
    allowed, forbidden = sites
    good, bad = await _page(chromium, allowed), await _page(chromium, forbidden)
    token, url = await _token(groundswell), groundswell.url
    stolen = [await good.evaluate("(a) => ticket(...a)", [url, token]) for _ in range(2)]
    attempts = "(a) => fails(() => ticket(...a))"
    assert "Failed to fetch" in await bad.evaluate(attempts, [url, token])
    assert "Failed to fetch" in await bad.evaluate(
        "(a) => fails(() => register(...a))", [url, [INBOX], token]
    )
    await bad.evaluate("(a) => stream(...a)", [url, f"topics={INBOX}&ticket={stolen[0]}"])
    address = f"{url.replace('http', 'ws')}/v1/realtime?ticket={stolen[1]}"
    assert await bad.evaluate("(a) => socket(...a)", [address, [INBOX]]) == 4003
    await _say(groundswell, "secret")
    assert await bad.evaluate("heard.ends") == ["stream", 4003]
    assert await bad.evaluate("heard.stream.concat(heard.socket, heard.poll)") == []
