"""The home page as it comes from the server."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from groundswell.contract.times import MINUTE, to_rfc3339
from groundswell.domains.engagement.views import ActivityItem
from tests.unit.web.fakes import NOW, Catalogue, a_file
from tests.unit.web.site import application, browser

HOSTILE = "<script>alert('x')</script>"


def a_catalogue() -> Catalogue:
    catalogue = Catalogue(
        a_file(1, "Tush", "ZZ Top"), a_file(2, HOSTILE, HOSTILE), a_file(3, "Layla", None)
    )
    catalogue.ranks = {"trending": [3, 1, 2], "popular 7d": [2], "popular 24h": [1]}
    catalogue.happenings = [
        ActivityItem(
            id=91,
            type="play",
            media_file_id=2,
            media_title=HOSTILE,
            location=HOSTILE,
            timestamp=to_rfc3339(NOW - 3 * MINUTE),
        )
    ]
    return catalogue


async def page(catalogue: Catalogue, path: str = "/", notice: str | None = None) -> str:
    async with browser(application(catalogue, notice=notice)) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def rows_of(html: str, source: str) -> list[int]:
    list_ = re.search(rf'<ol[^>]*data-list="{re.escape(source)}".*?</ol>', html, re.DOTALL)
    assert list_ is not None
    return [int(id_) for id_ in re.findall(r'<li class="row" data-media="(\d+)"', list_[0])]


async def test_the_lists_stand_in_their_order() -> None:
    html = await page(a_catalogue())
    assert rows_of(html, "/v1/trending?period=24h") == [3, 1, 2]
    assert rows_of(html, "/v1/popular?period=24h") == [1]
    assert rows_of(html, "/v1/hot") == [1, 2, 3]


async def test_the_masthead_leads_to_the_other_pages() -> None:
    html = await page(a_catalogue())
    assert '<a href="/testimonials">Testimonials</a>' in html
    assert '<a href="/me">Your page</a>' in html


async def test_the_period_of_popular_is_a_link_and_a_choice() -> None:
    html = await page(a_catalogue(), "/?period=7d")
    assert rows_of(html, "/v1/popular?period=7d") == [2]
    assert re.search(r'href="/\?period=7d#popular"\s+aria-current="true"', html)


async def test_an_unknown_period_is_not_found() -> None:
    async with browser(application(a_catalogue())) as client:
        assert (await client.get("/?period=1y")).status_code == 404


async def test_titles_artists_and_places_are_text_and_never_markup() -> None:
    html = await page(a_catalogue())
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert") > 5


async def test_what_happened_is_there_without_a_script() -> None:
    html = await page(a_catalogue())
    item = re.search(r'<li class="happening" data-activity="91".*?</li>', html, re.DOTALL)
    assert item is not None
    assert "3 min ago" in item[0]


async def test_before_anything_happened_every_list_says_so() -> None:
    html = await page(Catalogue())
    assert html.count("Nothing here yet.") == 5
    assert "It is quiet." in html


async def test_the_page_needs_no_inline_script_or_style() -> None:
    html = await page(a_catalogue())
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize(
    ("notice", "shown"),
    [
        ("Plays & votes", "Plays &amp; votes"),
        (Markup('See <a href="/x">x</a>'), 'See <a href="/x">x</a>'),
    ],
)
async def test_a_notice_is_shown_escaped_unless_it_is_markup(notice: str, shown: str) -> None:
    assert shown in await page(a_catalogue(), notice=notice)


async def test_a_visitor_without_a_session_gets_a_page_without_forms() -> None:
    async with browser(application(a_catalogue())) as client:
        client.cookies.clear()
        assert "<form" not in (await client.get("/")).text


async def test_static_files_are_cached_for_good_under_their_version_only() -> None:
    html = await page(a_catalogue())
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    assert len(addresses) == 5
    async with browser(application(a_catalogue())) as client:
        for address in addresses:
            answer = await client.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            old = re.sub(r"/static/\w+/", "/static/000000000000/", address)
            assert (await client.get(old)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["nothing.css", "../routes.py", "%2e%2e/routes.py", "..%2froutes.py"]
)
async def test_only_static_files_are_served(name: str) -> None:
    async with browser(application(Catalogue())) as client:
        assert (await client.get(f"/static/x/{name}")).status_code == 404
