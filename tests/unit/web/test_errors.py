"""Errors on pages are pages, and give nothing away."""

from __future__ import annotations

import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException, NotFoundException

from groundswell.contract.errors import DatabaseUnavailable, RateLimited
from groundswell.http.failures import exception_handlers
from groundswell.web.errors import for_browsers
from groundswell.web.routes import error_pages
from tests.unit.web.fakes import Catalogue, a_file
from tests.unit.web.site import TOKEN, application, browser


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(a_file(5, "Tush"))


@pytest.fixture
def client(catalogue: Catalogue) -> httpx.AsyncClient:
    return browser(application(catalogue))


@pytest.mark.parametrize(
    "id_", ["6", "0", "-5", "abc", "5.0", "9223372036854775808", "9" * 400, "\N{SUPERSCRIPT TWO}"]
)
async def test_a_file_that_does_not_exist_is_a_page_that_says_so(
    client: httpx.AsyncClient, id_: str
) -> None:
    answer = await client.get(f"/media/{id_}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Media file not found" in answer.text
    assert "<main" in answer.text


async def test_too_many_votes_are_answered_with_how_long_to_wait(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    catalogue.refusal = RateLimited(17)
    answer = await client.post("/media/5/vote", data={"vote": "up", "form_token": TOKEN})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "17"
    assert "Please try again in 17 seconds." in answer.text
    assert 'href="/media/5"' in answer.text


@pytest.mark.parametrize("path", ["/", "/media/5"])
async def test_a_database_that_is_gone_is_a_short_pause(
    catalogue: Catalogue, client: httpx.AsyncClient, path: str
) -> None:
    catalogue.trouble = DatabaseUnavailable(3)
    answer = await client.get(path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert "A short pause" in answer.text


async def test_a_fault_of_ours_gives_nothing_away(
    catalogue: Catalogue, client: httpx.AsyncClient
) -> None:
    catalogue.trouble = RuntimeError("password=hunter2")
    answer = await client.get("/media/5")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "The fault is ours." in answer.text


async def test_a_form_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/media/5/comments", content=b"body=" + b"x" * 70_000)
    assert answer.status_code == 413
    assert "That is too long" in answer.text


async def test_a_form_that_is_not_utf8_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/media/5/comments", content=b"body=%FF&form_token=x")
    assert answer.status_code == 400


async def test_an_unknown_address_is_a_page_to_a_browser_and_a_problem_to_a_program() -> None:
    otherwise = exception_handlers()[HTTPException]
    handler = for_browsers(error_pages(), otherwise)
    async with browser(Litestar(exception_handlers={NotFoundException: handler})) as client:
        page = await client.get("/nowhere", headers={"accept": "text/html,*/*;q=0.8"})
        problem = await client.get("/nowhere", headers={"accept": "*/*"})
    assert (page.status_code, problem.status_code) == (404, 404)
    assert "Nothing on this track" in page.text
    assert problem.headers["content-type"] == "application/problem+json"
