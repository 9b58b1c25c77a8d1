"""Filters over the tags of an event: what each comparison means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.realtime.filters import FilterInvalid, compile_filter

TAGS = {
    "eventType": "social.share.created",
    "platform": "facebook",
    "amount": 50,
    "rate": 0.5,
    "first": True,
    "empty": "",
    "list": ["a"],
}


def leaf(key: str, cmp: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "cmp": cmp, **value}


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        (leaf("platform", "eq", val="facebook"), True),
        (leaf("platform", "eq", val="Facebook"), False),
        (leaf("platform", "neq", val="x"), True),
        (leaf("platform", "neq", val="facebook"), False),
        (leaf("platform", "in", vals=["facebook", "x"]), True),
        (leaf("platform", "in", vals=["y"]), False),
        (leaf("platform", "nin", vals=["y"]), True),
        (leaf("platform", "nin", vals=["facebook"]), False),
        (leaf("platform", "ex"), True),
        (leaf("platform", "nex"), False),
        (leaf("eventType", "sw", val="social."), True),
        (leaf("eventType", "sw", val="share"), False),
        (leaf("eventType", "ew", val=".created"), True),
        (leaf("eventType", "ct", val="share"), True),
        (leaf("eventType", "ct", val="shore"), False),
        (leaf("amount", "gt", val=49.5), True),
        (leaf("amount", "gt", val=50), False),
        (leaf("amount", "gte", val=50), True),
        (leaf("amount", "lt", val=50), False),
        (leaf("amount", "lte", val=50.0), True),
        (leaf("amount", "eq", val=50.0), True),
        (leaf("platform", "gt", val="e"), True),
        (leaf("rate", "lt", val=1), True),
    ],
)
def test_a_comparison_looks_at_one_tag(tree: dict[str, Any], holds: bool) -> None:
    assert compile_filter(tree)(TAGS) is holds


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        (leaf("gone", "eq", val="a"), False),
        (leaf("gone", "neq", val="a"), True),
        (leaf("gone", "in", vals=["a"]), False),
        (leaf("gone", "nin", vals=["a"]), True),
        (leaf("gone", "ex"), False),
        (leaf("gone", "nex"), True),
        (leaf("gone", "sw", val=""), False),
        (leaf("gone", "gt", val=-1), False),
        (leaf("gone", "lt", val=1), False),
        (leaf("empty", "ex"), True),
        (leaf("empty", "sw", val=""), True),
    ],
)
def test_an_absent_tag_satisfies_only_the_negations(tree: dict[str, Any], holds: bool) -> None:
    assert compile_filter(tree)(TAGS) is holds


@pytest.mark.parametrize(
    "tree",
    [
        leaf("amount", "eq", val="50"),
        leaf("first", "eq", val=1),
        leaf("first", "in", vals=[1, "true"]),
        leaf("first", "gt", val=0),
        leaf("amount", "sw", val="5"),
        leaf("amount", "gt", val="1"),
        leaf("platform", "lt", val=10**9),
        leaf("list", "eq", val="a"),
        leaf("list", "ct", val="a"),
    ],
)
def test_values_of_different_kinds_never_match(tree: dict[str, Any]) -> None:
    assert not compile_filter(tree)(TAGS)


def test_a_truth_value_matches_itself() -> None:
    assert compile_filter(leaf("first", "eq", val=True))(TAGS)
    assert not compile_filter(leaf("first", "eq", val=False))(TAGS)


YES, NO = leaf("platform", "ex"), leaf("platform", "nex")


@pytest.mark.parametrize(
    ("op", "nodes", "holds"),
    [
        ("and", [YES, YES], True),
        ("and", [YES, NO], False),
        ("and", [NO], False),
        ("or", [NO, YES], True),
        ("or", [NO, NO], False),
        ("not", [NO], True),
        ("not", [YES], False),
        ("not", [{"op": "or", "nodes": [NO, NO]}], True),
    ],
)
def test_nodes_are_joined(op: str, nodes: list[Any], holds: bool) -> None:
    assert compile_filter({"op": op, "nodes": nodes})(TAGS) is holds


def nested(depth: int) -> dict[str, Any]:
    tree = YES
    for _ in range(depth - 1):
        tree = {"op": "not", "nodes": [tree]}
    return tree


@pytest.mark.parametrize(
    ("tree", "field", "message"),
    [
        (None, "filter", "must be an object"),
        ([YES], "filter", "must be an object"),
        ({}, "filter.key", "name of a tag"),
        ({"op": "xor", "nodes": [YES]}, "filter.op", "'and', 'or' or 'not'"),
        ({"op": ["and"], "nodes": [YES]}, "filter.op", "'and', 'or' or 'not'"),
        ({"op": "and"}, "filter.nodes", "at least one"),
        ({"op": "and", "nodes": []}, "filter.nodes", "at least one"),
        ({"op": "not", "nodes": [YES, NO]}, "filter.nodes", "exactly one"),
        ({"op": "and", "nodes": [YES], "key": "a"}, "filter", "not 'key'"),
        ({"op": "or", "nodes": [YES, 5]}, "filter.nodes[1]", "must be an object"),
        (leaf("a b", "ex"), "filter.key", "name of a tag"),
        (leaf("x" * 65, "ex"), "filter.key", "name of a tag"),
        (leaf("a\n", "ex"), "filter.key", "name of a tag"),
        (leaf("a", "like", val="x"), "filter.cmp", "eq neq in nin"),
        (leaf("a", {}, val="x"), "filter.cmp", "eq neq in nin"),  # type: ignore[arg-type]
        (leaf("a", "ex", val=1), "filter", "not 'val'"),
        (leaf("a", "eq"), "filter.val", "a text, a number"),
        (leaf("a", "eq", val=None), "filter.val", "a text, a number"),
        (leaf("a", "eq", val=["x"]), "filter.val", "a text, a number"),
        (leaf("a", "eq", val="x" * 257), "filter.val", "256 characters"),
        (leaf("a", "eq", vals=["x"]), "filter", "not 'vals'"),
        (leaf("a", "in", vals=[]), "filter.vals", "1 to 100"),
        (leaf("a", "in", vals="abc"), "filter.vals", "1 to 100"),
        (leaf("a", "in", vals=["x"] * 101), "filter.vals", "1 to 100"),
        (leaf("a", "in", vals=["x", {}]), "filter.vals[1]", "a text, a number"),
        (leaf("a", "sw", val=5), "filter.val", "a text for 'sw'"),
        (leaf("a", "gt", val=True), "filter.val", "a number or a text"),
        (nested(9), "filter" + ".nodes[0]" * 8, "deeper than 8"),
        ({"op": "or", "nodes": [YES] * 64}, "filter", "more than 64 nodes"),
    ],
)
def test_what_cannot_be_understood_is_named(tree: object, field: str, message: str) -> None:
    with pytest.raises(FilterInvalid) as refusal:
        compile_filter(tree)
    assert refusal.value.code == "filter_invalid"
    assert refusal.value.errors[0].field == field
    assert message in refusal.value.errors[0].message


def test_a_filter_may_be_as_deep_and_as_large_as_said() -> None:
    assert compile_filter(nested(8))(TAGS) is False
    assert compile_filter({"op": "and", "nodes": [YES] * 63})(TAGS) is True
