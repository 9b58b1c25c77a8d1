"""A fold is handed only what it says it takes: it must name everything that it looks at."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from groundswell.app.projections import PROJECTIONS
from groundswell.contract.events import EVENT_TYPES, Event
from groundswell.domains.leaderboards import metrics
from groundswell.log.projections import Projection


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_a_fold_takes_every_kind_of_event_it_looks_at(projection: Projection) -> None:
    module = inspect.getmodule(projection.fold)
    assert module is not None
    looked_at = set(_kinds_matched(module))
    if projection.name == "leaderboards":  # what counts is said elsewhere
        looked_at |= {kind for of in metrics.METRICS.values() for kind in of}
    assert looked_at, "the test sees what a fold looks at"
    concerned = {name for name, kind in EVENT_TYPES.items() if issubclass(kind, tuple(looked_at))}
    taken = {name for name, kind in EVENT_TYPES.items() if issubclass(kind, projection.fold.takes)}
    assert concerned == taken


def _kinds_matched(module: ModuleType) -> Iterator[type[Event]]:
    """The events named in patterns, in ``isinstance`` and as the types of arguments."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.MatchClass(cls=name):
                yield from _event(module, name)
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
                for name in kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]:
                    yield from _event(module, name)


def _event(module: ModuleType, name: ast.expr) -> Iterator[type[Event]]:
    found = eval(ast.unparse(name), vars(module))
    if isinstance(found, type) and issubclass(found, Event):
        yield found
