"""All commands of the slice as one family: the host's first, then everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundswell.domains.engagement.commands import DeleteMedia, RegisterMedia, UpdateMedia
from groundswell.domains.engagement.files import lock_files
from groundswell.domains.engagement.interactions import Interactions
from groundswell.domains.engagement.lifecycle import Lifecycle
from groundswell.domains.engagement.qualification import Windows
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Discretions


class Engagement:
    """Executes batches of the slice's commands.

    Commands that wait at the same time may be executed in either order: nobody has been answered
    yet. The host's come first, so that nothing is recorded on a file deleted in the same batch.
    """

    def __init__(self, windows: Windows, feed_retention: int, discretions: Discretions) -> None:
        self._lifecycle = Lifecycle(feed_retention, discretions)
        self._interactions = Interactions(windows, feed_retention, discretions)

    async def handle(
        self, transaction: Transaction, commands: Sequence[Any], tail: EventTail
    ) -> list[object]:
        """Execute the batch; the outcomes stand in the order of the commands."""
        cares = [isinstance(one, RegisterMedia | UpdateMedia | DeleteMedia) for one in commands]
        if any(cares):
            # They are executed one by one: locked in that order, files could wait in a circle.
            await lock_files(transaction, _named_files(commands))
        outcomes: list[object] = [None] * len(commands)
        for wanted, handle in (
            (True, self._lifecycle.handle),
            (False, self._interactions.handle),
        ):
            places = [place for place, care in enumerate(cares) if care is wanted]
            if places:
                chosen = [commands[place] for place in places]
                for place, outcome in zip(
                    places, await handle(transaction, chosen, tail), strict=True
                ):
                    outcomes[place] = outcome
        return outcomes


def _named_files(commands: Sequence[Any]) -> list[int]:
    return [one.media_file_id for one in commands if one.media_file_id is not None]
