"""All commands about boards as one family: what counts is counted together, the rest one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from groundswell.domains.leaderboards.closing import amend_window, close_window
from groundswell.domains.leaderboards.commands import (
    COMMANDS,
    AmendWindow,
    ChangeBoard,
    ChooseVisibility,
    CloseWindow,
    CountPoints,
    CreateBoard,
    PostScore,
    RevisePoints,
    TellBoards,
)
from groundswell.domains.leaderboards.definitions import (
    change_board,
    choose_visibility,
    create_board,
)
from groundswell.domains.leaderboards.scoring import count_points, post_scores, revise_points
from groundswell.domains.leaderboards.telling import tell_boards
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler

Execute = Callable[[Transaction, Any, EventTail], Awaitable[object]]
ExecuteAll = Callable[[Transaction, Sequence[Any], EventTail], Awaitable[Sequence[object]]]

_EXECUTE: Final[Mapping[type[Command], Execute]] = MappingProxyType(
    {
        CreateBoard: create_board,
        ChangeBoard: change_board,
        RevisePoints: revise_points,
        ChooseVisibility: choose_visibility,
        TellBoards: tell_boards,
        CloseWindow: close_window,
        AmendWindow: amend_window,
    }
)
_TOGETHER: Final[Mapping[type[Command], ExecuteAll]] = MappingProxyType(
    {CountPoints: count_points, PostScore: post_scores}
)


async def handle(
    transaction: Transaction, commands: Sequence[Any], tail: EventTail
) -> list[object]:
    """Execute the batch; the outcomes stand in the order of the commands.

    Commands that wait at the same time may be executed in either order: nobody has been answered
    yet. Points are counted first, so that what is revised is there.
    """
    outcomes: list[object] = [None] * len(commands)
    for kind, together in _TOGETHER.items():
        places = [place for place, one in enumerate(commands) if isinstance(one, kind)]
        if places:
            answers = await together(transaction, [commands[place] for place in places], tail)
            for place, answer in zip(places, answers, strict=True):
                outcomes[place] = answer
    for place, command in enumerate(commands):
        execute = _EXECUTE.get(type(command))
        if execute is not None:
            outcomes[place] = await execute(transaction, command, tail)
    return outcomes


def leaderboard_handler() -> Handler:
    """The handler of all commands about boards."""
    return Handler(COMMANDS, handle)
