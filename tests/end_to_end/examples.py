"""The examples of a page of the documentation, run in a shell as its readers run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SHELL = Path(__file__).with_name("examples.bash")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_WRONG_CALLS = ("method_not_allowed", "unauthenticated", "validation_failed")
_NOTHING = "There is nothing at this address."
_FAILURE = re.compile(r"#.*\b(4\d\d)\b")


@dataclass(frozen=True)
class Example:
    """One fenced block of commands, and the answer that is shown right below it."""

    line: int
    commands: str
    shown: Any | None

    @property
    def failures(self) -> Counter[int]:
        """What the remarks beside the commands say will be refused, by status."""
        return Counter(int(status) for status in _FAILURE.findall(self.commands))


@dataclass(frozen=True)
class Answer:
    """What one `curl` of a page got; `line` is that of its block."""

    line: int
    command: str
    status: int
    body: str

    @property
    def taken(self) -> bool:
        """Whether it did what it shows; with `…` for an id, whether there would be such a call."""
        if "…" in self.command and 400 <= self.status < 500:
            problem = json.loads(self.body)
            return problem["code"] not in _WRONG_CALLS and problem["detail"] != _NOTHING
        return 200 <= self.status < 400


def examples(page: Path) -> list[Example]:
    """The shell examples of a page, in order."""
    text = page.read_text()
    return list(_found(text, list(_FENCE.finditer(text))))


def _found(text: str, fences: list[re.Match[str]]) -> Iterator[Example]:
    for number, fence in enumerate(fences):
        if fence[1] != "sh":
            continue
        shown = None
        for below in fences[number + 1 : number + 2]:
            if below[1] == "json" and not text[fence.end() : below.start()].strip():
                shown = json.loads(below[2])
        yield Example(text.count("\n", 0, fence.start()) + 1, fence[2], shown)


def run(page: list[Example], *, url: str, key: str, directory: Path) -> list[Answer]:
    """Type every example into one shell, against the service at `url`; what each call got."""
    script = "\n".join(f"at {one.line}\n{one.commands}" for one in page)
    done = subprocess.run(
        ["bash", "-euc", f'source "{_SHELL}"\n{script}'],
        cwd=directory,
        env=os.environ
        | {
            "EXAMPLES_URL": url,
            "EXAMPLES_PYTHON": sys.executable,
            "EXAMPLES_ANSWERS": str(directory / "answers"),
            "GROUNDSWELL_API_KEY": key,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return [_answer(one) for one in sorted((directory / "answers").glob("*.call"))]


def _answer(call: Path) -> Answer:
    line, status, command = call.read_text().split("\t", 2)
    body = call.with_suffix(".body")
    return Answer(int(line), command, int(status), body.read_text() if body.exists() else "")


def unlike(shown: Any, got: Any, where: str = "$") -> list[str]:
    """Where an answer has not the shape that is shown; `…` stands for anything."""
    if shown is None or got is None or shown == "…":
        return []
    if isinstance(shown, dict) and isinstance(got, dict):
        wrong = [f"{where}.{name} is missing" for name in shown if name not in (*got, "…")]
        for name in shown.keys() & got.keys():
            wrong += unlike(shown[name], got[name], f"{where}.{name}")
        return wrong
    if isinstance(shown, list) and isinstance(got, list):
        pairs = zip(shown, got, strict=False)
        wrong = [f"{where} is empty"] if shown and not got else []
        return wrong + [one for pair in pairs for one in unlike(*pair, f"{where}[]")]
    same = type(shown) is type(got) or {type(shown), type(got)} == {int, float}
    return [] if same else [f"{where} is {got!r}"]
