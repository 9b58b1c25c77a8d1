"""What counts, and what counts no more: from events of other slices and from the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from groundswell.contract.errors import Conflict, GroundswellError, Invalid, NotFound
from groundswell.contract.events.leaderboards import ScorePosted
from groundswell.contract.times import MINUTE, to_rfc3339
from groundswell.domains.leaderboards import board_rows
from groundswell.domains.leaderboards.board_rows import (
    Board,
    BoardNotFound,
    find_board,
    find_boards,
)
from groundswell.domains.leaderboards.commands import CountPoints, Done, PostScore, RevisePoints
from groundswell.domains.leaderboards.ranks import Standing
from groundswell.domains.leaderboards.tallying import (
    Scored,
    count,
    known_events,
    places,
    revise,
)
from groundswell.domains.leaderboards.views import ScoreView
from groundswell.domains.leaderboards.windows import Window
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

CUSTOM = "custom"
AHEAD = 5 * MINUTE
"""A time further ahead than this is the clock's mistake; the server's counts instead."""


async def count_points(
    transaction: Transaction, commands: Sequence[CountPoints], _: EventTail
) -> list[Done]:
    """Count a batch on every board it concerns; what a board has already counts once."""
    found = await transaction.fetch(board_rows.COUNTING_BOARDS)
    boards = [Board(*row) for row in found]
    wanted: dict[tuple[str, str], tuple[Scored, Window]] = {}
    answers: list[Done] = []
    for one in commands:
        placed = [_scored(board, one) for board in boards if _concerns(board, one)]
        for scored, window in placed:
            wanted.setdefault((scored.board_id, scored.event_key), (scored, window))
        answers.append(Done(len(placed)))
    known = await known_events(transaction, wanted)
    fresh = [each for key, each in wanted.items() if key not in known]
    if fresh:
        windows = [(scored.board_id, window) for scored, window in fresh]
        await count(transaction, [scored for scored, _ in fresh], windows, commands[0].at)
    return answers


async def revise_points(transaction: Transaction, command: RevisePoints, _: EventTail) -> Done:
    """Let something be worth less, or nothing, wherever it was counted."""
    boards = await transaction.fetch(board_rows.ALL_BOARDS, after="", count=1_000_000)
    keys = [(row[0], command.event_key) for row in boards]
    known = await known_events(transaction, keys)
    changed = [
        one._replace(points=command.points)
        for one in known.values()
        if one.points != command.points
    ]
    if changed:
        await revise(transaction, changed, command.at)
    return Done(len(changed))


async def post_scores(
    transaction: Transaction, commands: Sequence[PostScore], tail: EventTail
) -> list[object]:
    """Count a batch of what the host says: what is new together, the rest one by one after it."""
    boards = await find_boards(transaction, {one.board_id for one in commands})
    known: Collection[tuple[str, str]] = await known_events(
        transaction, [(one.board_id, one.event_id) for one in commands]
    )
    fresh: dict[tuple[str, str], tuple[int, PostScore, Scored, Window]] = {}
    for place, one in enumerate(commands):
        board, key = boards.get(one.board_id), (one.board_id, one.event_id)
        if board is None or one.reverses is not None or key in known or key in fresh:
            continue
        scored, window = _posted(board, one, None)
        if _refusal(board) is None and scored.at >= board.starts_at:
            fresh[key] = place, one, scored, window
    outcomes: dict[int, object] = {}
    if fresh:
        windows = [(scored.board_id, window) for _, _, scored, window in fresh.values()]
        await count(transaction, [one[2] for one in fresh.values()], windows, commands[0].at)
        reached = await places(transaction, [one[2].participant for one in fresh.values()])
        for place, one, scored, _ in fresh.values():
            tail.append(_logged(one), scored.at)
            outcomes[place] = _view(one, reached.get(scored.participant), repeated=False)
    for place, one in enumerate(commands):
        if place not in outcomes:
            outcomes[place] = await post_score(transaction, one, tail)
    return [outcomes[place] for place in range(len(commands))]


async def post_score(
    transaction: Transaction, command: PostScore, tail: EventTail
) -> ScoreView | GroundswellError:
    """Count what the host says, once per event id."""
    board = await find_board(transaction, command.board_id)
    if board is None:
        return BoardNotFound()
    refusal = _refusal(board)
    if refusal is not None:
        return refusal
    keys = [command.event_id, *([command.reverses] if command.reverses else [])]
    known = await known_events(transaction, [(board.board_id, key) for key in keys])
    original = known.get((board.board_id, command.reverses or ""))
    wanted, window = _posted(board, command, original)
    if (before := known.get((board.board_id, command.event_id))) is not None:
        return await _repeated(transaction, command, before, wanted)
    if command.reverses is not None and original is None:
        return ScoreNotFound()
    if original is not None and original.user_id != command.user_id:
        return Conflict("score_of_another", "The event to reverse is another user's.")
    if wanted.at < board.starts_at:
        return Invalid.at("occurredAt", "The leaderboard had not begun")
    await count(transaction, [wanted], [(board.board_id, window)], command.at)
    if original is not None and original.points != 0:
        await revise(transaction, [original._replace(points=0)], command.at)
    tail.append(_logged(command), wanted.at)
    return await _answer(transaction, command, wanted, repeated=False)


class ScoreNotFound(NotFound):
    """The board has no event of this id."""

    code = "score_not_found"

    def __init__(self) -> None:
        super().__init__("No score with this event id was posted to the leaderboard.")


def _refusal(board: Board) -> GroundswellError | None:
    if board.metric != CUSTOM:
        return Conflict("board_not_custom", "This leaderboard counts what the service sees itself.")
    if board.state != "active":
        return Conflict("board_ended", "This leaderboard has ended.")
    return None


def _concerns(board: Board, command: CountPoints) -> bool:
    return board.counts(command.metric, command.program_id, command.currency) and board.covers(
        command.seq, command.occurred_at
    )


def _scored(board: Board, command: CountPoints) -> tuple[Scored, Window]:
    at = counted_at(command.occurred_at, command.at)
    window = board.window_at(at)
    scored = Scored(
        board.board_id,
        command.event_key,
        window.start,
        command.user_id,
        at,
        command.points,
        command.points,
    )
    return scored, window


def _posted(board: Board, command: PostScore, original: Scored | None) -> tuple[Scored, Window]:
    """The event as it is kept; one that reverses another belongs to that one's window."""
    at = counted_at(command.occurred_at, command.at)
    window = board.window_at(at if original is None else original.at)
    points = 0 if command.reverses is not None else command.points
    return (
        Scored(
            board.board_id,
            command.event_id,
            window.start,
            command.user_id,
            at,
            points,
            command.points,
        ),
        window,
    )


def counted_at(happened: int, now: int) -> int:
    """When something counts as having happened, if the server learnt of it at ``now``."""
    return now if happened > now + AHEAD else happened


def _logged(command: PostScore) -> ScorePosted:
    return ScorePosted(
        board_id=command.board_id,
        score_event_id=command.event_id,
        user_id=command.user_id,
        points=command.points,
        reverses=command.reverses,
    )


async def _repeated(
    transaction: Transaction, command: PostScore, before: Scored, wanted: Scored
) -> ScoreView | GroundswellError:
    if (before.user_id, before.first_points) != (wanted.user_id, wanted.first_points):
        return Conflict("score_differs", "This event id was posted with another user or points.")
    return await _answer(transaction, command, before, repeated=True)


async def _answer(
    transaction: Transaction, command: PostScore, scored: Scored, *, repeated: bool
) -> ScoreView:
    reached = await places(transaction, [scored.participant])
    return _view(command, reached.get(scored.participant), repeated=repeated)


def _view(command: PostScore, reached: tuple[Standing, int] | None, *, repeated: bool) -> ScoreView:
    standing, place = reached or (None, None)
    return ScoreView(
        board_id=command.board_id,
        event_id=command.event_id,
        user_id=command.user_id,
        score=None if standing is None else standing.score,
        position=place,
        reached_at=None if standing is None else to_rfc3339(standing.reached_at),
        repeated=repeated,
    )
