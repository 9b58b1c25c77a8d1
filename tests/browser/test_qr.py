"""The QR code on somebody's page is read as their link, whatever the theme."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page

from tests.browser.test_me import opened, sign_in
from tests.browser.visits import HOST_KEY, visitor
from tests.services.server import Server, StartServer

_READER = Path(__file__).parent.parent / "js/node_modules/jsqr/dist/jsQR.js"
_READ = """async (address) => {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  pen.drawImage(picture, 0, 0);
  const seen = pen.getImageData(0, 0, picture.width, picture.height);
  return jsQR(seen.data, seen.width, seen.height)?.data;
}"""


async def read(page: Page, picture: bytes) -> str | None:
    """What a reader makes of a photograph."""
    await page.goto("about:blank")
    await page.evaluate(f"{_READER.read_text()}; 0")
    address = f"data:image/png;base64,{b64encode(picture).decode()}"
    found: str | None = await page.evaluate(_READ, address)
    return found


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_code_leads_to_the_link(
    groundswell: Server, chromium: Browser, theme: Literal["light", "dark"]
) -> None:
    code = await opened(groundswell)
    page = (await visitor(chromium, color_scheme=theme)).page
    await sign_in(page, groundswell)
    address = await page.locator("#links .address").get_attribute("href")
    assert address == f"{groundswell.url}/r/{code}"
    assert await read(page, await page.locator("#links .qr").screenshot()) == address
