"""What the project depends on is declared, explained, and locked without saying where it was."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT, imported_packages, modules

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PYTHON_LOCKS = sorted(ROOT.glob("requirements*.lock"))
NODE_PROJECTS = [
    ROOT / "tests" / "js",
    *sorted(path.parent for path in ROOT.glob("benchmarks/peers/*/package.json")),
]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _requirement_names(requirements: list[str]) -> set[str]:
    """The names without versions, extras and markers, as an index compares them."""
    matches = (_NAME.match(line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", match.group()).lower() for match in matches if match}


def _python_project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _needed_to_run() -> set[str]:
    """The packages that the service asks for, with all its extras."""
    project = _python_project()["project"]
    extras = project["optional-dependencies"].values()
    return _requirement_names(project["dependencies"]).union(*map(_requirement_names, extras))


def _node_packages(project: Path) -> set[str]:
    manifest = json.loads((project / "package.json").read_text(encoding="utf-8"))
    return set(manifest["dependencies"])


def _declared() -> set[str]:
    """The packages that anything here asks for, in Python or JavaScript."""
    groups = _python_project()["dependency-groups"].values()
    in_groups = map(_requirement_names, groups)
    return _needed_to_run().union(*in_groups, *map(_node_packages, NODE_PROJECTS))


def _explained() -> set[str]:
    """The packages with a line in the document's tables."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))


def test_every_dependency_has_its_reason_written_down() -> None:
    assert _declared() - _explained() == set(), "add a line to docs/dependencies.md"


def test_no_reason_is_given_for_what_is_not_used() -> None:
    assert _explained() - _declared() == set(), "take the line out of docs/dependencies.md"


def test_the_service_imports_only_what_it_declares() -> None:
    ours = sys.stdlib_module_names | {"groundswell"}
    provided = packages_distributions()
    undeclared = {
        f"src/groundswell/{module}:{line} imports {package}"
        for module in modules()
        for package, line in imported_packages(module)
        if package not in ours
        and not _requirement_names(provided.get(package, [])) & _needed_to_run()
    }
    assert undeclared == set(), "declare it in pyproject.toml"


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=_name)
def test_a_python_lock_carries_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if _NAME.match(line)]
    assert requirements
    assert [line for line in requirements if not line.endswith("\\")] == []
    assert "://" not in text


@pytest.mark.parametrize("project", NODE_PROJECTS, ids=_name)
def test_an_npm_lock_carries_hashes_and_no_addresses(project: Path) -> None:
    lock = json.loads((project / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)
