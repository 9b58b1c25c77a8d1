"""What is computed from the live benchmarks' runs, and how they are told what to measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import crowd, listeners, live_tables, report, suite
from benchmarks.colours import COLOURS
from benchmarks.comparing import Case, Comparison, Figures, told
from benchmarks.listeners import Changing, Listeners
from benchmarks.machine import Machine
from benchmarks.processes import Service, own_of

MACHINE = Machine("A processor", 2, 24, "Linux", "3.11", "v20", None, "3.40", 0.1)
ROLLUP = """\
00400000-7ffd [rollup]
Rss:              120000 kB
Pss:               90000 kB
Pss_Anon:          70000 kB
Pss_File:          19000 kB
Pss_Shmem:          1000 kB
Shared_Clean:      30000 kB
"""


def run(deliveries: float) -> Figures:
    return {
        "deliveriesPerSecond": deliveries,
        "publicationsPerSecond": deliveries / 5,
        "processorPerPublication": 100,
        "clientBusy": 0.25,
    }


def comparison(*cases: Case) -> Comparison:
    settings: Figures = {
        "topics": 2_000,
        "subscribers": 10_000,
        "seconds": 3,
        "window": 32,
        "rounds": 3,
    }
    return Comparison("2026-01-02T03:04:05Z", MACHINE, settings, list(cases))


def side(**options: object) -> Listeners:
    service = Service.__new__(Service)
    return Listeners(service, "/x", "mark", "POST /x\n\nbody", **options)  # type: ignore[arg-type]


def test_a_figure_is_the_median_of_the_runs() -> None:
    case = Case("ws", [run(10), run(30_000), run(31_000)])
    assert case.figure("deliveriesPerSecond") == 30_000


def test_sides_stand_in_the_order_of_their_labels() -> None:
    result = comparison(Case("nchan", [run(5)]), Case("groundswell-broker", [run(50_000)]))
    rows = live_tables.compared(result, live_tables.TOPICS).splitlines()[2:]
    assert rows == [
        "| Groundswell, WebSocket | 50,000 | 10,000 | 100 | 25% |",
        "| nginx nchan | 5 | 1 | 100 | 25% |",
    ]


def test_situations_stand_as_they_were_measured() -> None:
    result = comparison(Case("idle", [run(1)]), Case("busy", [run(2)]))
    rows = live_tables.compared(result, live_tables.TOPICS).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| idle", "| busy"]


def test_a_ratio_is_ours_over_the_peers() -> None:
    result = comparison(Case("groundswell-broker", [run(60)]), Case("ws", [run(20)]))
    figure = "deliveriesPerSecond"
    assert live_tables.ratio(result, "groundswell-broker", "ws", figure) == 3
    assert live_tables.ratio(result, "groundswell-broker", "nchan", figure) is None


def test_the_page_has_what_was_measured_and_nothing_else() -> None:
    page = report.text(None, None, live={"topics": comparison(Case("ws", [run(12_345)]))})
    assert "## Many topics with a few subscribers each" in page
    assert "| Node `ws` | 12,345 | 2,469 | 100 | 25% |" in page
    assert "so that each message reaches 5" in page
    assert "connections in one process" not in page


def test_memory_is_what_a_process_has_for_itself() -> None:
    assert own_of(ROLLUP) == 71_000


@pytest.mark.parametrize(
    ("whole", "parts", "expected"), [(50_000, 3, [16_667, 16_667, 16_666]), (4, 2, [2, 2])]
)
def test_connections_are_shared_out_evenly(whole: int, parts: int, expected: list[int]) -> None:
    assert crowd.shares(whole, parts) == expected


def test_no_process_of_the_fleet_needs_more_descriptors_than_there_are() -> None:
    plan = crowd.ManyProcesses()
    assert max(crowd.shares(plan.connections, plan.processes)) < 19_000
    assert crowd.OneProcess().connections == 18_000


def test_every_topic_has_as_many_subscribers() -> None:
    for plan in (suite.LIVE["topics"].plan({}, quick=quick) for quick in (False, True)):
        assert plan.subscribers % plan.topics == 0


def test_a_plan_takes_the_options_it_knows() -> None:
    plan = suite.LIVE["fleet"].plan({"rounds": 2, "seconds": 9, "sides": ("ws",)}, quick=True)
    assert (plan.rounds, plan.connections) == (2, 300)


def test_the_load_is_told_every_step_in_order() -> None:
    steps = (("0{", "40"), ("40{", "hello"))
    told_to_it = side(steps=steps, topics=7).arguments()
    assert told_to_it[-4:] == ["after=0{", "say=40", "after=40{", "say=hello"]
    assert "topics=7" in told_to_it
    assert not any(one.startswith("join=") for one in told_to_it)


def test_the_load_is_told_how_topics_are_changed() -> None:
    told_to_it = side(changing=Changing("in", "is in", "out", "is out")).arguments()
    assert {"join=in", "joined=is in", "leave=out", "left=is out"} <= set(told_to_it)


def test_a_request_has_a_head_an_empty_line_and_a_body() -> None:
    made = listeners.request("POST", "/x", "{}", "X-Forwarded-For: {ip}")
    assert made == "POST /x\nX-Forwarded-For: {ip}\n\n{}"


def test_figures_fit_on_a_line() -> None:
    assert told({"p50": 1.23456, "changes": 20_000}) == "p50 1.235  changes 2e+04"


def test_every_side_that_is_measured_has_a_label_and_a_colour() -> None:
    measured = {name for live in suite.LIVE.values() for name in live.sides}
    assert measured <= set(listeners.LABELS) <= set(COLOURS)
    assert (Path(suite.__file__).parent / "templates" / "live.md.jinja").exists()
