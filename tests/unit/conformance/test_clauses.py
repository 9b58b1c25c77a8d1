"""Every rule of the protocol has a check, or needs control of the server and has a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundswell.conformance.checks import CHECKS
from groundswell.conformance.elsewhere import ELSEWHERE

ROOT = Path(__file__).parents[3]
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
GUIDE = (ROOT / "docs/guides/conformance.md").read_text()

NUMBERED = re.compile(r"^- \*\*(P?\d+(?:\.\d+)?)\*\* ", re.MULTILINE)
MESSAGES = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
CODES = re.compile(r"^\| (\d{4}) \|", re.MULTILINE)
PLACES = re.compile(r"^\| ([^|]+?) \| `(?:none|complete|partial|failed)` \|", re.MULTILINE)
PROOF = re.compile(r"^\| (?P<name>.+?) \| .+? \| `(?P<proof>tests/[^`]+)` \|$", re.MULTILINE)


def section(number: int) -> str:
    """The text of a section."""
    return PROTOCOL.split(f"\n## {number}. ")[1].split("\n## ")[0]


CLAUSES = [
    *NUMBERED.findall(PROTOCOL),
    *(f"3 {name}" for name in MESSAGES.findall(section(3))),
    *(f"4 {name}" for name in MESSAGES.findall(section(4))),
    *(f"5 {code}" for code in CODES.findall(section(5))),
    *(f"6 {code}" for code in CODES.findall(section(6))),
    *(f"7 {place}" for place in PLACES.findall(section(7))),
]
CITED = [one.clause for one in (*CHECKS, *ELSEWHERE)]


def test_the_document_has_the_sections_it_should_have() -> None:
    assert len(CLAUSES) == len(set(CLAUSES)) > 130
    assert {"P1", "P10", "2.1", "3 BYE", "4 DRAIN", "5 1503", "6 4203", "7 E≠S"} <= set(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_rule_has_a_check_or_is_proven_elsewhere(clause: str) -> None:
    assert any(one == clause or one.startswith(f"{clause} ") for one in CITED)


@pytest.mark.parametrize("cited", sorted(set(CITED)))
def test_every_check_cites_a_rule_that_there_is(cited: str) -> None:
    assert any(cited == one or cited.startswith(f"{one} ") for one in CLAUSES)


def test_no_two_checks_have_the_same_name() -> None:
    names = [one.name for one in (*CHECKS, *ELSEWHERE)]
    assert len(names) == len(set(names))


def test_the_guide_says_where_the_rest_is_proven() -> None:
    shown = {one["name"]: one["proof"] for one in PROOF.finditer(GUIDE)}
    assert set(shown) == {one.name for one in ELSEWHERE}


@pytest.mark.parametrize("proof", sorted({one["proof"] for one in PROOF.finditer(GUIDE)}))
def test_each_proof_is_a_test(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert re.search(rf"def {name}\(", (ROOT / path).read_text())
