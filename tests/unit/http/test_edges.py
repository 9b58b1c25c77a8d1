"""What surrounds the routes: ids, logs, headers, sessions, CORS and the cross-site guard."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from structlog.testing import capture_logs

from groundswell.http.callers import session_of

Client = httpx.AsyncClient
MakeClient = Callable[..., Client]
BODY = {"voteType": "up"}
FRIEND = "https://friend.test"


async def test_a_request_without_an_id_gets_one(client: Client) -> None:
    first = (await client.get("/lists")).headers["x-request-id"]
    second = (await client.get("/lists")).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


@pytest.mark.parametrize("sent", ["a b", "x" * 65, "é", "a\tb", ""])
async def test_an_insane_request_id_is_replaced(client: Client, sent: str) -> None:
    answer = await client.get("/lists", headers={b"x-request-id": sent.encode("latin-1")})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


async def test_unknown_addresses_have_ids_and_security_headers_too(client: Client) -> None:
    answer = await client.get("/nothing")
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_log_names_the_route_and_nothing_that_identifies(client: Client) -> None:
    secrets = {"authorization": "Bearer user", "x-forwarded-for": "203.0.113.9", "cookie": "a=b"}
    with capture_logs() as logs:
        await client.put("/media/77/vote?token=hunter2", json=BODY, headers=secrets)
    [entry] = [entry for entry in logs if entry["event"] == "request"]
    assert set(entry) == {"event", "log_level", "method", "route", "status", "ms"}
    assert entry["route"] == "/media/{media_file_id}/vote"
    assert (entry["method"], entry["status"]) == ("PUT", 200)


async def test_only_failures_are_logged_where_requests_are_not(make_client: MakeClient) -> None:
    client = make_client(log_requests=False)
    with capture_logs() as logs:
        await client.get("/lists")
        await client.get("/errors/bug")
    assert [entry["status"] for entry in logs if entry["event"] == "request"] == [500]


async def test_answers_forbid_browsers_everything_they_do_not_need(client: Client) -> None:
    headers = (await client.get("/lists")).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


async def test_hsts_is_sent_over_https_only(make_client: MakeClient) -> None:
    for client in (make_client("https"), make_client(https=True)):
        assert "max-age=" in (await client.get("/lists")).headers["strict-transport-security"]


async def test_a_visitor_gets_a_session_once(client: Client) -> None:
    first = await client.get("/whoami")
    session = first.json()["session"]
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"gs_session={session}; Path=/; Max-Age=")
    assert cookie.endswith("HttpOnly; SameSite=Lax")
    again = await client.get("/whoami")
    assert "set-cookie" not in again.headers
    assert again.json()["session"] == session


async def test_the_cookie_is_secure_over_https(make_client: MakeClient) -> None:
    answer = await make_client("https").get("/whoami")
    assert answer.headers["set-cookie"].endswith("; Secure")


async def test_no_session_is_made_for_users_nor_where_nobody_asks_who_calls(
    client: Client,
) -> None:
    answer = await client.get("/whoami", headers={"authorization": "Bearer user"})
    assert "set-cookie" not in answer.headers
    assert "set-cookie" not in (await client.get("/lists")).headers


@pytest.mark.parametrize(
    ("cookies", "found"),
    [
        (b"gs_session=abcdefghijklmnopqrstuv", True),
        (b"a=b; gs_session=abcdefghijklmnopqrstuv; c=d", True),
        (b"xgs_session=abcdefghijklmnopqrstuv", False),
        (b"gs_session=short", False),
        (b"gs_session=abcdefghijklmnopqrstuvw", False),
        (b"gs_session=abcdefghijklmnopqrst<>", False),
    ],
)
def test_only_sessions_of_ours_are_read(cookies: bytes, found: bool) -> None:
    scope = {"type": "http", "headers": [(b"cookie", cookies)]}
    assert session_of(scope) == ("abcdefghijklmnopqrstuv" if found else None)  # type: ignore[arg-type]


async def test_the_authenticator_is_shown_what_was_sent(
    client: Client, authenticator: object
) -> None:
    headers = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")]
    await client.get("/whoami", headers=headers)
    [(authorization, peer, forwarded, session, now)] = authenticator.shown  # type: ignore[attr-defined]
    assert (authorization, peer, forwarded) == (None, "127.0.0.1", "1.1.1.1, 2.2.2.2")
    assert len(session) == 22
    assert now == 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("token", "status"), [(None, 401), ("Bearer user", 403), ("Bearer host", 201)]
)
async def test_only_the_host_passes_where_the_host_is_required(
    client: Client, token: str | None, status: int
) -> None:
    headers = {} if token is None else {"authorization": token}
    assert (await client.post("/host", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("token", "status"), [(None, 401), ("Bearer host", 403), ("Bearer user", 200)]
)
async def test_only_users_pass_where_a_user_is_required(
    client: Client, token: str | None, status: int
) -> None:
    headers = {} if token is None else {"authorization": token}
    assert (await client.get("/me", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://service.test"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://service.test"}, True),
        ({"origin": "https://service.test"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://other.service.test"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://service.test"}, False),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://service.test.evil.test"}, False),
        ({"origin": "http://["}, False),
        ({"sec-fetch-site": "cross-site", "authorization": "Bearer user"}, True),
        ({"sec-fetch-site": "cross-site", "authorization": "Basic x"}, False),
    ],
)
async def test_another_sites_page_may_not_write_for_a_visitor(
    client: Client, headers: dict[str, str], allowed: bool
) -> None:
    answer = await client.put("/media/1/vote", json=BODY, headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    if not allowed:
        assert answer.json()["code"] == "cross_site_request"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_another_sites_page_may_link_here(client: Client) -> None:
    answer = await client.get("/lists", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200


async def test_a_named_origin_may_write_and_read_the_answer(make_client: MakeClient) -> None:
    client = make_client(origins=f"{FRIEND}/, https://other.test")
    headers = {"origin": FRIEND, "sec-fetch-site": "cross-site"}
    answer = await client.put("/media/1/vote", json=BODY, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert answer.headers["access-control-allow-credentials"] == "true"
    refused = await client.put("/media/1/vote", json=BODY, headers={"origin": "https://evil.test"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


async def test_a_named_origin_passes_the_preflight(make_client: MakeClient) -> None:
    client = make_client(origins=FRIEND)
    headers = {
        "origin": FRIEND,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type, idempotency-key",
    }
    answer = await client.options("/media/1/vote", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == FRIEND
    evil = await client.options("/media/1/vote", headers=headers | {"origin": "https://evil.test"})
    assert evil.status_code == 400


async def test_with_any_origin_no_credentials_are_allowed(make_client: MakeClient) -> None:
    client = make_client(origins="*")
    headers = {"origin": "https://any.test", "sec-fetch-site": "cross-site"}
    answer = await client.put("/media/1/vote", json=BODY, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
