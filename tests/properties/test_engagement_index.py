"""Every property that the specification names is tested, and says so."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

TITLES = {
    1: "Vote Recording and Count Update",
    2: "Vote Uniqueness Per IP/Media File",
    3: "Vote Modification Round-Trip",
    4: "Event Log Data Completeness",
    5: "Engagement Metrics in Media File Response",
    6: "Play Count Time-Period Filtering",
    7: "Hotness Score Calculation Consistency",
    8: "Trending List Ordering",
    9: "Popular List Ordering by Play Count",
    10: "Activity Feed Item Creation",
    11: "Activity Feed Recency and Limit",
    12: "Rate Limiting Enforcement",
    13: "IP Hashing for Privacy",
    14: "API Error Message Descriptiveness",
}
_TAG = re.compile(r"^Feature: social-engagement, Property (\d+): ([^.(]+?)(?: \([^)]*\))?[.\n]")


def _tagged() -> dict[int, set[str]]:
    """By number of the property: the titles that Hypothesis tests in this folder give it."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            tag = _TAG.match((ast.get_docstring(node) or "") + "\n")
            if tag and any("given" in ast.unparse(one) for one in node.decorator_list):
                found[int(tag[1])].add(tag[2])
    return found


def test_all_properties_of_the_specification_are_tested() -> None:
    assert dict(_tagged()) == {number: {title} for number, title in TITLES.items()}
