"""11,927 real votes through the real service: every post must end at its published score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundswell.demo.api import Api
from groundswell.demo.dataset import ballots, posts
from groundswell.demo.together import together
from groundswell.demo.votes import WORKERS, by_address, replay_votes, tallies
from tests.services.server import Server, StartServer

SIGNED_IN = 200
"""The first voters are signed-in users, the others visitors with an address each."""


async def _tokens(api: Api, server: Server) -> dict[int, str]:
    tokens: dict[int, str] = {}
    host = {"Authorization": f"Bearer {server.api_key}"}

    async def issue(number: int) -> None:
        answer = await api.call("POST", "/v1/tokens", {"userId": f"voter-{number}"}, host)
        tokens[number] = answer["accessToken"]

    await together(issue, range(SIGNED_IN), 8)
    return tokens


async def _all_media(server: Server) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    cursor: str | None = None
    async with server.client() as client:
        while True:
            parameters = {"limit": "50"} | ({"cursor": cursor} if cursor else {})
            answer = await client.get("/v1/media", params=parameters)
            page = answer.raise_for_status().json()
            found.update((one["mediaFileId"], one) for one in page["items"])
            cursor = page["nextCursor"]
            if cursor is None:
                return found


async def test_ups_minus_downs_equal_the_published_score_of_every_post(
    database_url: str, server: StartServer
) -> None:
    service = server(database_url, GROUNDSWELL_TRUSTED_PROXIES="127.0.0.1")
    cast, known = ballots(), posts()
    async with Api(service.url, service.api_key, connections=WORKERS) as api:
        tokens = await _tokens(api, service)

        def voter(number: int) -> Mapping[str, str]:
            token = tokens.get(number)
            return {"Authorization": f"Bearer {token}"} if token else by_address(number)

        ids = await replay_votes(api, cast, known, voter)
    media = await _all_media(service)
    assert len(media) == 2_404
    measured = {one.post_id: media[ids[one.post_id]] for one in known}
    assert {post: one["upvotes"] - one["downvotes"] for post, one in measured.items()} == {
        one.post_id: one.score for one in known
    }
    expected = tallies(cast)
    for post_id, media_file_id in ids.items():
        counted = (media[media_file_id]["upvotes"], media[media_file_id]["downvotes"])
        assert counted == (expected[post_id, "up"], expected[post_id, "down"]), post_id
