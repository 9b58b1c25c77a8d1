"""What an error keeps alive once it was dealt with."""

from __future__ import annotations

from gc import get_referents
from traceback import clear_frames, walk_tb
from typing import TypeGuard


def forget_frames(error: BaseException) -> None:
    """Let go of the frames that an error came through, and of those of the errors behind it.

    A frame holds whatever its function worked on, often the error itself or those it caught on
    the way: a circle that stays in memory until the collector of cycles comes by. Only for errors
    that nobody will report.
    """
    pending = [error]
    while pending:
        one = pending.pop()
        frames, one.__traceback__ = one.__traceback__, None
        pending += (behind for behind in (one.__cause__, one.__context__) if _holds(behind))
        for frame, _ in walk_tb(frames):
            pending += (held for held in get_referents(frame) if _holds(held))
        clear_frames(frames)


def _holds(held: object) -> TypeGuard[BaseException]:
    return isinstance(held, BaseException) and held.__traceback__ is not None
