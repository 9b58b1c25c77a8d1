"""What counts on a board, in which order participants stand, and what a reversal restores."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict, Invalid, NotFound
from groundswell.contract.times import DAY, HOUR, MINUTE, to_rfc3339
from tests.integration.leaderboards.worlds import Boards


async def test_equals_share_a_position_and_the_earlier_one_stands_first(boards: Boards) -> None:
    await boards.create()
    await boards.score("late", 5, occurred_at=boards.clock() + 2)
    await boards.score("early", 5, occurred_at=boards.clock() + 1)
    await boards.score("third", 3)
    await boards.score("zoe", 5, occurred_at=boards.clock() + 1)

    assert await boards.table() == [("early", 1, 5), ("zoe", 1, 5), ("late", 1, 5), ("third", 4, 3)]
    await boards.assert_consistent()


async def test_an_event_counts_once(boards: Boards) -> None:
    await boards.create()
    first = await boards.score("ann", 4, event_id="same")
    again = await boards.score("ann", 4, event_id="same")

    assert (first.score, first.repeated) == (4, False)
    assert (again.score, again.repeated) == (4, True)
    assert await boards.table() == [("ann", 1, 4)]


async def test_an_event_id_stands_for_one_thing(boards: Boards) -> None:
    await boards.create()
    await boards.score("ann", 4, event_id="same")

    with pytest.raises(Conflict) as caught:
        await boards.score("ann", 5, event_id="same")

    assert caught.value.reason == "score_differs"


async def test_a_reversal_restores_score_time_and_everybodys_rank(boards: Boards) -> None:
    await boards.create()
    await boards.score("ann", 5)
    boards.clock.advance(MINUTE)
    await boards.score("bob", 6)
    before = await boards.standings()
    boards.clock.advance(MINUTE)
    await boards.score("ann", 7, event_id="mistake")
    assert (await boards.table())[0] == ("ann", 1, 12)

    await boards.reverse("ann", "mistake")

    after = await boards.standings()
    assert after.entries == before.entries
    await boards.assert_consistent()


async def test_who_has_nothing_left_is_on_the_board_no_more(boards: Boards) -> None:
    await boards.create()
    await boards.score("ann", 5, event_id="only")

    answer = await boards.reverse("ann", "only")

    assert (answer.score, answer.position, answer.reached_at) == (None, None, None)
    assert await boards.table() == []
    assert (await boards.standings()).members == 0
    await boards.assert_consistent()


async def test_points_taken_off_bring_back_the_time_the_score_was_reached(boards: Boards) -> None:
    await boards.create()
    at = boards.clock()
    await boards.score("ann", 5)
    boards.clock.advance(MINUTE)
    await boards.score("ann", 3)
    boards.clock.advance(MINUTE)

    await boards.score("ann", -3)

    (entry,) = (await boards.standings()).entries
    assert (entry.score, entry.reached_at) == (5, to_rfc3339(at))
    await boards.score("ann", -9)
    assert await boards.table() == [("ann", 1, -4)]
    await boards.assert_consistent()


async def test_only_what_was_posted_can_be_reversed(boards: Boards) -> None:
    await boards.create()
    await boards.score("ann", 5, event_id="hers")

    with pytest.raises(NotFound):
        await boards.reverse("ann", "never")
    with pytest.raises(Conflict) as caught:
        await boards.reverse("bob", "hers")

    assert caught.value.reason == "score_of_another"
    assert await boards.table() == [("ann", 1, 5)]


async def test_a_board_of_another_metric_takes_no_scores(boards: Boards) -> None:
    await boards.create(metric="referrals")

    with pytest.raises(Conflict) as caught:
        await boards.score("ann", 5)

    assert caught.value.reason == "board_not_custom"


async def test_what_happened_before_a_board_began_is_refused(boards: Boards) -> None:
    await boards.create(window="daily")

    with pytest.raises(Invalid):
        await boards.score("ann", 5, occurred_at=boards.clock() - 2 * DAY)


async def test_a_time_far_ahead_is_replaced_by_the_servers(boards: Boards) -> None:
    await boards.create()

    await boards.score("ann", 5, occurred_at=boards.clock() + HOUR)

    (entry,) = (await boards.standings()).entries
    assert entry.reached_at == to_rfc3339(boards.clock())


async def test_an_event_counts_on_every_board_of_its_metric_and_program(boards: Boards) -> None:
    await boards.create("all", metric="referrals")
    await boards.create("of-spring", metric="referrals", program_id="spring")
    await boards.create("plays", metric="plays")

    await boards.count("conversion:1", "ann", program_id="spring")
    await boards.count("conversion:2", "ann", program_id="autumn")
    await boards.count("conversion:2", "ann", program_id="autumn")

    assert await boards.table(board_id="all") == [("ann", 1, 2)]
    assert await boards.table(board_id="of-spring") == [("ann", 1, 1)]
    assert await boards.table(board_id="plays") == []
    await boards.revise("conversion:1")
    assert await boards.table(board_id="all") == [("ann", 1, 1)]
    assert await boards.table(board_id="of-spring") == []
    await boards.assert_consistent()


async def test_a_partial_reversal_leaves_the_rest(boards: Boards) -> None:
    await boards.create(metric="rewards", currency="EUR")
    await boards.count("reward:1", "ann", "rewards", points=1000, currency="EUR")
    await boards.count("reward:2", "ann", "rewards", points=500, currency="USD")

    await boards.revise("reward:1", 250)

    assert await boards.table() == [("ann", 1, 250)]
    await boards.assert_consistent()


async def test_what_stands_in_the_log_before_a_board_does_not_count(boards: Boards) -> None:
    await boards.create(metric="referrals")

    await boards.count("conversion:1", "ann", seq=0)

    assert await boards.table() == []
