"""``docs/benchmarks.md`` and its plots, made of the results that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks import live_tables, results, suite, tables
from benchmarks.comparing import Comparison
from benchmarks.results import Batching, Fanout, Ranking, Writes

DOCS = Path(__file__).parent.parent / "docs"
TEMPLATES = Path(__file__).parent / "templates"


def write(kept: Path = results.DIRECTORY, docs: Path = DOCS) -> Path:
    """Writes the page and the plots; what was not measured is left out."""
    writes = results.load(Writes, "writes", kept)
    ranking = results.load(Ranking, "ranking", kept)
    batching = results.load(Batching, "batching", kept)
    fanout = results.load(Fanout, "fanout", kept)
    plots = docs / "benchmarks"
    plots.mkdir(parents=True, exist_ok=True)
    _plot(writes, fanout, plots)
    page = docs / "benchmarks.md"
    live = {name: results.load(Comparison, name, kept) for name in suite.LIVE}
    page.write_text(text(writes, ranking, batching, fanout, live))
    return page


def text(
    writes: Writes | None,
    ranking: Ranking | None,
    batching: Batching | None = None,
    fanout: Fanout | None = None,
    live: Mapping[str, Comparison | None] | None = None,
) -> str:
    """The page as Markdown."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    template = environment.get_template("benchmarks.md.jinja")
    return template.render(
        writes=writes,
        ranking=ranking,
        batching=batching,
        fanout=fanout,
        tables=tables,
        live_tables=live_tables,
        **{name: (live or {}).get(name) for name in suite.LIVE},
    )


def _plot(writes: Writes | None, fanout: Fanout | None, directory: Path) -> None:
    from benchmarks import plots  # noqa: PLC0415 - matplotlib is only needed, and slow to load, here

    if writes is not None:
        plots.throughput(writes, directory / "plays.svg")
    if fanout is not None:
        plots.fanout(fanout, directory / "fanout.svg")
