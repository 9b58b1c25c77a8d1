"""What clicks say of where they came from is forgotten once no window needs it."""

from __future__ import annotations

from groundswell.contract.times import DAY
from groundswell.domains.referrals.keeping import AFTERWARDS, hashes_of_clicks
from groundswell.domains.referrals.rules import Windows
from groundswell.store.forgetting import OldRows
from tests.integration.referrals.worlds import World


async def known(world: World) -> list[tuple[object, ...]]:
    return await world.core.rows(
        "SELECT identity, address, source, query FROM referral_touches ORDER BY at"
    )


async def test_clicks_lose_their_hashes_a_month_after_the_longest_window_of_any_program(
    world: World,
) -> None:
    old = OldRows(world.core.store, world.clock, hashes_of_clicks(world.core.store))
    code = await world.code("ada")
    click = await world.click(code, "v", source="https://x.example/", query="a=b")
    await world.register("bob", cookie=world.cookie(click))
    longest = Windows().longest
    world.clock.advance(longest + AFTERWARDS - 1)
    await old.forget()
    assert await known(world) == [("i-v", "a-v", "https://x.example/", "a=b")]

    # Another program lets clicks count for longer, and nobody can tell whose a click will be.
    await world.program("autumn", windows=Windows(attribution_days=45))
    world.clock.advance(1)
    await old.forget()
    assert await known(world) == [("i-v", "a-v", "https://x.example/", "a=b")]
    world.clock.advance(15 * DAY)
    await world.click(code, "w")
    await old.forget()
    assert await known(world) == [(None, None, None, None), ("i-w", "a-w", None, "")]
    assert old.statistics() == {"forgotten_total": 1.0}
    await old.forget()
    assert old.statistics() == {"forgotten_total": 1.0}
    (referral,) = await world.referrals()
    assert (await world.queries.mine("ada", 5, None)).totals.attributed == 1
    assert referral[2] == "ada"
