"""What nobody knows of rewards, with the code clients see."""

from __future__ import annotations

from groundswell.contract.errors import NotFound


class RewardNotFound(NotFound):
    """No reward has this id."""

    code = "reward_not_found"

    def __init__(self) -> None:
        super().__init__("No reward has this id.")
