"""What the slice of moderation offers."""

from __future__ import annotations

from pathlib import Path

from groundswell.contract.times import Clock
from groundswell.domains.moderation.offering import Moderation
from groundswell.domains.moderation.outside import FailMode, OutsideFilter
from groundswell.domains.moderation.routes import moderation_router
from groundswell.domains.moderation.rules import WordList
from groundswell.log.reactions import Submit
from groundswell.slices import Slice
from groundswell.store import Store


def moderation_of(
    store: Store, submit: Submit, clock: Clock, *, words_file: str, url: str, fail: FailMode
) -> Moderation:
    """The gate, made before the slices that send texts through it.

    Raises:
        OSError: the list of words cannot be read.
    """
    lines = Path(words_file).read_text(encoding="utf-8").splitlines() if words_file else ()
    outside = OutsideFilter(url, fail, clock) if url else None
    return Moderation(store, submit, clock, WordList.parse(lines), outside)


def moderation_slice(moderation: Moderation) -> Slice:
    """The queue, and the job that publishes what a crash left behind."""
    return Slice(
        "moderation",
        routes=(moderation_router(moderation),),
        jobs=(moderation.run,),
        statistics=moderation.statistics,
    )
