"""The browser that the tests drive keeps visitors apart and stays on this machine."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Error


class _Greeting(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        if "seen=yes" not in self.headers.get("Cookie", ""):
            self.send_header("Set-Cookie", "seen=yes")
        self.end_headers()
        known = "back" if "seen=yes" in self.headers.get("Cookie", "") else "newcomer"
        self.wfile.write(f"<p>{known}</p>".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name inherited
        """Write nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def test_each_context_is_another_visitor(chromium: Browser, site: str) -> None:
    one = await (await chromium.new_context()).new_page()
    other = await (await chromium.new_context()).new_page()
    await one.goto(site)
    await one.reload()
    await other.goto(site)
    assert await one.inner_text("p") == "back"
    assert await other.inner_text("p") == "newcomer"


async def test_a_page_cannot_reach_another_host(chromium: Browser) -> None:
    page = await chromium.new_page()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://elsewhere.example/")
