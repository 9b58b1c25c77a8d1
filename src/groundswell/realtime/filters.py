"""Event filters: a tree of comparisons over the tags of an event, compiled once per subscription.

A node joins others, ``{"op": "and" | "or", "nodes": [...]}`` or ``{"op": "not", "nodes": [one]}``,
or compares one tag:

=============================  ==========================  =====================================
``cmp``                        takes                       holds if
=============================  ==========================  =====================================
``eq`` ``neq``                 ``val``, a scalar           the tag is, or is not, this value
``in`` ``nin``                 ``vals``, up to 100         the tag is, or is not, one of these
``ex`` ``nex``                 nothing                     the tag is there, or is not
``sw`` ``ew`` ``ct``           ``val``, a text             the text starts, ends with, contains it
``gt`` ``gte`` ``lt`` ``lte``  ``val``, a number or text   the tag is beyond it, and of its kind
=============================  ==========================  =====================================

A tag that is absent satisfies ``neq``, ``nin`` and ``nex`` only. Values of different kinds are
never equal: neither ``1`` and ``"1"``, nor ``1`` and ``true``. The key ``eventType`` names the type
of the event.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from groundswell.contract.errors import FieldError, Invalid

MAX_DEPTH: Final = 8
MAX_NODES: Final = 64
MAX_VALUES: Final = 100
MAX_TEXT: Final = 256

Tags = Mapping[str, Any]
Filter = Callable[[Tags], bool]

_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ABSENT: Final = object()
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_PARTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "sw": str.startswith,
    "ew": str.endswith,
    "ct": str.__contains__,
}
_COMPARISONS: Final = ("eq", "neq", "in", "nin", "ex", "nex", *_PARTS, *_ORDERS)


class FilterInvalid(Invalid):
    """The filter cannot be understood; the field says which node is wrong."""

    code = "filter_invalid"
    title = "Invalid filter"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", (FieldError(field, message),))


def compile_filter(tree: object) -> Filter:
    """The filter that ``tree``, decoded JSON, describes. It takes an event's tags, never raises.

    Raises:
        FilterInvalid: the tree is malformed, deeper than 8, or larger than 64 nodes.
    """
    return _Compiler().node(tree, "filter", 1)


class _Compiler:
    """Counts nodes while it goes down the tree."""

    def __init__(self) -> None:
        self._nodes = 0

    def node(self, tree: object, place: str, depth: int) -> Filter:
        if not isinstance(tree, dict):
            raise FilterInvalid(place, "must be an object")
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise FilterInvalid("filter", f"has more than {MAX_NODES} nodes")
        if depth > MAX_DEPTH:
            raise FilterInvalid(place, f"is nested deeper than {MAX_DEPTH}")
        return self._joint(tree, place, depth) if "op" in tree else _comparison(tree, place)

    def _joint(self, tree: dict[str, Any], place: str, depth: int) -> Filter:
        _only(tree, ("op", "nodes"), place)
        op, nodes = tree["op"], tree.get("nodes")
        if op not in ("and", "or", "not"):
            raise FilterInvalid(f"{place}.op", "must be 'and', 'or' or 'not'")
        if not isinstance(nodes, list) or not nodes:
            raise FilterInvalid(f"{place}.nodes", "must be a list of at least one node")
        if op == "not" and len(nodes) != 1:
            raise FilterInvalid(f"{place}.nodes", "must be exactly one node for 'not'")
        parts = tuple(
            self.node(node, f"{place}.nodes[{index}]", depth + 1)
            for index, node in enumerate(nodes)
        )
        return _join(op, parts)


def _join(op: str, parts: tuple[Filter, ...]) -> Filter:
    first = parts[0]
    if op == "not":
        return lambda tags: not first(tags)
    if len(parts) == 1:
        return first
    # Plain loops: `all` over a generator takes twice as long.
    return _every(parts) if op == "and" else _any(parts)


def _every(parts: tuple[Filter, ...]) -> Filter:
    def every(tags: Tags) -> bool:
        for part in parts:  # noqa: SIM110
            if not part(tags):
                return False
        return True

    return every


def _any(parts: tuple[Filter, ...]) -> Filter:
    def some(tags: Tags) -> bool:
        for part in parts:  # noqa: SIM110
            if part(tags):
                return True
        return False

    return some


def _comparison(tree: dict[str, Any], place: str) -> Filter:
    """The filter of a leaf."""
    key, cmp = tree.get("key"), tree.get("cmp")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise FilterInvalid(f"{place}.key", "must be the name of a tag")
    if cmp not in _COMPARISONS:
        raise FilterInvalid(f"{place}.cmp", f"must be one of {' '.join(_COMPARISONS)}")
    if cmp in ("ex", "nex"):
        _only(tree, ("key", "cmp"), place)
        return _existence(key, wanted=cmp == "ex")
    if cmp in ("in", "nin"):
        _only(tree, ("key", "cmp", "vals"), place)
        return _membership(key, _values(tree.get("vals"), f"{place}.vals"), wanted=cmp == "in")
    _only(tree, ("key", "cmp", "val"), place)
    value = _value(tree.get("val", _ABSENT), f"{place}.val")
    return _against(key, str(cmp), value, place)


def _against(key: str, cmp: str, value: Any, place: str) -> Filter:
    if cmp in ("eq", "neq"):
        return _membership(key, frozenset((_exact(value),)), wanted=cmp == "eq")
    if cmp in _PARTS:
        if not isinstance(value, str):
            raise FilterInvalid(f"{place}.val", f"must be a text for {cmp!r}")
        return _part(key, _PARTS[cmp], value)
    if isinstance(value, bool):
        raise FilterInvalid(f"{place}.val", f"must be a number or a text for {cmp!r}")
    return _order(key, _ORDERS[cmp], value)


def _existence(key: str, *, wanted: bool) -> Filter:
    return lambda tags: (key in tags) is wanted


def _membership(key: str, values: frozenset[Any], *, wanted: bool) -> Filter:
    def holds(tags: Tags) -> bool:
        tag = tags.get(key, _ABSENT)
        kind = type(tag)
        if kind is str:
            return (tag in values) is wanted
        if kind is bool or kind is int or kind is float:
            return (_exact(tag) in values) is wanted
        return not wanted

    return holds


def _part(key: str, test: Callable[[str, str], bool], value: str) -> Filter:
    def holds(tags: Tags) -> bool:
        tag = tags.get(key)
        return isinstance(tag, str) and test(tag, value)

    return holds


def _order(key: str, test: Callable[[Any, Any], bool], value: str | float) -> Filter:
    kinds: tuple[type, ...] = (str,) if isinstance(value, str) else (int, float)

    def holds(tags: Tags) -> bool:
        tag = tags.get(key)
        # By exact type: a truth value is not a number here.
        return type(tag) in kinds and test(tag, value)

    return holds


def _values(values: object, place: str) -> frozenset[Any]:
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_VALUES:
        raise FilterInvalid(place, f"must be a list of 1 to {MAX_VALUES} values")
    return frozenset(
        _exact(_value(value, f"{place}[{index}]")) for index, value in enumerate(values)
    )


def _value(value: object, place: str) -> str | float:
    if not isinstance(value, str | int | float):
        raise FilterInvalid(place, "must be a text, a number, true or false")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise FilterInvalid(place, f"must be at most {MAX_TEXT} characters")
    return value


def _exact(value: Any) -> Any:
    """The value as a member of a set in which ``True`` is not ``1``."""
    return (value,) if isinstance(value, bool) else value


def _only(tree: dict[str, Any], fields: tuple[str, ...], place: str) -> None:
    unknown = next((name for name in tree if name not in fields), None)
    if unknown is not None:
        raise FilterInvalid(place, f"may have only {', '.join(fields)}, not {str(unknown)[:64]!r}")
