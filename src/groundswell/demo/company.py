"""A small company around the demo's user: a referral program, those they brought, and a board.

All of it is invented and made through the public API, so that the pages of people have something
to show. Made again, nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from groundswell.demo.api import Api, RequestFailed

PROGRAM: Final = "bring-a-listener"
BOARD: Final = "demo-referrers"
SOURCE: Final = "/demo"

RULES: Final[Mapping[str, Any]] = {
    "newUsersOnly": False,
    "stages": [{"name": "registration", "on": "user.registered", "completes": True}],
    "rewards": [
        {
            "ruleId": "thanks",
            "role": "referrer",
            "kind": "flat",
            "currency": "EUR",
            "amountMinor": 500,
            "holdDays": 0,
            "needsApproval": True,
        },
        {
            "ruleId": "ladder",
            "role": "referrer",
            "kind": "tiered",
            "currency": "EUR",
            "tiers": [
                {"fromCount": 1, "amountMinor": 100, "name": "Listener"},
                {"fromCount": 3, "amountMinor": 300, "name": "Regular"},
                {"fromCount": 10, "amountMinor": 1_000, "name": "Headliner"},
            ],
        },
    ],
}

BROUGHT: Final[Mapping[str, int]] = {"demo": 3, "june": 5, "otis": 2, "ravi": 1, "mina": 4}
"""How many listeners each member brought."""


class Company:
    """Makes the program, its members, whom they brought, and the board.

    Args:
        api: the service, spoken to as the host.
        url: where the service is; its links lead there.
    """

    def __init__(self, api: Api, url: str) -> None:
        self._api = api
        self._url = url

    async def found(self) -> None:
        """Make what is not there yet.

        Raises:
            RequestFailed: the service refuses it.
        """
        with suppress(RequestFailed):  # it is there since the demo ran before
            await self._program()
        await self._board()
        for member, brought in BROUGHT.items():
            code = await self._code(member)
            for number in range(brought):
                await self._join(f"{member}-friend-{number + 1}", code)

    async def _program(self) -> None:
        body = {
            "programId": PROGRAM,
            "name": "Bring a listener",
            "rules": {**RULES, "landingUrl": f"{self._url}/"},
        }
        await self._api.as_host("POST", "/v1/programs", body)

    async def _board(self) -> None:
        body = {
            "boardId": BOARD,
            "name": "Who brings the most listeners",
            "metric": "referrals",
            "programId": PROGRAM,
        }
        await self._api.as_host("POST", "/v1/leaderboards", body)

    async def _code(self, member: str) -> str:
        path = f"/v1/programs/{PROGRAM}/codes"
        return str((await self._api.as_host("POST", path, {"userId": member}))["code"])

    async def _join(self, user: str, code: str) -> None:
        event = {
            "specversion": "1.0",
            "id": user,
            "source": SOURCE,
            "type": "user.registered",
            "data": {"userId": user, "referral": {"code": code}},
        }
        await self._api.as_host("POST", "/v1/events", event)
