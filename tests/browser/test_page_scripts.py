"""The page's scripts by themselves: they agree with the server and keep elements where they can."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page

from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND, to_rfc3339
from groundswell.web import formats
from tests.browser.visits import visitor
from tests.services.ports import free_port
from tests.unit.web.fakes import NOW, Catalogue, a_file
from tests.unit.web.site import application

NUMBERS = [0, 7, -7, 9_999, 10_000, 12_399, -12_399, 999_999, 1_000_000, 123_456_789]
AGES = [-HOUR, 0, 4 * SECOND, 5 * SECOND, 59 * SECOND, MINUTE, HOUR - SECOND, HOUR, DAY, 9 * DAY]


@pytest.fixture
async def address() -> AsyncIterator[str]:
    catalogue = Catalogue(*(a_file(n, f"Song {n}", "Somebody") for n in range(1, 8)))
    catalogue.ranks = {"trending": [1, 2, 3]}
    port = free_port()
    config = uvicorn.Config(application(catalogue), port=port, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def page(address: str, chromium: Browser) -> Page:
    page = (await visitor(chromium)).page
    await page.goto(address)
    return page


async def call(page: Page, module: str, expression: str, value: Any) -> Any:
    """The value of an expression over a module ``m`` and an argument ``v``."""
    source = await page.get_attribute("script[type=module]", "src")
    assert source is not None
    path = re.sub(r"main\.js$", module, source)
    return await page.evaluate(
        f"async v => {{ const m = await import('{path}'); {expression} }}", value
    )


async def test_numbers_read_the_same_from_the_server_and_the_script(page: Page) -> None:
    told = await call(
        page, "format.js", "return v.map((n) => [m.grouped(n), m.compact(n), m.signed(n)])", NUMBERS
    )
    assert told == [[formats.grouped(n), formats.compact(n), formats.signed(n)] for n in NUMBERS]


async def test_ages_read_the_same_from_the_server_and_the_script(page: Page) -> None:
    moments = [to_rfc3339(NOW - age) for age in AGES]
    now = NOW // 1_000
    told = await call(page, "format.js", "return v[0].map((t) => m.ago(t, v[1]))", [moments, now])
    assert told == [formats.ago(moment, NOW) for moment in moments]


async def test_waiting_grows_to_a_bound_and_is_drawn_from_all_of_it(page: Page) -> None:
    longest = await call(
        page, "backoff.js", "return v.map((n) => m.delay(n, () => 1))", list(range(12))
    )
    assert longest == [500, 1000, 2000, 4000, 8000, 16000] + [20000] * 6
    assert await call(page, "backoff.js", "return m.delay(v, () => 0)", 5) == 0


def ranked(*ids: int) -> list[dict[str, Any]]:
    counts = {"playCount": 12_345, "upvotes": 3, "downvotes": 1, "artist": None}
    return [{"mediaFileId": n, "title": f"<i>{n}</i>", **counts} for n in ids]


SHOW = """
const list = document.querySelector('[data-topic="trending.24h"]');
const before = new Map([...list.children].map((row) => [row.dataset.media, row]));
before.get("2").querySelector("a").focus();
m.show(list, document.querySelector("[data-row]"), v);
return [...list.children].map((row) => ({
  id: row.dataset.media,
  kept: before.get(row.dataset.media) === row,
  focused: row.contains(document.activeElement),
  rank: row.querySelector('[data-field="position"]').textContent,
  title: row.querySelector('[data-field="title"]').textContent,
  plays: row.querySelector('[data-field="plays"]').textContent,
  votes: row.querySelector('[data-field="votes"]').textContent,
  move: row.querySelector('[data-field="move"]').textContent,
}));
"""


async def test_rows_move_arrive_and_leave_and_keep_element_and_focus(page: Page) -> None:
    rows = await call(page, "lists.js", SHOW, ranked(2, 7, 1))
    assert [(row["id"], row["rank"], row["kept"], row["move"]) for row in rows] == [
        ("2", "1", True, "▲ 1"),
        ("7", "2", False, "New"),
        ("1", "3", True, "▼ 2"),
    ]
    assert [row["focused"] for row in rows] == [True, False, False]
    assert [(row["title"], row["plays"], row["votes"]) for row in rows][1] == (
        "<i>7</i>",
        "12.3k",
        "+2",
    )


async def test_a_row_that_arrives_gets_its_picture(page: Page, address: str) -> None:
    await call(page, "lists.js", SHOW, ranked(7, 2))
    arrived = page.locator('[data-topic="trending.24h"] [data-media="7"] .print path')
    await arrived.first.wait_for(state="attached")
    assert await arrived.count() == 9


def test_no_script_writes_markup() -> None:
    scripts = Path(formats.__file__).parent.joinpath("static", "js").glob("*.js")
    dangerous = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\("
    )
    assert [path.name for path in scripts if dangerous.search(path.read_text())] == []
