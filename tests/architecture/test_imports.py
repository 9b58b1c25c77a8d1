"""Rules of import that the contracts in pyproject.toml cannot say."""

from __future__ import annotations

from pathlib import Path

from tests.architecture.sources import imported_packages, modules

# The faces of the service. All else takes and answers plain values, so that a rule can be
# tested, and the framework exchanged, without touching the other.
_FACES = ("http/", "web/", "realtime/doors/", "app/", "slices.py")


def _may_know_litestar(module: Path) -> bool:
    return module.as_posix().startswith(_FACES) or any(
        part.endswith("routes") for part in (*module.parts[:-1], module.stem)
    )


def test_only_the_faces_know_the_web_framework() -> None:
    offences = [
        f"src/groundswell/{module}:{line} imports litestar"
        for module in modules()
        if not _may_know_litestar(module)
        for package, line in imported_packages(module)
        if package == "litestar"
    ]
    assert not offences, (
        "Litestar belongs in routes.py, http/, web/, app/ and realtime/doors/; "
        "pass plain values and callables on from there:\n" + "\n".join(offences)
    )
