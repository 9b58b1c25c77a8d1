"""The guide lists every code a client can see, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from groundswell.http.problems import known_problems

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "groundswell"
ROW = re.compile(r"^\| (\d{3}) \| `(\w+)` \|", re.MULTILINE)
CODE = re.compile(r'^    code(?:: ClassVar\[str\])? = "(\w+)"$', re.MULTILINE)
REASON = re.compile(r'\bConflict\(\s*"(\w+)"')
NOT_TOLD_TO_CLIENTS = {"demo"}


def documented() -> dict[str, int]:
    guide = (ROOT / "docs" / "guides" / "errors.md").read_text("utf-8")
    return {code: int(status) for status, code in ROW.findall(guide)}


def in_source(pattern: re.Pattern[str]) -> set[str]:
    return {
        code
        for file in SOURCE.rglob("*.py")
        if file.relative_to(SOURCE).parts[0] not in NOT_TOLD_TO_CLIENTS
        for code in pattern.findall(file.read_text("utf-8"))
    }


def test_the_guide_lists_exactly_the_codes_that_exist() -> None:
    of_framework = {code for code, *_ in known_problems()} & {
        *("bad_request", "method_not_allowed", "unsupported_media_type")
    }
    assert set(documented()) == in_source(CODE) | in_source(REASON) | of_framework


def test_the_guide_gives_each_code_its_status() -> None:
    listed = documented()
    for code, status, *_ in known_problems():
        assert listed.get(code, status) == status
