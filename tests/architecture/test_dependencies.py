"""What the project depends on is explained, and locked without saying where it came from."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from tests.architecture.sources import ROOT

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PYTHON_LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def _declared() -> set[str]:
    """Every package that pyproject.toml or package.json asks for."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        wanted += group
    clients = json.loads((ROOT / "tests" / "js" / "package.json").read_text(encoding="utf-8"))
    names = {match.group() for line in wanted if (match := _NAME.match(line))}
    return names | set(clients["dependencies"])


def _explained() -> set[str]:
    """Every package with a line in the document's tables."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))


def test_every_dependency_has_its_reason_written_down() -> None:
    assert _declared() - _explained() == set(), "add a line to docs/dependencies.md"


def test_no_reason_is_given_for_what_is_not_used() -> None:
    assert _explained() - _declared() == set(), "take the line out of docs/dependencies.md"


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_python_locks_carry_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert text.count("==") > 0
    assert "://" not in text
    unhashed = [line for line in text.splitlines() if _NAME.match(line) and not line.endswith("\\")]
    assert not unhashed


def test_the_npm_lock_carries_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "tests" / "js" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())
