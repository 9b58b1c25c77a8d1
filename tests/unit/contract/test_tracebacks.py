"""An error that was dealt with holds nothing that its frames held."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from groundswell.contract.tracebacks import forget_frames


class Dear:
    """Something that is to be free at once."""


def present() -> int:
    return sum(isinstance(one, Dear) for one in gc.get_objects())


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.disable()
    # What is there already, millions of objects after many tests, is not looked at again.
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


def holds_itself() -> None:
    dear = Dear()
    try:
        raise ValueError(str(dear))
    except ValueError as error:
        kept = error
        raise KeyError from kept


def caught_several() -> None:
    try:
        raise ValueError
    except ValueError as error:
        for number, one in _collected():
            last = one, number
        raise KeyError(str(last)) from error


def _collected() -> list[tuple[int, Exception]]:
    dear, found = Dear(), []
    for number in range(3):
        try:
            raise ValueError(str(dear))
        except ValueError as error:
            found.append((number, error))
    return found


def dealt_with(fail: Callable[[], None], deal: Callable[[BaseException], None]) -> int:
    """What is left of an error once it was dealt with, before the collector comes."""
    try:
        fail()
    except KeyError as error:
        deal(error)
    return present()


@pytest.mark.parametrize("fail", [holds_itself, caught_several])
def test_all_of_it_is_free_at_once(fail: Callable[[], None]) -> None:
    assert dealt_with(fail, lambda _: None) > 0
    gc.collect()
    assert dealt_with(fail, forget_frames) == 0


def test_the_error_itself_stays_what_it_was() -> None:
    try:
        holds_itself()
    except KeyError as error:
        forget_frames(error)
        assert error.__traceback__ is None
        assert isinstance(error.__cause__, ValueError)
