"""The project's own source files, parsed, for the rules that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "groundswell"


def modules() -> list[Path]:
    """Every module of the package, relative to it."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@cache
def parsed(module: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"), filename=str(module))


def imported_packages(module: Path) -> Iterator[tuple[str, int]]:
    """The top-level packages that the module names in absolute imports, each with its line."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0], node.lineno
