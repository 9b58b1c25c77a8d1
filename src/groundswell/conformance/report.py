"""Verdicts for people, for programs and for build servers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final
from xml.etree import ElementTree as Tree

from groundswell.conformance.verdicts import Outcome, Verdict

_SIGNS: Final[dict[Outcome, str]] = {
    "passed": "pass",
    "failed": "FAIL",
    "not applicable": "n/a ",
    "needs control of the server": "ctrl",
}
# XML has no place for most control characters, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


def line(verdict: Verdict) -> str:
    """One verdict in text, with everything that explains a failure."""
    shown = f"{_SIGNS[verdict.outcome]}  {verdict.name}"
    if verdict.outcome == "passed":
        return f"{shown}  ({verdict.seconds:.1f} s)"
    if verdict.outcome != "failed":
        return f"{shown}: {verdict.reason}"
    frames = "".join(f"\n        {frame}" for frame in verdict.frames)
    return f"{shown}\n      {verdict.reason}{frames}"


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many came to what."""
    counts = Counter(one.outcome for one in verdicts)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in _SIGNS if counts[outcome])


def as_json(url: str, verdicts: Sequence[Verdict]) -> str:
    """All verdicts as one JSON object."""
    counts = Counter(one.outcome for one in verdicts)
    told = {"url": url, "counts": dict(counts), "checks": [asdict(one) for one in verdicts]}
    return json.dumps(told, ensure_ascii=False, indent=2)


def as_junit(url: str, verdicts: Sequence[Verdict]) -> str:
    """All verdicts in the form of JUnit, which build servers read."""
    counts = Counter(one.outcome for one in verdicts)
    suite = Tree.Element(
        "testsuite",
        name=f"groundswell.v1 at {url}",
        tests=str(len(verdicts)),
        failures=str(counts["failed"]),
        skipped=str(len(verdicts) - counts["failed"] - counts["passed"]),
        time=f"{sum(one.seconds for one in verdicts):.3f}",
    )
    for one in verdicts:
        suite.append(_case(one))
    return Tree.tostring(suite, encoding="unicode", xml_declaration=True)


def _case(verdict: Verdict) -> Tree.Element:
    case = Tree.Element(
        "testcase",
        classname="groundswell.v1",
        name=_plain(verdict.name),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.outcome == "failed":
        failure = Tree.SubElement(case, "failure", message=_plain(verdict.reason))
        failure.text = _plain("\n".join(verdict.frames))
    elif verdict.outcome != "passed":
        Tree.SubElement(case, "skipped", message=f"{verdict.outcome}: {_plain(verdict.reason)}")
    return case


def _plain(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
