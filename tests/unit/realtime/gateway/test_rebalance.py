"""A share of the connections is sent elsewhere (close code 4201), and the others stay."""

from __future__ import annotations

import pytest

from tests.unit.realtime.gateway.dialogue import World


@pytest.mark.parametrize(("share", "gone"), [(0.3, 3), (1, 10), (0.01, 0)])
async def test_a_share_goes_with_moments_of_their_own_and_the_rest_stays(
    share: float, gone: int
) -> None:
    world = World()
    peers = [await world.subscribed("activity") for _ in range(10)]
    assert await world.gateway.rebalance(share) == gone
    sent = [one for one in peers if one.close_code is not None]
    assert [one.close_code for one in sent] == [4201] * gone
    drains = [one.heard("DRAIN")[0] for one in sent]
    assert all(one["reason"] == "rebalance" for one in drains)
    assert len({one["reconnectInMs"] for one in drains}) >= gone // 2
    assert not world.gateway.draining
    await world.publish()
    assert [one.offsets() for one in peers if one not in sent] == [[1]] * (10 - gone)
    assert (await world.subscribed("activity")).close_code is None
