"""The page of one file and its forms, as they work without scripts."""

from __future__ import annotations

import re

import httpx
import pytest

from groundswell.contract.errors import Overloaded, RateLimited
from groundswell.contract.times import to_rfc3339
from groundswell.domains.engagement.views import Comment
from tests.unit.web.fakes import NOW, Catalogue, a_file, hourly
from tests.unit.web.site import TOKEN, application, browser


@pytest.fixture
def catalogue() -> Catalogue:
    catalogue = Catalogue(a_file(5, "Tush", "ZZ Top", url="https://host.example/tush.mp3"))
    catalogue.buckets = hourly(1, 4, 2)
    return catalogue


@pytest.fixture
def client(catalogue: Catalogue) -> httpx.AsyncClient:
    return browser(application(catalogue))


def pressed(html: str) -> dict[str, tuple[str, str]]:
    """For each vote button what it would send, and whether it is pressed."""
    found = re.findall(r'name="vote" value="(\w+)" data-way="(\w+)" aria-pressed="(\w+)"', html)
    return {way: (value, state) for value, way, state in found}


def vote(wanted: str, token: str = TOKEN) -> dict[str, str]:
    return {"vote": wanted, "form_token": token}


async def test_the_page_shows_the_file_its_counters_and_its_chart(
    client: httpx.AsyncClient,
) -> None:
    html = (await client.get("/media/5")).text
    assert "<h1>Tush</h1>" in html
    assert '<dd data-counter="playCount">1,204</dd>' in html
    assert '<dd data-counter="uniqueListeners">612</dd>' in html
    assert "7 plays in the last 24 hours" in html
    assert html.count('<th scope="row">') == 3
    assert (
        '<audio class="player" controls preload="none" src="https://host.example/tush.mp3"' in html
    )


async def test_looking_at_the_page_is_recorded_once(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    await client.get("/media/5")
    assert catalogue.done == [("view", 5)]


async def test_a_browser_that_only_prefetches_looks_at_nothing(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    await client.get("/media/5", headers={"sec-purpose": "prefetch;prerender"})
    assert catalogue.done == []


@pytest.mark.parametrize("refusal", [Overloaded(), RateLimited(9), RuntimeError("broken")])
async def test_a_view_that_cannot_be_recorded_does_not_break_the_page(
    catalogue: Catalogue, client: httpx.AsyncClient, refusal: Exception
) -> None:
    catalogue.refusal = refusal
    assert (await client.get("/media/5")).status_code == 200


async def test_a_vote_is_cast_changed_and_taken_back_by_form(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    seen = []
    for wanted in ("up", "down", "none"):
        answer = await client.post("/media/5/vote", data=vote(wanted))
        assert answer.status_code == 303
        page = await client.get(answer.headers["location"])
        seen.append((catalogue.files[5].upvotes, catalogue.files[5].downvotes, pressed(page.text)))
    assert seen == [
        (49, 6, {"up": ("none", "true"), "down": ("down", "false")}),
        (48, 7, {"up": ("up", "false"), "down": ("none", "true")}),
        (48, 6, {"up": ("up", "false"), "down": ("down", "false")}),
    ]


async def test_what_was_done_is_said_on_the_page_it_leads_to(client: httpx.AsyncClient) -> None:
    answer = await client.post("/media/5/vote", data=vote("up"), follow_redirects=True)
    assert answer.url.path == "/media/5"
    assert "Your vote is counted." in answer.text


@pytest.mark.parametrize("path", ["/media/5/vote", "/media/5/comments", "/theme"])
@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_a_form_from_elsewhere_does_nothing(
    catalogue: Catalogue, client: httpx.AsyncClient, path: str, token: str
) -> None:
    form = {"vote": "up", "body": "Hello", "theme": "dark", "form_token": token}
    answer = await client.post(path, data=form)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert catalogue.done == []


async def test_the_token_of_a_page_opens_its_forms(client: httpx.AsyncClient) -> None:
    tokens = re.findall(r'name="form_token" value="(\w+)"', (await client.get("/media/5")).text)
    assert tokens == [TOKEN] * 3


async def test_a_vote_other_than_up_or_down_is_refused(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/media/5/vote", data=vote("sideways"))).status_code == 400
    assert catalogue.done == []


async def test_a_comment_is_published_as_text(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    form = {"body": " <b>Loud</b>\r\nand clear ", "form_token": TOKEN}
    answer = await client.post("/media/5/comments", data=form)
    assert answer.headers["location"] == "/media/5?done=commented#comments"
    assert catalogue.done == [("comment", 5, "<b>Loud</b>\nand clear")]
    html = (await client.get("/media/5?done=commented")).text
    assert "&lt;b&gt;Loud&lt;/b&gt;\nand clear" in html
    assert "Your comment is published." in html


async def test_a_refused_comment_comes_back_to_its_author_with_the_reason(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    text = "<i>" + "x" * 2_000
    answer = await client.post("/media/5/comments", data={"body": text, "form_token": TOKEN})
    assert answer.status_code == 400
    assert "&lt;i&gt;xxx" in answer.text
    assert re.search(r'<textarea[^>]*aria-invalid="true" aria-describedby="problem"', answer.text)
    assert '<p class="problem" id="problem">That is 2,003 characters' in answer.text
    assert catalogue.done == []


async def test_older_comments_are_a_link_away(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    catalogue.remarks = [
        Comment(
            comment_id=f"comment-{n}",
            media_file_id=5,
            author_id=None,
            body=f"Remark {n}.",
            created_at=to_rfc3339(NOW),
        )
        for n in range(25)
    ]
    first = (await client.get("/media/5")).text
    assert "Remark 19." in first
    assert "Remark 20." not in first
    link = re.search(r'href="(/media/5\?comments=[^"#]+)#comments"', first)
    assert link is not None
    assert "Remark 24." in (await client.get(link[1])).text


async def test_a_file_without_an_address_has_no_player() -> None:
    async with browser(application(Catalogue(a_file(1, "Silent")))) as client:
        html = (await client.get("/media/1")).text
    assert "<audio" not in html
    assert "No plays in the last 24 hours." in html


async def test_the_theme_is_remembered_in_a_cookie_and_leads_back(catalogue: Catalogue) -> None:
    async with browser(application(catalogue, secure_cookies=True)) as client:
        form = {"theme": "dark", "back": "/media/5", "form_token": TOKEN}
        answer = await client.post("/theme", data=form)
    assert answer.headers["location"] == "/media/5"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("theme=dark;")
    assert "secure" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><b>', "auto")]
)
async def test_the_page_has_the_theme_of_the_cookie(
    client: httpx.AsyncClient, cookie: str, theme: str
) -> None:
    html = (await client.get("/media/5", headers={"cookie": f"theme={cookie}"})).text
    assert f'<html lang="en" data-theme="{theme}">' in html


async def test_the_picture_is_served_alone_for_rows_that_arrive_later(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/media/5/print.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text in (await client.get("/media/5")).text
