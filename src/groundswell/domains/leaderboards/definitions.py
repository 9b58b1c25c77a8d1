"""Making and changing boards, and who is shown on them."""

from __future__ import annotations

from typing import Final

from groundswell.contract.errors import Conflict, GroundswellError
from groundswell.contract.events.leaderboards import BoardDefined, VisibilityChosen
from groundswell.contract.times import DAY
from groundswell.domains.leaderboards import board_rows as rows
from groundswell.domains.leaderboards.board_rows import Board, BoardNotFound, find_board
from groundswell.domains.leaderboards.changes import Change, say
from groundswell.domains.leaderboards.commands import ChangeBoard, ChooseVisibility, CreateBoard
from groundswell.domains.leaderboards.views import BoardView, VisibilityView
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

FURTHEST_START: Final = 366 * DAY
"""How far back a board may begin: each window since then is closed and archived."""

HIDE = Statement(
    """
    INSERT INTO board_hidden (board_id, user_id, hidden_at) VALUES (:board_id, :user_id, :at)
    ON CONFLICT (board_id, user_id) DO NOTHING
    """
)
SHOW = Statement("DELETE FROM board_hidden WHERE board_id = :board_id AND user_id = :user_id")
IS_HIDDEN = Statement(
    "SELECT 1 FROM board_hidden WHERE board_id = :board_id AND user_id = :user_id"
)


async def create_board(
    transaction: Transaction, command: CreateBoard, tail: EventTail
) -> BoardView | GroundswellError:
    """Make a board and the window it begins with. The same twice is the same board."""
    wanted = _wanted(command)
    known = await find_board(transaction, command.board_id)
    if known is not None:
        if _definition(known) == _definition(wanted):
            return known.view()
        return Conflict("board_exists", "There is another leaderboard with this id.")
    window = wanted.window_at(wanted.starts_at)
    made = wanted._replace(defined_seq=tail.append(_defined(wanted), command.at))
    await transaction.write(rows.ADD_BOARD, **made._asdict())
    await transaction.write(rows.ADD_WINDOWS, rows=[(wanted.board_id, *window)])
    await transaction.write(
        rows.ADD_STATE, board_id=wanted.board_id, told_start=window.start, told_end=window.end
    )
    return made.view()


async def change_board(
    transaction: Transaction, command: ChangeBoard, tail: EventTail
) -> BoardView | GroundswellError:
    """Change what does not touch the scores, or let the board count no more, for good."""
    board = await find_board(transaction, command.board_id)
    if board is None:
        return BoardNotFound()
    given = {
        name: value
        for name in ("name", "prize_places", "prize_policy")
        if (value := getattr(command, name)) is not None
    }
    state = "ended" if command.end else board.state
    changed = board._replace(**given, state=state)
    if changed == board:
        return board.view()
    seq = tail.append(_defined(changed), command.at)
    ended = seq if changed.state != board.state else board.ended_seq
    await transaction.write(
        rows.CHANGE_BOARD,
        board_id=board.board_id,
        name=changed.name,
        prize_places=changed.prize_places,
        prize_policy=changed.prize_policy,
        state=changed.state,
        ended_seq=ended,
        updated_at=command.at,
    )
    return changed._replace(updated_at=command.at).view()


async def choose_visibility(
    transaction: Transaction, command: ChooseVisibility, tail: EventTail
) -> VisibilityView | GroundswellError:
    """Hide a participant or show them again; nobody's place changes."""
    names = {"board_id": command.board_id, "user_id": command.user_id}
    if await find_board(transaction, command.board_id) is None:
        return BoardNotFound()
    hidden = bool(await transaction.fetch(IS_HIDDEN, **names))
    if hidden == command.visible:
        if command.visible:
            await transaction.write(SHOW, **names)
        else:
            await transaction.write(HIDE, **names, at=command.at)
        change = Change(shown=[(command.user_id, command.visible)])
        await say(transaction, {command.board_id: change})
        tail.append(VisibilityChosen(**names, visible=command.visible), command.at)
    return VisibilityView(board_id=command.board_id, visible=command.visible)


def _wanted(command: CreateBoard) -> Board:
    zone = zone_of(command.time_zone)
    begin = command.at if command.starts_at is None else command.starts_at
    if command.starts_at is None:
        begin = window_at(command.window, zone, begin).start
    return Board(
        board_id=command.board_id,
        name=command.name,
        metric=command.metric,
        recurrence=command.window,
        time_zone=command.time_zone,
        program_id=command.program_id,
        currency=command.currency,
        prize_places=command.prize_places,
        prize_policy=command.prize_policy,
        state="active",
        starts_at=begin,
        defined_seq=0,
        ended_seq=None,
        created_at=command.at,
        updated_at=command.at,
    )


def _definition(board: Board) -> tuple[object, ...]:
    return (board.metric, board.recurrence, board.time_zone, board.program_id, board.currency)


def _defined(board: Board) -> BoardDefined:
    return BoardDefined(
        board_id=board.board_id,
        name=board.name,
        metric=board.metric,
        window=board.recurrence,
        time_zone=board.time_zone,
        state=board.state,
        program_id=board.program_id,
        currency=board.currency,
        prize_places=board.prize_places,
        prize_policy=board.prize_policy,
        starts_at=board.starts_at,
    )
