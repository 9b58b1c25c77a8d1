"""What every module of the package owes its reader."""

from __future__ import annotations

import ast

from tests.architecture.sources import modules, parsed


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [str(module) for module in modules() if not ast.get_docstring(parsed(module))]
    assert not silent, "no docstring in src/groundswell/" + ", ".join(silent)
