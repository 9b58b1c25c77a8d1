"""Two processes on one PostgreSQL redeem the last use of a code: one person gets it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.end_to_end.service import Pair, two_processes
from tests.end_to_end.test_referrals import code, program, referrals, registered
from tests.services.postgres import PostgresServer
from tests.support.waiting import until

CLAIMS = 24


@pytest.fixture(scope="module")
def pair(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    yield from two_processes(postgres_server, tmp_path_factory.mktemp("rush"))


@pytest.mark.parametrize("uses", [1, 5])
async def test_the_last_use_of_a_code_goes_to_one_however_many_claim_it(
    pair: Pair, uses: int
) -> None:
    spring = await program(pair[0])
    link = await code(pair[0], spring, f"ada-{uses}", maxUses=uses)
    path = f"/v1/programs/{spring}/redemptions"
    async with pair[0].host() as here, pair[1].host() as there:

        async def claim(number: int) -> str:
            body = {"code": link["code"], "userId": f"u{uses}-{number}"}
            answer = await (here, there)[number % 2].post(path, json=body)
            return str(answer.status_code) if answer.is_success else str(answer.json()["code"])

        outcomes = Counter(await asyncio.gather(*map(claim, range(CLAIMS))))
    assert outcomes == {"201": uses, "code_exhausted": CLAIMS - uses}
    assert len((await referrals(pair[1], f"ada-{uses}"))["items"]) == uses


async def test_one_person_claimed_at_two_processes_is_one_referral(pair: Pair) -> None:
    spring = await program(pair[0])
    codes = [await code(pair[0], spring, f"owner-{number}") for number in range(4)]
    path = f"/v1/programs/{spring}/redemptions"
    async with pair[0].host() as here, pair[1].host() as there:

        async def claim(number: int) -> tuple[int, str]:
            body = {"code": codes[number % 4]["code"], "userId": "wanted"}
            answer = await (here, there)[number % 2].post(path, json=body)
            found = answer.json()
            return answer.status_code, str(found.get("referralId") or found.get("code"))

        outcomes = Counter(await asyncio.gather(*(claim(number) for number in range(16))))
    assert sorted(outcomes.values()) == [4, 12]
    assert outcomes[409, "already_referred"] == 12


async def test_a_registration_is_followed_by_both_and_counted_once(pair: Pair) -> None:
    spring = await program(pair[0])
    link = await code(pair[0], spring, "ada-once", maxUses=3)
    people = [f"new-{number}" for number in range(12)]
    await asyncio.gather(
        *(
            registered(pair[number % 2], user, code=link["code"])
            for number, user in enumerate(people)
        )
    )

    async def settled() -> bool:
        totals = (await referrals(pair[0], "ada-once"))["totals"]
        return bool(totals["completed"] == 3)

    await until(settled)
    await asyncio.sleep(0.5)
    totals = (await referrals(pair[1], "ada-once"))["totals"]
    assert (totals["attributed"], totals["conversions"]) == (3, 3)
