"""What callers may do with boards, the same for every door."""

from __future__ import annotations

from typing import Final

from uuid_utils import uuid7

from groundswell.contract.errors import Invalid
from groundswell.contract.times import Clock, from_datetime
from groundswell.domains.leaderboards import bodies
from groundswell.domains.leaderboards.commands import (
    ChangeBoard,
    ChooseVisibility,
    CreateBoard,
    PostScore,
)
from groundswell.domains.leaderboards.definitions import FURTHEST_START
from groundswell.domains.leaderboards.views import BoardView, ScoreView, VisibilityView
from groundswell.domains.leaderboards.windows import zone_of
from groundswell.log.reactions import Submit
from groundswell.store.commands import Idempotency

_OF_PROGRAMS: Final = ("referrals", "rewards")


class BoardActions:
    """Turns what callers ask for into commands."""

    def __init__(self, submit: Submit, clock: Clock) -> None:
        self._submit = submit
        self._clock = clock

    async def create(self, body: bodies.NewBoard, idempotency: Idempotency | None) -> BoardView:
        """Make a board.

        Raises:
            Invalid: the fields do not go together.
            Conflict: there is another board of this id.
        """
        now = self._clock()
        starts_at = None if body.starts_at is None else from_datetime(body.starts_at)
        _check(body, starts_at, now)
        command = CreateBoard(
            at=now,
            board_id=body.board_id or f"board-{uuid7().hex}",
            name=body.name,
            metric=body.metric,
            window=body.window,
            time_zone=body.time_zone,
            program_id=body.program_id,
            currency=body.currency,
            prize_places=body.prize_places,
            prize_policy=body.prize_policy,
            starts_at=starts_at,
        )
        board: BoardView = await self._submit(command, idempotency)
        return board

    async def change(
        self, board_id: str, body: bodies.BoardChanges, idempotency: Idempotency | None
    ) -> BoardView:
        """Change what does not touch the scores.

        Raises:
            BoardNotFound: there is none.
        """
        command = ChangeBoard(
            at=self._clock(),
            board_id=board_id,
            name=body.name,
            prize_places=body.prize_places,
            prize_policy=body.prize_policy,
            end=body.state is not None,
        )
        board: BoardView = await self._submit(command, idempotency)
        return board

    async def post_score(
        self, board_id: str, body: bodies.NewScore, idempotency: Idempotency | None
    ) -> ScoreView:
        """Count points, or take an event back.

        Raises:
            BoardNotFound, ScoreNotFound: there is no such board, or event to reverse.
            Conflict: the board counts something else, or the event id was used for other points.
        """
        if (body.points == 0) == (body.reverses is None):
            raise Invalid.at("points", "Expected points, or the event that they reverse")
        if body.reverses == body.event_id:
            raise Invalid.at("reverses", "An event cannot reverse itself")
        now = self._clock()
        command = PostScore(
            at=now,
            board_id=board_id,
            event_id=body.event_id,
            user_id=body.user_id,
            points=body.points,
            occurred_at=now if body.occurred_at is None else from_datetime(body.occurred_at),
            reverses=body.reverses,
        )
        score: ScoreView = await self._submit(command, idempotency)
        return score

    async def choose_visibility(self, board_id: str, user_id: str, visible: bool) -> VisibilityView:
        """Show or hide the caller.

        Raises:
            BoardNotFound: there is none.
        """
        command = ChooseVisibility(
            at=self._clock(), board_id=board_id, user_id=user_id, visible=visible
        )
        chosen: VisibilityView = await self._submit(command)
        return chosen


def _check(body: bodies.NewBoard, starts_at: int | None, now: int) -> None:
    try:
        zone_of(body.time_zone)
    except ValueError as error:
        raise Invalid.at("timeZone", "Expected an IANA time zone") from error
    if body.metric == "rewards" and body.currency is None:
        raise Invalid.at("currency", "Rewards are counted in one currency")
    if body.metric != "rewards" and body.currency is not None:
        raise Invalid.at("currency", "Only rewards are counted in a currency")
    if body.program_id is not None and body.metric not in _OF_PROGRAMS:
        raise Invalid.at("programId", "Only referrals and rewards are of programs")
    if starts_at is not None and not now - FURTHEST_START <= starts_at <= now + FURTHEST_START:
        raise Invalid.at("startsAt", "Expected a time within a year from now")
